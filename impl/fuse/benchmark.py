#!/usr/bin/python3
"""fuse-ovlspec beside the kernel's overlayfs, fuse-overlayfs, a FUSE pass-through and no overlay at all, in one run.

    cmake --preset bench && cmake --build --preset bench --target fuse-ovlspec --target fuse-workload
    impl/fuse/benchmark.py [--build build/bench] [--files N]... [--repeats N] [--only SYSTEM]... [--directory DIR]
                           [--json FILE]

The layers: one lower with a tree of N files in directories of 100, a flat directory of N empty files, a large file and
a git repository, and an empty upper. Each repetition mounts every system once, after each other, and takes them through
the same steps; a figure is the median of the repetitions. It prints a table, times in milliseconds and their ratios to
the kernel's overlay, the goals with whether they are kept, and how fuse-ovlspec does beside fuse-overlayfs; and writes
every sample as JSON where asked. The layers lie on a tmpfs of its own unless `--directory` names a place.

The pass-through is libfuse's example passthrough_ll (compiled where its source and libfuse's headers are installed;
with its cache=always), which holds a descriptor for each file, or else bindfs; without git its rows are missing. What
is missing is said. Runs as root, in a mount namespace of its own; the standard library alone.
"""

import argparse
import ctypes
import functools
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
EXAMPLE = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c"
FILES_IN_A_DIRECTORY = 100
TAR_FILES = 10_000  # at most
CREATED = 10_000  # at most
LARGE = 256 << 20
GIT = ["git", "-c", "safe.directory=*", "-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "gc.auto=0"]
# What is measured, in this order: the ratio that fuse-ovlspec is to reach, to the kernel's overlay or to none at all.
KERNEL, NATIVE, OURS, OTHER = "kernel", "native", "fuse-ovlspec", "fuse-overlayfs"
GOALS = {
    "first walk": (1.5, KERNEL), "second walk": (1.1, KERNEL), "listing": (1.2, KERNEL), "listing again": (1.2, KERNEL),
    "small reads": (1.2, KERNEL), "small reads again": (1.2, KERNEL), "large read, lower": (2, NATIVE),
    "large read, lower again": (1.05, NATIVE), "large write, upper": (1.05, NATIVE), "large read, upper": (1.05, NATIVE),
    "create": (2, KERNEL), "unlink": (2, KERNEL), "copy up": (1.3, KERNEL), "untar": None,
    "rm -r, untarred": (3, KERNEL), "git status": None, "git status again": None, "rm -r, lower": (3, KERNEL),
    "large read, read-only": (1.05, NATIVE),
}
BEHIND = 1.1  # no row is to take more than this many times what fuse-overlayfs takes
MEMORY = "memory, MiB per 100 k cached files"


def mount(source, target, kind, options=""):
    if LIBC.mount(source.encode(), str(target).encode(), kind.encode(), 0, options.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{os.strerror(error)}: mount of {kind} at {target} with {options}")


def unmount(target):
    for _ in range(100):
        if LIBC.umount2(str(target).encode(), 0) == 0:
            return
        time.sleep(0.05)
    raise OSError(ctypes.get_errno(), f"unmount of {target}")


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout


def descriptors():
    """As many as this process may have, from now on."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Layers:
    """The directories of a benchmark: the shared lower, and what each system makes for itself."""

    def __init__(self, base, files):
        self.base, self.files = base, files
        self.lower, self.empty, self.archive = base / "lower", base / "empty", base / "tree.tar"
        self.upper, self.work = base / "upper", base / "work"
        self.copy, self.point = base / "copy", base / "mount"

    def make(self):
        for path in (self.lower / "flat", self.empty, self.point):
            path.mkdir(parents=True)
        for i in range(self.files):
            group = i // FILES_IN_A_DIRECTORY
            directory = self.lower / "tree" / f"d{group // 10}" / f"e{group % 10}"
            if i % FILES_IN_A_DIRECTORY == 0:
                directory.mkdir(parents=True)
            (directory / f"file{i}").write_bytes(b"%d\n" % i * (i % 400))
            (self.lower / "flat" / f"name{i}").touch()
        with open(self.lower / "large", "wb") as large:
            for i in range(LARGE >> 20):
                large.write(bytes([i % 256]) * (1 << 20))
        parts = [f"tree/d{i}" for i in range(max(1, min(self.files, TAR_FILES) // (FILES_IN_A_DIRECTORY * 10)))]
        run("tar", "-C", self.lower, "-cf", self.archive, *parts)
        repository = self.lower / "repository"
        repository.mkdir()
        run("tar", "-C", repository, "-xf", self.archive)
        if not shutil.which("git"):
            print("no git: its rows are missing", file=sys.stderr)
            return
        run(*GIT, "init", "-q", repository)
        run(*GIT, "-C", repository, "add", ".")
        run(*GIT, "-C", repository, "commit", "-q", "-m", "tree")

    def fresh(self):
        for path in (self.upper, self.work, self.copy):
            shutil.rmtree(path, ignore_errors=True)
        self.upper.mkdir()
        self.work.mkdir()


class System:
    """Something that shows the lower's tree at `root(layers)`, to be written to."""

    def __init__(self, name, program=None):
        self.name, self.program, self.daemon = name, program, None

    def root(self, layers):
        return layers.point

    def command(self, layers, writable):
        raise NotImplementedError

    def start(self, layers, writable):
        """Mounts, and waits until what is mounted answers."""
        before = os.stat(layers.point).st_dev
        self.daemon = subprocess.Popen(self.command(layers, writable), stdout=subprocess.DEVNULL,
                                       preexec_fn=functools.partial(LIBC.prctl, PR_SET_PDEATHSIG, signal.SIGTERM))
        for _ in range(500):
            if os.stat(layers.point).st_dev != before:
                return
            if self.daemon.poll() is not None:
                sys.exit(f"{self.name} does not mount")
            time.sleep(0.01)
        sys.exit(f"{self.name} does not mount within 5 s")

    def stop(self, layers):
        unmount(layers.point)
        self.daemon.wait(timeout=60)
        self.daemon = None

    def memory(self):
        """Resident bytes of the daemon."""
        if self.daemon is None:
            return None
        for line in pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        return None


class Native(System):
    def root(self, layers):
        return layers.copy

    def start(self, layers, writable):
        if writable:
            run("cp", "-a", layers.lower, layers.copy)

    def stop(self, layers):
        pass


def overlay_options(layers, writable, lowers):
    if writable:
        return f"lowerdir={layers.lower},upperdir={layers.upper},workdir={layers.work}"
    return f"lowerdir={lowers}"


class Kernel(System):
    def start(self, layers, writable):
        options = overlay_options(layers, writable, f"{layers.empty}:{layers.lower}")
        mount("overlay", layers.point, "overlay", options)

    def stop(self, layers):
        unmount(layers.point)


class FuseOverlay(System):
    def command(self, layers, writable):
        return [self.program, "-f", "-o", overlay_options(layers, writable, layers.lower), layers.point]


class PassThrough(System):
    def start(self, layers, writable):
        if writable:
            run("cp", "-a", layers.lower, layers.copy)
        super().start(layers, writable)

    def command(self, layers, writable):
        if self.name == "bindfs":
            return [self.program, "-f", layers.copy, layers.point]
        return [self.program, "-f", "-o", f"source={layers.copy},cache=always", layers.point]


def pass_through(base, files):
    """libfuse's example, which holds a descriptor for each object that is cached; else bindfs, which holds none."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    has_example = compiler and os.path.exists(EXAMPLE)
    if has_example and descriptors() > 4 * files + CREATED:
        program = base / "passthrough_ll"
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True)
        built = subprocess.run([compiler, "-O2", "-w", EXAMPLE, "-o", program, *flags.stdout.split()])
        if built.returncode == 0:
            return PassThrough("pass-through", program)
    elif has_example:
        print(f"no passthrough_ll: RLIMIT_NOFILE is too small for {files} files", file=sys.stderr)
    if program := shutil.which("bindfs"):
        return PassThrough("bindfs", program)
    print("no plain pass-through: neither libfuse's example nor bindfs can be used", file=sys.stderr)
    return None


def systems(base, files, build, only):
    found = [Native(NATIVE), Kernel(KERNEL), FuseOverlay(OURS, build / "impl/fuse/fuse-ovlspec")]
    if other := shutil.which(OTHER):
        found.append(FuseOverlay(OTHER, other))
    else:
        print("no fuse-overlayfs: it is not installed", file=sys.stderr)
    found.append(pass_through(base, files))
    return [system for system in found if system and (not only or system.name in only)]


class Run:
    """One repetition of one system: what each step took."""

    def __init__(self, workload, system, layers):
        self.workload, self.system, self.layers, self.taken = workload, system, layers, {}

    def step(self, name, word, path, *more, expected=None):
        seconds, met = run(self.workload, word, path, *more).split()
        if expected is not None and int(met) != expected:
            sys.exit(f"{self.system.name}, {name}: {int(met)} objects instead of {expected}")
        self.taken[name] = float(seconds) * 1000

    def command(self, name, *command):
        begin = time.perf_counter()
        run(*command)
        self.taken[name] = (time.perf_counter() - begin) * 1000

    def writable(self):
        root, layers = self.system.root(self.layers), self.layers
        directories = -(-layers.files // FILES_IN_A_DIRECTORY)
        entries = layers.files + directories + -(-directories // 10)
        before = self.system.memory()
        self.step("first walk", "walk", root / "tree", expected=entries)
        if before is not None:
            self.taken[MEMORY] = (self.system.memory() - before) / entries * 100_000 / (1 << 20)
        self.step("second walk", "walk", root / "tree", expected=entries)
        self.step("listing", "list", root / "flat", expected=layers.files + 2)
        self.step("listing again", "list", root / "flat", expected=layers.files + 2)
        self.step("small reads", "read", root / "tree", expected=layers.files)
        self.step("small reads again", "read", root / "tree", expected=layers.files)
        self.step("large read, lower", "read-large", root / "large", expected=LARGE)
        self.step("large read, lower again", "read-large", root / "large", expected=LARGE)
        shutil.copyfile(root / "large", root / "new")
        self.step("large write, upper", "write-large", root / "new", expected=LARGE)
        self.step("large read, upper", "read-large", root / "new", expected=LARGE)
        (root / "made").mkdir()
        created = str(min(layers.files, CREATED))
        self.step("create", "create", root / "made", created)
        self.step("unlink", "unlink", root / "made", created)
        self.command("untar", "tar", "-C", root / "made", "-xf", layers.archive)
        self.step("rm -r, untarred", "remove", root / "made")
        if (root / "repository" / ".git").exists():
            self.git(root)
        self.step("copy up", "open-write", root / "tree" / "d0")
        self.step("rm -r, lower", "remove", root / "tree", expected=entries + 1)

    def git(self, root):
        self.command("git status", *GIT, "-C", root / "repository", "status", "--short")
        self.command("git status again", *GIT, "-C", root / "repository", "status", "--short")

    def read_only(self):
        self.step("large read, read-only", "read-large", self.system.root(self.layers) / "large", expected=LARGE)

    def all(self):
        self.layers.fresh()
        for writable, steps in ((True, self.writable), (False, self.read_only)):
            self.system.start(self.layers, writable)
            try:
                steps()
            finally:
                self.system.stop(self.layers)
        return self.taken


def median(samples, system, row):
    values = [taken[row] for taken in samples[system] if row in taken]
    return statistics.median(values) if values else None


def ratio(samples, row, over, under):
    values = [median(samples, name, row) if name in samples else None for name in (over, under)]
    return values[0] / values[1] if all(values) else None


def verdict(samples, row, goal):
    """The goal, and whether it is kept."""
    if goal is None:
        return ""
    reached = ratio(samples, row, OURS, goal[1])
    outcome = "" if reached is None else ": kept" if reached <= goal[0] else f": {reached:.2f}"
    return f"{goal[0]} of {goal[1]}{outcome}"


def table(samples):
    """Lines of a table in Markdown: times, and their ratios to the kernel's."""
    names = list(samples)
    heads = ["ms", *names, "goal", f"to {OTHER}, at most {BEHIND}"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row, goal in [*GOALS.items(), (MEMORY, None)]:
        cells = []
        for name in names:
            value = median(samples, name, row)
            beside = ratio(samples, row, name, KERNEL) if name != KERNEL else None
            cells.append("" if value is None else f"{value:.1f}" + (f" ({beside:.2f})" if beside else ""))
        other = ratio(samples, row, OURS, OTHER)
        cells += [verdict(samples, row, goal), "" if other is None else f"{other:.2f}"]
        lines.append("| " + " | ".join([row, *cells]) + " |")
    return lines


def machine(directory):
    kind = run("stat", "-f", "-c", "%T", directory).decode().strip()
    return f"{os.cpu_count()} processors, Linux {platform.release().split('-')[0]}, layers on {kind}"


def measure(base, files, arguments, workload):
    layers = Layers(base / f"{files}", files)
    layers.make()
    compared = systems(base, files, arguments.build, arguments.only)
    samples = {system.name: [] for system in compared}
    for _ in range(arguments.repeats):
        for system in compared:
            samples[system.name].append(Run(workload, system, layers).all())
    shutil.rmtree(layers.base)
    print(f"\n{files} files, medians of {arguments.repeats}, ratio to the kernel's overlay; {machine(base)}:\n")
    print("\n".join(table(samples)), flush=True)
    return {"files": files, "samples": samples}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/bench"))
    parser.add_argument("--files", type=int, action="append", help="10000 and 100000")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", action="append", help="a system; all")
    parser.add_argument("--directory", help="where the layers lie; a tmpfs")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    workload = arguments.build / "impl/fuse/fuse-workload"
    if LIBC.unshare(CLONE_NEWNS) != 0 or LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        sys.exit("needs root")
    os.umask(0o022)
    base = pathlib.Path(tempfile.mkdtemp(prefix="overlay-benchmark-", dir=arguments.directory))
    try:
        if arguments.directory is None:
            mount("tmpfs", base, "tmpfs", "size=90%,nr_inodes=0")
        results = [measure(base, files, arguments, workload) for files in arguments.files or [10_000, 100_000]]
        if arguments.json:
            arguments.json.write_text(json.dumps({"kernel": platform.release(), "processors": os.cpu_count(),
                                                  "results": results}, indent=1))
    finally:
        if arguments.directory is None:
            unmount(base)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
