#!/usr/bin/python3
"""A source tree as large as the kernel's on a mount of fuse-ovlspec: unpacked over an older one in a lower layer,
changed, built in part, mounted again and removed; beside it the same commands on a plain copy of the lower layer. After
each step both trees must have the same names, types, modes, owners, sizes, bytes, targets, link counts and times.

    source_tree.py PROGRAM [--files 70000] [--built 200] [--directory DIR]

The tree is generated: directories of 14 entries, most of them C sources and headers, some of them read-only,
executable, set-id, symlinks (dangling ones too) and hard links, each with a time of its own in nanoseconds. A tenth of
it, older, is the lower layer. What a step makes without giving it a time is compared but for that. The build needs a C
compiler, and is left out, and said so, where there is none. In a mount namespace of its own; exit status 0: no
difference, 1: there was one, 77: this process may not mount."""

import argparse
import ctypes
import hashlib
import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
ENTRIES = 14  # of a directory
EPOCH = 1_000_000_000
SHOWN = 10  # differences


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def source(number):
    """A C file of some hundred to some thousand bytes, with one function that others can call."""
    filler = "".join(f"/* line {i} of {number * 7919 % 10007} */\n" for i in range(number % 97))
    return f'#include "config.h"\n{filler}int f{number}(int x) {{ return x * {number % 1000} + SCALE; }}\n'.encode()


def mode_of(number):
    return {3: 0o444, 5: 0o755, 7: 0o600, 11: 0o4755, 12: 0o2644}.get(number % 40, 0o644)


def directory_of(number):
    group = number // ENTRIES
    return f"sub{group // 100}/part{group // 10 % 10}/dir{group % 10}"


class Tree:
    """What the archive and the lower layer have, by paths below `tree`."""

    def __init__(self, files):
        self.files = files

    def entries(self, older):
        """(path, number, kind) in the order of the archive; older: every tenth directory alone."""
        for number in range(self.files):
            if older and number // ENTRIES % 10 != 0:
                continue
            kind = {9: "symlink", 10: "dangling", 11: "link", 23: "link"}.get(number % 100 if number % ENTRIES else 0, "file")
            yield f"{directory_of(number)}/f{number}.c", number, kind

    def write_archive(self, path, older):
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            made = set()
            self.add(archive, "tree", tarfile.DIRTYPE, 0o755, 1)
            self.add(archive, "tree/config.h", tarfile.REGTYPE, 0o644, 2, b"#define SCALE %d\n" % (1 if older else 2))
            for name, number, kind in self.entries(older):
                parts = name.split("/")[:-1]
                for depth in range(1, len(parts) + 1):
                    above = "/".join(parts[:depth])
                    if above not in made:
                        made.add(above)
                        self.add(archive, f"tree/{above}", tarfile.DIRTYPE, 0o2755 if number % 300 == 0 else 0o755,
                                 number)
                self.add_object(archive, name, number, kind, older)

    def add_object(self, archive, name, number, kind, older):
        before = f"f{number - 1}.c"
        if kind == "symlink":
            self.add(archive, f"tree/{name}", tarfile.SYMTYPE, 0o777, number, target=before)
        elif kind == "dangling":
            self.add(archive, f"tree/{name}", tarfile.SYMTYPE, 0o777, number, target="../no/such")
        elif kind == "link":
            self.add(archive, f"tree/{name}", tarfile.LNKTYPE, 0o644, number,
                     target=f"tree/{os.path.dirname(name)}/{before}")
        else:
            self.add(archive, f"tree/{name}", tarfile.REGTYPE, mode_of(number), number,
                     source(number + (1 if older else 0)))

    @staticmethod
    def add(archive, name, kind, mode, number, content=b"", target=""):
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.linkname, member.size = kind, mode, target, len(content)
        member.mtime = EPOCH + number + number % 1000 / 1024
        archive.addfile(member, io.BytesIO(content))


def look(path, started):
    """What must be the same of an object; its time only where it was given one."""
    status = os.lstat(path)
    kind = stat.S_IFMT(status.st_mode)
    data = None
    if kind == stat.S_IFLNK:
        data = os.readlink(path)
    elif kind == stat.S_IFREG:
        with open(path, "rb") as file:
            data = hashlib.sha1(file.read()).hexdigest()
    is_directory = kind == stat.S_IFDIR
    return (status.st_mode, status.st_uid, status.st_gid, None if is_directory else status.st_size, data,
            None if is_directory else status.st_nlink, status.st_mtime_ns if status.st_mtime < started else "now")


def image(root, started):
    found = {".": look(root, started)}

    def refuse(error):
        raise error
    for directory, directories, files in os.walk(root, onerror=refuse):
        for name in directories + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = look(path, started)
    return found


class Comparison:
    def __init__(self, program, directory):
        self.program = program
        self.base = tempfile.mkdtemp(prefix="ovlspec-source-", dir=directory)
        for name in ("lower", "upper", "work", "mount"):
            os.mkdir(self.at(name))
        self.daemon, self.started, self.differences = None, 0.0, 0

    def at(self, name):
        return os.path.join(self.base, name)

    def prepare(self, tree):
        tree.write_archive(self.at("old.tar"), older=True)
        tree.write_archive(self.at("new.tar"), older=False)
        self.run("tar", "-C", self.at("lower"), "-xpf", self.at("old.tar"))
        self.run("cp", "-a", self.at("lower"), self.at("plain"))
        for name in ("plain", "upper"):
            os.utime(self.at(name), (EPOCH, EPOCH))
        self.lower = image(self.at("lower"), float("inf"))
        self.started = time.time()

    def run(self, *command, **more):
        subprocess.run(command, check=True, **more)

    def mount(self):
        before = os.stat(self.at("mount")).st_dev
        options = f"lowerdir={self.at('lower')},upperdir={self.at('upper')},workdir={self.at('work')}"
        self.daemon = subprocess.Popen([self.program, "-f", "-o", options, self.at("mount")])
        for _ in range(1000):
            if os.stat(self.at("mount")).st_dev != before:
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.01)
        raise OSError(f"{self.program} does not mount")

    def unmount(self):
        check(LIBC.umount2(self.at("mount").encode(), 0), "unmount")
        if self.daemon.wait(timeout=300) != 0:
            self.report(["the daemon ended with an error"])
        self.daemon = None

    def step(self, name, action):
        """The same on the plain tree and on the mount; then both are compared."""
        taken = []
        for root in (self.at("plain"), self.at("mount")):
            begin = time.perf_counter()
            action(root)
            taken.append(time.perf_counter() - begin)
        count = self.compare()
        outcome = f"{count} objects the same" if count else "differs"
        print(f"{name}: {taken[0]:.1f} s natively, {taken[1]:.1f} s on the mount, {outcome}", flush=True)

    def compare(self):
        plain, mounted = (image(self.at(name), self.started) for name in ("plain", "mount"))
        lines = [f"{path}: natively {plain.get(path)}, on the mount {mounted.get(path)}"
                 for path in sorted(plain.keys() | mounted.keys()) if plain.get(path) != mounted.get(path)]
        self.report(lines)
        return 0 if lines else len(plain)

    def report(self, lines):
        self.differences += len(lines)
        for line in lines[:SHOWN]:
            print(f"DIFFERENCE {line}", flush=True)

    def clean(self):
        LIBC.umount2(self.at("mount").encode(), 2)
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
        shutil.rmtree(self.base)


def change(root):
    """Modes, times, owners and places of what the lower layer had, and of what it had not."""
    top = os.path.join(root, "tree")
    for below in ("sub0/part0/dir0", "sub0/part0/dir1"):
        path = os.path.join(top, below)
        if not os.path.isdir(path):
            continue
        for name in sorted(os.listdir(path)):
            if name.endswith("3.c") and not os.path.islink(os.path.join(path, name)):
                os.chmod(os.path.join(path, name), 0o640)
            if name.endswith("4.c"):
                os.utime(os.path.join(path, name), ns=(EPOCH * 10**9 + 1, EPOCH * 10**9 + 2), follow_symlinks=False)
            if name.endswith("5.c"):
                os.rename(os.path.join(path, name), os.path.join(top, "moved-" + name))
        os.utime(path, ns=(EPOCH * 10**9 + 3, EPOCH * 10**9 + 4))
    os.rename(os.path.join(top, "sub0/part0"), os.path.join(top, "moved-part"))
    os.utime(os.path.join(top, "sub0"), ns=(EPOCH * 10**9 + 5, EPOCH * 10**9 + 6))
    os.utime(top, ns=(EPOCH * 10**9 + 7, EPOCH * 10**9 + 8))


def build(root, compiler, count):
    """Objects beside their sources, an archive of them, and a program that calls one of them and runs."""
    top = os.path.join(root, "tree")
    sources = []
    for directory, directories, files in os.walk(top):
        directories.sort()
        for name in sorted(files):
            path = os.path.join(directory, name)
            if name.startswith("f") and not os.path.islink(path) and len(sources) < count:
                sources.append(os.path.relpath(path, top))
    for one in sources:
        subprocess.run([compiler, "-I.", "-O1", "-c", one, "-o", one + ".o"], cwd=top, check=True)
    function = os.path.basename(sources[0])[:-2]
    with open(os.path.join(top, "main.c"), "w") as main:
        main.write(f"int {function}(int); int main(void) {{ return {function}(0) == 2 ? 0 : 1; }}\n")
    subprocess.run(["ar", "rcD", "all.a", *(one + ".o" for one in sources)], cwd=top, check=True)
    subprocess.run([compiler, "main.c", "all.a", "-o", "program"], cwd=top, check=True)
    subprocess.run(["./program"], cwd=top, check=True)


def compare_all(comparison, tree, built):
    comparison.prepare(tree)
    comparison.mount()
    comparison.step("unpacked", lambda root: comparison.run("tar", "-C", root, "-xpf", comparison.at("new.tar")))
    comparison.step("changed", change)
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler and shutil.which("ar"):
        comparison.step("built", lambda root: build(root, compiler, built))
    else:
        print("not built: there is no C compiler")
    comparison.unmount()
    comparison.mount()
    comparison.step("mounted again", lambda root: None)
    comparison.step("removed", lambda root: comparison.run("rm", "-r", os.path.join(root, "tree")))
    comparison.unmount()
    if image(comparison.at("lower"), float("inf")) != comparison.lower:
        comparison.report(["the lower layer was changed"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--files", type=int, default=70_000)
    parser.add_argument("--built", type=int, default=200, help="how many sources are compiled")
    parser.add_argument("--directory", help="where the trees lie; $TMPDIR")
    asked = parser.parse_args()
    try:
        check(LIBC.unshare(CLONE_NEWNS), "no mount namespace of its own")
        check(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "no private mounts")
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            raise OSError("/dev/fuse cannot be opened")
    except OSError as error:
        print(f"skipped: {error}")
        return 77
    os.umask(0o022)
    comparison = Comparison(os.path.abspath(asked.program), asked.directory)
    try:
        compare_all(comparison, Tree(asked.files), asked.built)
    finally:
        comparison.clean()
    print(f"{comparison.differences} differences")
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
