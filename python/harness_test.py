"""Uses the module as a harness does: builds stacks, mounts subjects, operates, remounts, changes layers, and judges."""

import inspect
import os

import ovlspec
import pytest


@pytest.fixture(params=["engine", "fuse", "kernel"])
def subject(request):
    try:
        made = ovlspec.Subject(request.param)
    except ovlspec.Failure as failure:
        pytest.skip(f"{request.param}: {failure.strerror}")
    with made:
        yield made


def stack():
    return (
        ovlspec.world()
        .lower()
        .file("a/b", b"top")
        .mode(0o600)
        .whiteout("gone")
        .dir("merged")
        .file("merged/upper-half", b"1")
        .lower(place=1)
        .file("a/b", b"bottom")
        .file("gone", b"hidden")
        .file("merged/lower-half", b"2")
        .symlink("link", "a/b")
        .upper()
    )


class Harness:
    """A subject, and a judge that is told all that it does."""

    def __init__(self, subject, trace):
        self.subject = subject
        self.judge = ovlspec.Judge(profile=subject.name)
        subject.prepare(trace)
        self.judge.layers_changed(subject.scan().layers)

    def mount(self):
        self.subject.mount()
        self._must_be_fine(self.judge.mounted())
        self.look()

    def do(self, operation, caller=None):
        outcome = self.subject.apply(operation, caller)
        self._must_be_fine(self.judge.step(operation, outcome, caller))
        return outcome

    def look(self):
        for operation in self.judge.walk():
            self.do(operation)

    def unmount(self):
        self.look()
        self.subject.unmount()
        self._must_be_fine(self.judge.ended(self.subject.scan()))
        view = self.subject.kernel_view()
        if view is not None:
            self._must_be_fine(self.judge.kernel_view(view))

    def mutate(self, mutation):
        before = self.subject.scan().layers
        self.subject.mutate(mutation)
        self.judge.changed(mutation, before, self.subject.scan().layers)
        self._must_be_fine(self.judge.layers_changed(self.subject.scan().layers))

    def _must_be_fine(self, verdict):
        assert verdict == ovlspec.Verdict.fine, self.judge.finding


def test_a_stack_is_operated_remounted_changed_and_judged(subject):
    harness = Harness(subject, stack().trace())
    harness.mount()
    assert harness.do("open a/b readwrite %0").ok
    assert harness.do('write %0 @0 "bytes"').value == 5
    assert harness.do("read %0 @0 100").value == b"bytes"
    harness.do("close %0")
    assert harness.do("stat gone").error == "ENOENT"
    assert harness.do("mkdir made 755").ok
    assert harness.do("rename merged/lower-half made/moved").ok
    assert harness.do("unlink link").ok
    number = harness.do("stat a/b").value.number
    harness.unmount()

    harness.mount()
    assert harness.do("stat a/b").value.number == number
    assert harness.do("stat merged/lower-half").error == "ENOENT"
    harness.unmount()

    with pytest.raises(ovlspec.TraceError):
        harness.judge.changed("upper remove")
    harness.mutate("upper remove a/b")
    harness.mutate('lower 1 put file new 640 "put"')
    harness.mount()
    assert harness.do("stat a/b").value.size == len(b"top")
    assert harness.do("stat new").value.mode == 0o640
    names = {entry.name: entry.type for entry in harness.do("list merged").value}
    assert set(names) == {".", "..", "upper-half"}
    assert names["."] in ("dir", None)
    harness.unmount()
    assert {"OVL-MNT-1", "OVL-DISK-1", "ID-5"} & set(harness.judge.met)


def test_a_caller_without_rights_is_refused_as_the_specification_says(subject):
    harness = Harness(subject, stack().trace())
    alice = ovlspec.Caller(uid=1000, gid=1000, groups=[50], umask=0o22)
    harness.mount()
    assert harness.do("open a/b read %0", alice).error == "EACCES"
    assert harness.do("unlink a/b", alice).error == "EACCES"
    assert harness.do("stat a/b", alice).ok
    harness.unmount()


def test_a_subject_leaves_the_process_as_it_was(subject):
    def state():
        namespace = os.readlink("/proc/thread-self/ns/mnt")
        return namespace, os.getcwd(), os.geteuid(), os.stat("/").st_ino

    before = state()
    harness = Harness(subject, stack().trace())
    harness.mount()
    harness.do("stat a/b", ovlspec.Caller(uid=1000, gid=1000))
    assert state() == before
    harness.unmount()
    assert state() == before


def test_a_scan_shows_what_operations_left_in_the_layers(subject):
    harness = Harness(subject, stack().trace())
    harness.mount()
    harness.do("unlink a/b")
    harness.do("mkdir d 700")
    harness.unmount()
    scanned = subject.scan()
    # The kernel leaves the whiteout that all share: a deviation of its profile.
    shared_whiteout = "work/#" if subject.name.startswith("kernel") else None
    assert [path for path in scanned.leftovers if not shared_whiteout or not path.startswith(shared_whiteout)] == []
    upper = scanned.layers.upper
    assert "a/b" in upper.whiteouts()
    assert upper.tree["d"].mode == 0o700
    assert scanned.layers.lowers[0].tree["a/b"].content == b"top"
    merged = scanned.layers.merge()
    assert "a/b" not in merged and "d" in merged
    assert merged == harness.judge.tree


EVENTS = """
mount
open a/b write %0
write %0 @0 "x"
close %0
unlink link
stat a/b
unmount
mount
stat a/b
unmount
"""


def test_a_run_records_what_was_seen_and_the_recording_is_judged_alike(subject):
    trace = stack().run(EVENTS).trace()
    result = ovlspec.run(subject, trace)
    assert result.conforms, result.finding or result.failure
    assert result.operations > 10
    recorded = ovlspec.Trace.parse(result.trace.text())
    assert recorded.subject == subject.name
    assert recorded.seen[5].value.size == 3
    assert ovlspec.judge(recorded, subject.name).conforms


def test_a_recording_with_a_wrong_answer_is_a_violation_of_the_rule():
    recorded = ovlspec.run("engine", stack().run(EVENTS).trace()).trace
    seen = recorded.seen
    seen[4] = ovlspec.Outcome.failure("EIO")
    result = ovlspec.judge(recorded.with_seen("a broken one", seen))
    assert not result.conforms
    assert result.verdict == ovlspec.Verdict.violation
    assert result.finding.rule.id in ("OVL-UNLINK-1", "OVL-MRG-2")
    assert result.finding.event == 4
    assert result.finding.operation == "unlink link"
    assert "EIO" in result.finding.what


def test_a_recording_that_lacks_an_answer_cannot_be_judged():
    with pytest.raises(ValueError, match="nothing was seen at event 1"):
        ovlspec.judge(stack().mount().run("stat a").unmount().trace())


def test_generated_traces_conform_on_the_engine_and_are_the_same_each_time():
    for seed in range(20):
        trace = ovlspec.generate(seed, operations=30)
        assert trace == ovlspec.generate(seed, operations=30)
        result = ovlspec.run("engine", trace)
        assert result.conforms, f"seed {seed}: {result.finding or result.failure}"


def test_the_three_encodings_of_a_trace_say_the_same(tmp_path):
    trace = ovlspec.run("engine", stack().run(EVENTS).trace()).trace
    assert ovlspec.Trace.parse(trace.text()) == trace
    assert ovlspec.Trace.parse_json(trace.json()) == trace
    assert ovlspec.Trace.decode(trace.encode()) == trace
    for name in ("one.trace", "one.jsonl", "one.bin"):
        trace.save(tmp_path / name)
        assert ovlspec.Trace.load(tmp_path / name) == trace
    assert trace != trace.with_events("mount")


def test_a_trace_that_cannot_be_read_is_told_with_line_and_column():
    with pytest.raises(ovlspec.TraceError, match="line 3") as caught:
        ovlspec.Trace.parse("ovlspec trace 1\nlower 0\n  fild a 644\n")
    assert (caught.value.line, caught.value.column) == (3, 3)
    with pytest.raises(ovlspec.TraceError) as caught:
        ovlspec.Trace.load("/no/such/file.trace")
    assert caught.value.byte is None
    with pytest.raises(ovlspec.TraceError):
        ovlspec.Trace.decode(b"OVLT\xff")


def test_names_of_any_bytes_survive():
    name = os.fsdecode(b"\xff \n\"x")
    stat = f"stat {ovlspec.quote(name)}"
    trace = ovlspec.world().lower().file(name, b"\x00\xff").mount().run(f"{stat}\nlist .").unmount().trace()
    result = ovlspec.run("engine", trace)
    assert result.conforms, result.finding
    assert result.trace.seen[1].value.size == 2
    assert name in [entry.name for entry in result.trace.seen[2].value]
    assert ovlspec.Trace.parse(trace.text()) == trace
    assert ovlspec.quote(b"\x00a") == '"\\x00a"'


def test_a_trace_is_shrunk_while_a_function_holds_of_it():
    trace = stack().run(EVENTS).trace()
    small = ovlspec.shrink(trace, lambda t: "unlink link" in t.events)
    assert small.events == ["unlink link"]
    assert small.lowers == 1
    with pytest.raises(ValueError):
        ovlspec.shrink(trace, lambda t: False)


def test_an_exception_in_the_function_that_shrinks_comes_out():
    def broken(trace):
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        ovlspec.shrink(stack().run(EVENTS).trace(), broken)


def test_every_rule_has_an_id_a_sentence_and_a_source():
    rules = ovlspec.rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.sentence and rule.source for rule in rules)
    assert {f"ID-{n}" for n in range(1, 11)} <= {rule.id for rule in rules}
    assert ovlspec.rule("ID-1") in rules
    with pytest.raises(KeyError):
        ovlspec.rule("ID-99")


def test_a_check_runs_a_campaign_and_gives_its_exit_status(tmp_path):
    status = ovlspec.check(subjects=["engine"], cases=20, seed=3, out=tmp_path / "findings")
    assert status == ovlspec.ExitStatus.conforms
    assert int(status) == 0
    with pytest.raises(TypeError):
        ovlspec.check(cases=1, subject="engine")


def test_calls_that_the_state_does_not_allow_are_refused():
    with pytest.raises(ValueError, match="no subject"):
        ovlspec.Subject("nonesuch")
    engine = ovlspec.Subject("engine")
    for call in (engine.mount, engine.scan, engine.unmount, lambda: engine.apply("stat a")):
        with pytest.raises(ValueError):
            call()
    engine.prepare(stack().trace())
    engine.mount()
    for call in (
        engine.mount,
        engine.scan,
        lambda: engine.mutate("wipe-work"),
        lambda: ovlspec.run(engine, stack().trace()),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(ovlspec.TraceError):
        engine.apply("renam a b")
    with pytest.raises(ValueError, match="no operation"):
        engine.apply("unmount")
    judge = ovlspec.Judge()
    with pytest.raises(ValueError):
        judge.mounted()


def test_a_world_refuses_what_a_layer_cannot_hold():
    with pytest.raises(ValueError, match="no layer was begun"):
        ovlspec.world().file("a")
    world = ovlspec.world().lower().file("a")
    for misuse in (
        lambda: world.file("a"),
        lambda: world.file("a/b"),
        lambda: world.file("../b"),
        lambda: world.link("b", "missing"),
        lambda: world.device("c", (0, 0)),
        lambda: world.mode(0o100644),
        lambda: world.opaque(),
        lambda: world.lower(place=9),
        lambda: world.caller("root", ovlspec.Caller.root()),
        lambda: world.run("renam a b"),
    ):
        with pytest.raises(ValueError):
            misuse()
    with pytest.raises(ValueError, match="one lower"):
        ovlspec.world().upper().trace()
    with pytest.raises(ValueError, match="already"):
        ovlspec.world().upper().upper()
    assert world.trace().text().count("file a 644") == 1


def test_a_world_holds_all_types_of_objects_marks_and_events():
    trace = (
        ovlspec.world()
        .lower()
        .file("f", b"12").owner(3, 4).mtime(-1).size(9).xattr("user.a", b"v")
        .link("d/g", "f")
        .fifo("p")
        .socket("s")
        .device("c", (1, 3))
        .device("b", (7, 200), "block").mode(0o600)
        .dir("o").opaque()
        .dir("r").redirect("/d")
        .upper()
        .option("volatile")
        .standard_callers()
        .caller("dave", ovlspec.Caller(uid=7, gid=7))
        .mount()
        .run("alice stat f\ndave list d")
        .drop_caches()
        .crash()
        .mutate("lower 0 remove f")
        .mount()
        .unmount()
        .trace()
    )
    text = trace.text()
    words = ("fifo p", "socket s", "char c 644 1:3", "block b 600 7:200", "opaque", 'redirect="/d"', "uid=3", "size=9")
    for word in (*words, "user.a=", "mtime=-1", "dave list d"):
        assert word in text, text
    assert "link f d/g" in text or "link d/g f" in text
    assert trace.events[:3] == ["mount", "alice stat f", "dave list d"]
    assert trace.events[3:] == ["drop-caches", "crash", "mutate lower 0 remove f", "mount", "unmount"]
    assert trace.options == ["volatile"]
    assert trace.callers["alice"].uid == 1000
    assert ovlspec.Trace.parse(text) == trace


def test_a_world_given_further_words_does_not_change_a_trace_made_before():
    world = ovlspec.world().lower().file("a")
    before = world.trace()
    world.mode(0o600).file("b").mount()
    assert before.events == []
    assert before == ovlspec.world().lower().file("a").trace()


def test_outcomes_are_made_from_what_python_sees(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    attributes = ovlspec.Attributes.from_stat(path.stat())
    assert (attributes.type, attributes.size, attributes.links) == ("file", 3, 1)
    assert attributes.modify_time == path.stat().st_mtime_ns
    assert ovlspec.Outcome.success(attributes).value == attributes
    entries = [ovlspec.DirectoryEntry("a", 7, "dir"), ovlspec.DirectoryEntry("b", 8)]
    assert ovlspec.Outcome.success(entries).value == entries
    assert ovlspec.Outcome.success(["user.a"]).value == ["user.a"]
    try:
        os.stat(tmp_path / "missing")
    except OSError as error:
        assert ovlspec.Outcome.failure(error).error == "ENOENT"
    with pytest.raises(ValueError):
        ovlspec.Outcome.failure("EWHAT")
    with pytest.raises(TypeError):
        ovlspec.Outcome.success(1.5)


def test_everything_public_is_documented():
    for name, value in vars(ovlspec).items():
        if name.startswith("_"):
            continue
        assert inspect.getdoc(value), name
        if inspect.isclass(value) and not issubclass(value, Exception):
            for member, attribute in vars(value).items():
                if not member.startswith("_") and member not in ("name", "value"):
                    assert inspect.getdoc(attribute), f"{name}.{member}"
