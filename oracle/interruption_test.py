"""What a signal leaves of a running `ovlspec check`: nothing but what it found.

    interruption_test.py OVLSPEC SUBJECT...
"""
import os
import signal
import subprocess
import sys
import tempfile
import time


def children_of(pid):
    """All processes below one, by number."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents.setdefault(int(file.read().rpartition(")")[2].split()[1]), []).append(int(name))
        except OSError:
            continue
    found, rest = [], [pid]
    while rest:
        below = parents.get(rest.pop(), [])
        found += below
        rest += below
    return found


def interrupt(command, sent, environment):
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(2)
    assert process.poll() is None, process.communicate()[0]
    below = children_of(process.pid)
    # As a terminal does: to the process alone, its children are in sessions of their own.
    process.send_signal(sent)
    started = time.monotonic()
    output = process.communicate(timeout=30)[0]
    assert time.monotonic() - started < 15, "it took long to end"
    assert process.returncode in (1, 3), (process.returncode, output)
    assert "interrupted" in output or process.returncode == 1, output
    alive = [pid for pid in below if os.path.exists(f"/proc/{pid}")]
    assert not alive, f"processes stayed: {alive}"
    return process.returncode


def main():
    program, *subjects = sys.argv[1:]
    probe = subprocess.run([program, "replay", "/dev/stdin", "--subject", "kernel"], text=True, capture_output=True,
                           input="ovlspec trace 1\nlower 0\nmount\n")
    if "cannot be used here" in probe.stderr:
        print("skipped:", probe.stderr)
        return 4
    for subject in subjects:
        for sent in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory() as directory:
                temporary, out = directory + "/tmp", directory + "/out"
                os.mkdir(temporary)
                mounts = open("/proc/self/mountinfo").read()
                status = interrupt([program, "check", "--subject", subject, "--time", "60", "--out", out], sent,
                                   {**os.environ, "TMPDIR": temporary})
                assert os.listdir(temporary) == [], f"{subject} left {os.listdir(temporary)}"
                assert open("/proc/self/mountinfo").read() == mounts, "mounts stayed"
                assert "report.jsonl" in os.listdir(out), os.listdir(out)
                print(f"{subject}: {sent.name}: exit status {status}, {len(os.listdir(out))} files of findings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
