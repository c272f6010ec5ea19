#!/usr/bin/python3
"""Plants the bugs of mutants.toml, one at a time, and tells which of them the campaign, and the proofs, catch.

Exit status: 0 all caught, 1 some not, 2 the list, the unchanged tree or a build is wrong.
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = ["CMakeLists.txt", "model", "impl", "oracle"]
RULE_IDS = re.compile(r'^\s*X\(k\w+, "([A-Z0-9-]+)"', re.MULTILINE)

CONFORMS = 0
VIOLATION = 1
HANGS = 124


class Wrong(Exception):
    """The run itself is not sound: its message says why."""


@dataclass(frozen=True)
class Edit:
    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Mutant:
    id: str
    breaks: str
    why: str
    edits: tuple[Edit, ...]
    proof: str | None  # the obligation that it refutes, too
    subject: str  # that shows it


@dataclass(frozen=True)
class Verdict:
    status: int
    seconds: float
    rule: str = "-"
    operations: int = 0


def load() -> list[Mutant]:
    with open(HERE / "mutants.toml", "rb") as file:
        entries = tomllib.load(file)["mutant"]
    mutants = []
    for entry in entries:
        edits = [entry, *entry.get("also", [])]
        mutants.append(Mutant(entry["id"], entry["breaks"], entry["why"],
                              tuple(Edit(e["file"], e["find"], e["replace"]) for e in edits), entry.get("proof"),
                              entry.get("subject", "engine")))
    return mutants


def mutated(tree: Path, edit: Edit) -> str:
    text = (tree / edit.file).read_text()
    count = text.count(edit.find)
    if count != 1:
        raise Wrong(f"{edit.file}: the text to find occurs {count} times, not once:\n{edit.find}")
    if edit.find == edit.replace:
        raise Wrong(f"{edit.file}: the edit changes nothing")
    return text.replace(edit.find, edit.replace)


def check_list(mutants: list[Mutant]) -> int:
    """Prints what is wrong with the list. Returns the number of faults."""
    rules = set(RULE_IDS.findall((ROOT / "model/rules.h").read_text()))
    faults = [f"only {len(mutants)} mutants, not 50"] if len(mutants) < 50 else []
    seen = set()
    for mutant in mutants:
        if mutant.id in seen:
            faults.append(f"{mutant.id}: is there twice")
        seen.add(mutant.id)
        if mutant.breaks not in rules:
            faults.append(f"{mutant.id}: no rule {mutant.breaks}")
        for edit in mutant.edits:
            try:
                mutated(ROOT, edit)
            except (OSError, Wrong) as error:
                faults.append(f"{mutant.id}: {error}")
    for fault in faults:
        print(fault)
    return len(faults)


def copy_sources(tree: Path) -> None:
    """Makes `tree` equal to the project's sources; what is equal keeps its time, so that nothing of it is rebuilt."""
    wanted = set()
    for source in SOURCES:
        top = ROOT / source
        wanted.update(path for path in ([top] if top.is_file() else top.rglob("*"))
                      if path.is_file() and "__pycache__" not in path.parts)
    relative = {path.relative_to(ROOT) for path in wanted}
    for path in sorted(relative):
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or not filecmp.cmp(ROOT / path, target, shallow=False):
            shutil.copyfile(ROOT / path, target)
    for path in list(tree.rglob("*")):
        if path.is_file() and path.relative_to(tree) not in relative:
            path.unlink()


def count_operations(trace: str) -> int:
    """Of a trace in text: the indented lines after the first mount; what was seen is indented more."""
    events = re.split(r"^(?:mount|events)$", trace, maxsplit=1, flags=re.MULTILINE)[-1]
    return len(re.findall(r"^  \w", events, re.MULTILINE))


class Laboratory:
    """A copy of the tree, its build, and the campaign over it."""

    def __init__(self, work: Path, options: argparse.Namespace):
        self.tree = work / "source"
        self.build_directory = work / "build"
        self.findings = work / "findings"
        self.options = options
        # Objects are found in ccache again whatever the temporary directory is called.
        self.environment = os.environ | {"CCACHE_BASEDIR": str(work), "CCACHE_NOHASHDIR": "1"}

    def run(self, what: str, command: list[str]) -> None:
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
        if done.returncode != 0:
            raise Wrong(f"{what} failed:\n{done.stdout[-4000:]}")

    def prepare(self) -> None:
        copy_sources(self.tree)
        self.run("configuring", ["cmake", "-G", "Ninja", "-S", str(self.tree), "-B", str(self.build_directory),
                                 "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1",
                                 f"-DPython3_EXECUTABLE={sys.executable}"])

    def build(self, what: str) -> None:
        self.run(f"building {what}",
                 ["ninja", "-C", str(self.build_directory), "-j", str(self.options.jobs), "ovlspec"])

    def campaign(self, subject: str = "engine") -> Verdict:
        """A short campaign, the traces of earlier ones, and the whole campaign where those find nothing."""
        verdict = Verdict(CONFORMS, 0)
        generated = ["--seed", str(self.options.seed), "--cases", str(self.options.cases)]
        golden = ["--traces", str(self.tree / "oracle/traces")]
        for seconds, what in ((max(1, self.options.time // 8), generated), (self.options.time, golden),
                              (self.options.time, generated)):
            verdict = self.campaign_of(subject, seconds, what)
            if verdict.status != CONFORMS:
                break
        return verdict

    def campaign_of(self, subject: str, seconds: int, what: list[str]) -> Verdict:
        shutil.rmtree(self.findings, ignore_errors=True)
        command = [str(self.build_directory / "oracle/ovlspec"), "check", "--subject", subject,
                   "--time", str(seconds), "--out", str(self.findings), *what]
        begin = time.time()
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=10 * seconds + 60)
        except subprocess.TimeoutExpired:
            return Verdict(HANGS, time.time() - begin)
        if done.returncode not in (CONFORMS, VIOLATION):
            print(done.stdout[-2000:])
        if done.returncode != VIOLATION:
            return Verdict(done.returncode, time.time() - begin)
        found = min(self.findings.rglob("*.trace"), key=lambda trace: trace.stat().st_mtime, default=None)
        if found is None:
            raise Wrong(f"exit status 1 without a violation:\n{done.stdout[-4000:]}")
        text = found.read_text(errors="replace")
        broken = re.search(rf"^# {subject} breaks ([A-Z0-9-]+):", text, re.MULTILINE)
        until_saved = max(0.0, found.stat().st_mtime - begin)
        return Verdict(VIOLATION, until_saved, broken[1] if broken else "?", count_operations(text))

    def is_refuted(self, obligation: str) -> bool:
        """Whether the mutated kernel breaks what is proved of it."""
        done = subprocess.run([str(self.build_directory / "oracle/ovlspec"), "prove", "--only", obligation],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode not in (CONFORMS, VIOLATION):
            raise Wrong(f"proving {obligation} failed:\n{done.stdout[-4000:]}")
        return done.returncode == VIOLATION and re.search(rf"^{obligation} +REFUTED", done.stdout, re.MULTILINE) is not None

    def try_mutant(self, mutant: Mutant) -> tuple[Verdict, bool]:
        """What the campaign says, and whether the proof, where it has one, refutes it."""
        changed: dict[str, str] = {}
        try:
            for edit in mutant.edits:
                changed.setdefault(edit.file, (self.tree / edit.file).read_text())
                (self.tree / edit.file).write_text(mutated(self.tree, edit))
            self.build(mutant.id)
            return self.campaign(mutant.subject), mutant.proof is None or self.is_refuted(mutant.proof)
        finally:
            for file, text in changed.items():
                (self.tree / file).write_text(text)


def run_mutants(laboratory: Laboratory, mutants: list[Mutant]) -> int:
    laboratory.prepare()
    laboratory.build("the unchanged tree")
    control = laboratory.campaign()
    if control.status != CONFORMS:
        raise Wrong(f"the unchanged tree is not green (exit status {control.status}, {control.rule})")
    print(f"control: the unchanged tree conforms ({control.seconds:.1f} s)\n")
    print(f"{'mutant':<54} {'breaks':<14} {'reported':<14} {'seconds':>7} {'operations':>10}  verdict")
    caught = 0
    for mutant in mutants:
        verdict, is_refuted = laboratory.try_mutant(mutant)
        is_caught = verdict.status == VIOLATION
        caught += is_caught and is_refuted
        outcome = "caught" if is_caught else f"NOT CAUGHT (exit status {verdict.status})"
        if mutant.proof:
            outcome += f", {mutant.proof} refuted" if is_refuted else f", {mutant.proof} NOT REFUTED"
        print(f"{mutant.id:<54} {mutant.breaks:<14} {verdict.rule:<14} {verdict.seconds:>7.1f} "
              f"{verdict.operations:>10}  {outcome}", flush=True)
    print(f"\n{caught} of {len(mutants)} mutants caught")
    return 0 if caught == len(mutants) else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="name the mutants and what they break")
    parser.add_argument("--check", action="store_true", help="only check that the list fits the tree")
    parser.add_argument("--only", metavar="ID", action="append", help="this mutant alone; repeated for several")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--work", type=Path, help="build here and keep it (else in a temporary directory)")
    parser.add_argument("--seed", type=int, default=1, help="of the campaign")
    parser.add_argument("--time", type=int, default=40, help="seconds of the campaign at most")
    parser.add_argument("--cases", type=int, default=30000, help="cases of the campaign at most")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    mutants = load()
    if options.list:
        for mutant in mutants:
            print(f"{mutant.id:<54} {mutant.breaks:<14} {mutant.edits[0].file}: {mutant.why}")
        return 0
    if check_list(mutants) != 0:
        return 2
    if options.check:
        print(f"{len(mutants)} mutants fit the tree")
        return 0
    if options.only:
        unknown = set(options.only) - {mutant.id for mutant in mutants}
        if unknown:
            raise Wrong(f"no mutant {', '.join(sorted(unknown))}")
        mutants = [mutant for mutant in mutants if mutant.id in options.only]
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        return run_mutants(Laboratory(options.work.resolve(), options), mutants)
    with tempfile.TemporaryDirectory(prefix="ovlspec-mutants-") as work:
        return run_mutants(Laboratory(Path(work), options), mutants)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        print(f"run.py: {wrong}", file=sys.stderr)
        sys.exit(2)
