"""What kill -9, shards and several processes change of a campaign: nothing.

    resume_test.py OVLSPEC SUBJECT CASES [OPTION...]

A campaign is played without interruption; then killed again and again, and gone on with, by one process and by two;
then in shards that are added up. Cases, operations, coverage and violations are the same each time. No
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


def command(out, *more):
    return [PROGRAM, "check", "--subject", SUBJECT, "--profile", PROFILE, "--cases", CASES, "--out", out, "--journal",
            out + "/journal.jsonl", *OPTIONS, *more]


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
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


def end_with_kills(arguments, out, generator, longest):
    """How often it was killed before it ended by itself."""
    kills = 0
    while True:
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            process.communicate(timeout=generator.uniform(0.05, longest))
            assert process.returncode in (0, 1, 3), process.returncode
            return kills
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            # What a torn write leaves.
            if kills % 2 == 0 and os.path.exists(out + "/journal.jsonl"):
                with open(out + "/journal.jsonl", "a", encoding="utf-8") as file:
                    file.write('{"subject":"' + SUBJECT)
            time.sleep(0.2)


def expect(what, seen, expected):
    for one, other in zip(seen, expected):
        assert one == other, f"{what}:\n{one}\ninstead of\n{other}"
    assert len(seen) == len(expected), what
    print(what + ": the same")


def main(directory):
    generator = random.Random(1)
    with open(PROFILE, "w", encoding="utf-8") as file:
        file.write('subject = "engine"\n')
    whole = directory + "/whole"
    start = time.monotonic()
    run(command(whole))
    longest = 0.8 * (time.monotonic() - start)
    expected = found(whole)
    print(f"{expected[0]['cases']} cases, {len(by_key(expected))} violations")
    for jobs in ("1", "2"):
        out = f"{directory}/killed-{jobs}"
        kills = end_with_kills(command(out, "--jobs", jobs), out, generator, longest)
        expect(f"killed {kills} times, {jobs} processes", found(out), expected)
        expect("traces", traces(out), traces(whole))
    refused = subprocess.run(command(whole, "--seed", "2"), capture_output=True, text=True)
    assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1, refused
    if "--steer" not in OPTIONS:
        add_up_shards(directory, expected)
    return 0


def add_up_shards(directory, expected):
    shards = [f"{directory}/shard-{i}" for i in (1, 2, 3)]
    for i, out in enumerate(shards, 1):
        run(command(out, "--shard", f"{i}/3"))
    summed = directory + "/sum"
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
    assert twice.returncode == 2, twice


with tempfile.TemporaryDirectory() as scratch:
    PROFILE = scratch + "/profile.toml"
    sys.exit(main(scratch))
