#!/usr/bin/env python3
"""What a file handle from an earlier mount costs: by its number, and by a walk.

    oracle/handle_costs.py --program build/dev/impl/fuse/fuse-ovlspec [--files N] [--json FILE]

A stack of one lower with N files in directories of 1,000, on each file system that can be made here, and an empty upper on
tmpfs. File handles are taken on the mount, it is unmounted, the caches of the lower's file system are dropped, and each
handle is opened on a mount of its own: the time is the first one's, then that of a second handle of the same kind in the
same mount, in milliseconds, medians of several mounts. Kinds: a directory; a file whose name the kernel has, because
somebody looked at it in the lower; a file that it has not; a file that was removed from the lower while unmounted. Runs
as root, in a mount namespace of its own; standard library alone.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import identity_costs as costs

REPEATS = 5
IMAGE_BYTES_A_FILE = 2048
KINDS = ("a directory", "a file with a name", "a forgotten file", "a file that is gone")
# Of each file system: the program that makes it, and its arguments before the image; None: of a directory.
MADE_BY = {"ext4": ["mkfs.ext4", "-q", "-F", "-N", "{inodes}"], "xfs": ["mkfs.xfs", "-q"], "btrfs": ["mkfs.btrfs", "-q"]}
PACKED_BY = {"squashfs": ["mksquashfs", "{directory}", "{image}", "-quiet", "-no-progress"],
             "erofs": ["mkfs.erofs", "--quiet", "{image}", "{directory}"]}


def run(command, **words):
    subprocess.run([word.format(**words) for word in command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Lower:
    """A file system with the files, mounted at base/lower."""

    def __init__(self, kind, base, files):
        self.kind, self.path, self.image = kind, base / "lower", base / "image"
        if kind == "tmpfs":
            costs.mount("tmpfs", self.path, "tmpfs", "nr_inodes=0,size=90%")
        elif kind in MADE_BY:
            with open(self.image, "wb") as image:
                image.truncate(max(512 << 20, files * IMAGE_BYTES_A_FILE))
            run(MADE_BY[kind] + [str(self.image)], inodes=str(files + 10_000))
            self.mount_image("")
        else:
            source = base / "source"
            source.mkdir()
            costs.fill(source, files)
            run(PACKED_BY[kind], directory=str(source), image=str(self.image))
            shutil.rmtree(source)
            self.mount_image("ro")
        if kind not in PACKED_BY:
            costs.fill(self.path, files)

    def mount_image(self, more):
        subprocess.run(["mount", "-t", self.kind, "-o", "loop" + ("," + more if more else ""), str(self.image),
                        str(self.path)], check=True)

    def forget(self):
        """The kernel has none of its names any more."""
        os.sync()
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("2")

    def stop(self):
        costs.unmount(self.path)
        self.image.unlink(missing_ok=True)


def file_path(number):
    return f"{number // costs.FILES_IN_A_DIRECTORY}/{number}"


def handles_of(kind, point, files, turn):
    """Two paths of this kind, and their handles. Those of one turn are no other's."""
    first = (files // 2 + 10 * turn) % files
    last = (files // 4 + 10 * turn) % files
    if kind == "a directory":
        paths = [str(number // costs.FILES_IN_A_DIRECTORY) for number in (first, last)]
    else:
        paths = [file_path(first), file_path(last)]
    return paths, [costs.take_handle(point / path) for path in paths]


def prepare(kind, lower, paths):
    lower.forget()
    for path in paths:
        if kind == "a file with a name":
            os.stat(lower.path / path)
        elif kind == "a file that is gone":
            os.unlink(lower.path / path)


def measure(kind, lower, system, files):
    """Milliseconds of the first and of the second handle; whether they opened."""
    firsts, seconds, opened = [], [], set()
    for turn in range(REPEATS):
        system.start()
        paths, handles = handles_of(kind, system.point, files, turn)
        system.stop()
        prepare(kind, lower, paths)
        system.start()
        for handle, times in zip(handles, (firsts, seconds)):
            times.append(costs.timed(lambda handle=handle: opened.add(costs.opens(handle, system.point))) * 1e3)
        system.stop()
    return {"kind": kind, "file_system": lower.kind, "first_ms": statistics.median(firsts),
            "second_ms": statistics.median(seconds), "opens": sorted(opened)}


def table(rows):
    lines = ["| lower | " + " | ".join(KINDS) + " |", "|" + "---|" * (len(KINDS) + 1)]
    for file_system in dict.fromkeys(row["file_system"] for row in rows):
        cells = []
        for kind in KINDS:
            row = next((row for row in rows if (row["file_system"], row["kind"]) == (file_system, kind)), None)
            says = {(True,): "", (False,): "ESTALE, "}.get(tuple(row["opens"]), "some stale, ") if row else ""
            cells.append(f"{says}{row['first_ms']:.2f} ms, then {row['second_ms']:.2f}" if row else "")
        lines.append(f"| {file_system} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def kinds_of(lower):
    return [kind for kind in KINDS if kind != "a file that is gone" or lower.kind not in PACKED_BY]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="fuse-ovlspec")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--json", help="the rows, as JSON")
    options = parser.parse_args()
    costs.enter_private_namespace("handle_costs.py")
    rows = []
    base = pathlib.Path(tempfile.mkdtemp(prefix="ovlspec-handles-"))
    try:
        for name in ("lower", "fs", "mount"):
            (base / name).mkdir()
        costs.mount("tmpfs", base / "fs", "tmpfs")
        costs.fresh_upper(base)
        system = costs.System("derived", base, str(pathlib.Path(options.program).resolve()))
        for kind in ("tmpfs", *MADE_BY, *PACKED_BY):
            maker = {**MADE_BY, **PACKED_BY}.get(kind)
            if maker is not None and shutil.which(maker[0]) is None:
                print(f"{kind}: left out, {maker[0]} is missing", file=sys.stderr)
                continue
            lower = Lower(kind, base, options.files)
            rows += [measure(each, lower, system, options.files) for each in kinds_of(lower)]
            lower.stop()
    finally:
        for name in ("mount", "lower", "fs"):
            costs.LIBC.umount2(str(base / name).encode(), 2)  # MNT_DETACH
        subprocess.run(["rm", "-rf", "--one-file-system", str(base)], check=False)
    print(table(rows))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
