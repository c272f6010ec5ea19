"""What kill -9, shards and several processes change of a campaign: nothing.

    resume_test.py OVLSPEC SUBJECT CASES [OPTION...]

A campaign is played without interruption; then killed again and again, each time after it went on with its journal and
before it ended, and gone on with, by one process and by two; then in shards that are added up. Cases, operations, coverage and violations are the same each time. No
profile allows the subject anything.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, SUBJECT, CASES, *OPTIONS = sys.argv[1:]
KILLS_AT_MOST = 12
LONGEST_RUN = 300  # seconds


def command(out, cases, *more):
    return [PROGRAM, "check", "--subject", SUBJECT, "--profile", PROFILE, "--cases", str(cases), "--out", out, "--journal",
            out + "/journal.jsonl", *OPTIONS, *more]


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=LONGEST_RUN)
    assert done.returncode in (0, 1, 3), (done.returncode, done.stderr)
    return done


def found(out):
    """What the report says, without what time and place change."""
    result = []
    with open(out + "/report.jsonl", encoding="utf-8") as file:
        for line in map(json.loads, file):
            for changes in ("seconds", "file", "gated", "verdict"):
                line.pop(changes, None)
            result.append(line)
    return result


def by_key(lines):
    return sorted((line["key"], line["cases"] + line["likely-cases"]) for line in lines if line["type"] == "violation")


def traces(out):
    return sorted(name for name in os.listdir(out) if name.endswith(".trace"))


def lines(path):
    try:
        with open(path, "rb") as file:
            return file.read().count(b"\n")
    except FileNotFoundError:
        return 0


def has_ended(journal):
    with open(journal, "rb") as file:
        return b'"ended":' in file.read().splitlines()[-1]


def killed(arguments, journal, pause):
    """Whether it was, once it had told its journal something new."""
    before = lines(journal)
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + LONGEST_RUN
    while lines(journal) <= max(before, 1) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert time.monotonic() < deadline, "nothing was played"
    assert process.returncode in (0, 1, 3, -signal.SIGKILL), process.returncode
    return process.returncode == -signal.SIGKILL


def end_with_kills(arguments, out, generator, batch):
    """How often it was killed while it played. Each run played something, so that some run ends."""
    journal = out + "/journal.jsonl"
    hits = 0
    for kill in range(KILLS_AT_MOST):
        if not killed(arguments, journal, generator.uniform(0, batch / 4)):
            return hits
        hits += not has_ended(journal)
        # What a torn write leaves.
        if kill % 2 == 1:
            with open(journal, "a", encoding="utf-8") as file:
                file.write('{"subject":"' + SUBJECT)
        time.sleep(0.2)
    run(arguments)
    return hits


def expect(what, seen, expected):
    for one, other in zip(seen, expected):
        assert one == other, f"{what}:\n{one}\ninstead of\n{other}"
    assert len(seen) == len(expected), what
    print(what + ": the same")


def play_whole(directory):
    """Where, of how many cases, and what a line of the journal takes: enough cases for kills between several lines."""
    cases = int(CASES)
    for _ in range(8):
        out = f"{directory}/whole-{cases}"
        start = time.monotonic()
        run(command(out, cases))
        # But for the head and the end.
        batches = lines(out + "/journal.jsonl") - 2
        if batches >= 4:
            return out, cases, (time.monotonic() - start) / batches, batches
        cases *= 2
    raise AssertionError("no campaign is long enough to be killed")


def main(directory):
    generator = random.Random(1)
    with open(PROFILE, "w", encoding="utf-8") as file:
        file.write('subject = "engine"\n')
    whole, cases, batch, batches = play_whole(directory)
    expected = found(whole)
    print(f"{expected[0]['cases']} cases, {len(by_key(expected))} violations, {batches} lines in the journal")
    for jobs in ("1", "2"):
        out = f"{directory}/killed-{jobs}"
        kills = end_with_kills(command(out, cases, "--jobs", jobs), out, generator, batch)
        assert kills > 0, "it was never killed while it played"
        expect(f"killed {kills} times, {jobs} processes", found(out), expected)
        expect("traces", traces(out), traces(whole))
    refused = subprocess.run(command(whole, cases, "--seed", "2"), capture_output=True, text=True)
    assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1 and "another" in refused.stderr, refused
    if "--steer" not in OPTIONS:
        add_up_shards(directory, cases, expected)
    return 0


def add_up_shards(directory, cases, expected):
    shards = [f"{directory}/shard-{i}" for i in (1, 2, 3)]
    for i, out in enumerate(shards, 1):
        run(command(out, cases, "--shard", f"{i}/3"))
    summed = directory + "/sum"
    assert all(lines(out + "/journal.jsonl") > 1 for out in shards)
    lacking = run([PROGRAM, "summary", *shards[:2], "--out", summed])
    assert "Missing: shard 3/3" in lacking.stdout and lacking.returncode != 0, lacking
    run([PROGRAM, "summary", *shards, "--out", summed])
    total = found(summed)
    for count in ("cases", "operations", "rules-met"):
        expect("shards: " + count, [total[0][count]], [expected[0][count]])
    # A shard stops making violations of a kind small by what itself has seen: it may know more of them.
    keys = {key for key, _ in by_key(expected)}
    assert keys <= {key for key, _ in by_key(total)}, (keys, by_key(total))
    twice = subprocess.run([PROGRAM, "summary", shards[0], shards[0], "--out", summed], capture_output=True,
                           text=True)
    assert twice.returncode == 2 and "the same shard" in twice.stderr, twice
    other = directory + "/shard-of-two"
    run(command(other, cases, "--shard", "1/2"))
    mixed = subprocess.run([PROGRAM, "summary", *shards, other, "--out", summed], capture_output=True, text=True)
    assert mixed.returncode == 2 and len(mixed.stderr.splitlines()) == 1, mixed


with tempfile.TemporaryDirectory() as scratch:
    PROFILE = scratch + "/profile.toml"
    sys.exit(main(scratch))
