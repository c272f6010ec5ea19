"""Several processes play a campaign, and some of them are killed.

    workers_test.py OVLSPEC SUBJECT...

A child that is killed, or does not answer, is reported with the case that it played, and the others go on. Where the
parent is killed, or is interrupted, no process, no mount and no file stays; nor does a file of a child that is killed.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from interruption_test import children_of


def begin(program, subject, directory, *more):
    temporary = directory + "/tmp"
    os.mkdir(temporary)
    process = subprocess.Popen(
        [program, "check", "--subject", subject, "--jobs", "3", "--out", directory + "/out", *more],
        env={**os.environ, "TMPDIR": temporary}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(1.5)
    assert process.poll() is None, process.communicate()[0]
    return process


def workers_of(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as file:
        return [int(pid) for pid in file.read().split()]


def expect_nothing_left(directory, below, mounts):
    deadline = time.monotonic() + 15
    while any(os.path.exists(f"/proc/{pid}") for pid in below) and time.monotonic() < deadline:
        time.sleep(0.05)
    alive = [pid for pid in below if os.path.exists(f"/proc/{pid}")]
    assert not alive, f"processes stayed: {alive}"
    assert os.listdir(directory + "/tmp") == [], os.listdir(directory + "/tmp")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        assert file.read() == mounts, "mounts stayed"


def kill_workers(program, subject, directory):
    process = begin(program, subject, directory, "--time", "5")
    killed = workers_of(process)
    assert len(killed) == 3, killed
    for pid in killed[:2]:
        os.kill(pid, signal.SIGKILL)
    output = process.communicate(timeout=60)[0]
    assert process.returncode in (1, 3), (process.returncode, output)
    with open(directory + "/out/report.jsonl", encoding="utf-8") as file:
        report = json.loads(file.readline())
    lost = [what for what in report["failed-cases"] if "the process that played it ended by SIGKILL" in what]
    assert len(lost) == 2, report["failed-cases"]
    for what in lost:
        assert os.path.exists(what.rpartition(": ")[2]), what
    assert os.listdir(directory + "/tmp") == [], os.listdir(directory + "/tmp")
    assert report["cases"] > 5 and report["failure"] is None, report
    return f"two of three killed, {report['cases']} cases played"


def stop_worker(program, subject, directory):
    """One that hangs."""
    process = begin(program, subject, directory, "--time", "12", "--case-limit", "8")
    os.kill(workers_of(process)[0], signal.SIGSTOP)
    process.communicate(timeout=60)
    with open(directory + "/out/report.jsonl", encoding="utf-8") as file:
        report = json.loads(file.readline())
    lost = [what for what in report["failed-cases"] if "the process that played it did not answer" in what]
    assert len(lost) == 1 and report["cases"] > 20, report
    return f"one of three does not answer, {report['cases']} cases played"


def end_parent(program, subject, directory, sent):
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = file.read()
    process = begin(program, subject, directory, "--time", "60")
    below = children_of(process.pid)
    assert len(below) >= 3, below
    process.send_signal(sent)
    started = time.monotonic()
    process.communicate(timeout=30)
    assert time.monotonic() - started < 15, "it took long to end"
    assert process.returncode == -sent if sent == signal.SIGKILL else process.returncode in (1, 3), process.returncode
    expect_nothing_left(directory, below, mounts)
    return f"{sent.name}: nothing stays of {len(below)} processes"


def main():
    program, *subjects = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        print(subjects[0], stop_worker(program, subjects[0], directory))
    for subject in subjects:
        with tempfile.TemporaryDirectory() as directory:
            print(subject, kill_workers(program, subject, directory))
        for sent in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as directory:
                print(subject, end_parent(program, subject, directory, sent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
