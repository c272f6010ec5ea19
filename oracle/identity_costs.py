#!/usr/bin/env python3
"""What persistent numbers cost: mount time against the number of files, lookups, state on disk, handles after a remount.

    oracle/identity_costs.py --program build/dev/impl/fuse/fuse-ovlspec [--files N]... [--svg FILE] [--json FILE]

For each strategy of fuse-ovlspec, the kernel's overlayfs and fuse-overlayfs where it is installed: a stack of one lower
with N files in directories of 1,000 and an empty upper, on tmpfs. Every time is the median of several mounts, in
milliseconds for a mount and microseconds for a lookup. Runs as root, in a mount namespace of its own; standard library
alone.
"""

import argparse
import ctypes
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
LIBC = ctypes.CDLL(None, use_errno=True)
FILES_IN_A_DIRECTORY = 1000
LOOKED_UP = 1000
REPEATS = 5
LIMIT = 600  # seconds that a mount may take


class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("type", ctypes.c_int), ("bytes", ctypes.c_ubyte * 128)]


def take_handle(path):
    handle, mount = Handle(size=128), ctypes.c_int()
    if LIBC.name_to_handle_at(-100, str(path).encode(), ctypes.byref(handle), ctypes.byref(mount), 0) != 0:
        return None
    return handle


def opens(handle, mount_point):
    root = os.open(mount_point, os.O_RDONLY | os.O_DIRECTORY)
    try:
        descriptor = LIBC.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
        if descriptor >= 0:
            os.close(descriptor)
        return descriptor >= 0
    finally:
        os.close(root)


def mount(source, target, kind, options=""):
    if LIBC.mount(source.encode(), str(target).encode(), kind.encode(), 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount of {kind} at {target}")


def unmount(target):
    if LIBC.umount2(str(target).encode(), 0) != 0:
        raise OSError(ctypes.get_errno(), f"unmount of {target}")


def daemons(base):
    """Whether a process has this directory among its arguments."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.parent.name != str(os.getpid()) and str(base).encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False


class System:
    """Something that mounts an overlay at `self.point`."""

    def __init__(self, name, base, program=None, options=""):
        self.name, self.program, self.options = name, program, options
        self.point = base / "mount"
        self.base = base

    def start(self):
        options = f"lowerdir={self.base}/lower,upperdir={self.base}/fs/upper,workdir={self.base}/fs/work"
        options += "," + self.options if self.options else ""
        if self.program is None:
            mount("overlay", self.point, "overlay", options)
        else:
            subprocess.run([self.program, "-o", options, str(self.point)], check=True, timeout=LIMIT,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.statvfs(self.point)

    def stop(self):
        unmount(self.point)
        # The daemon lets go of the layers a little later than of the mount.
        while self.program is not None and daemons(self.base):
            time.sleep(0.01)


def systems(base, program):
    found = [System(f"identity={name}", base, program, f"identity={name}" + more)
             for name, more in (("derived", ""), ("upfront", ""), ("upfront", ",seal=trust"), ("on-lookup", ""),
                                ("volatile", ""))]
    found[2].name += ",seal=trust"
    found += [System("kernel", base), System("kernel, all on", base, options="index=on,nfs_export=on,redirect_dir=on,xino=on")]
    if other := shutil.which("fuse-overlayfs"):
        found.append(System("fuse-overlayfs", base, other))
    return found


def fresh_upper(base):
    for name in ("upper", "work"):
        shutil.rmtree(base / "fs" / name, ignore_errors=True)
        (base / "fs" / name).mkdir()


def enter_private_namespace(program):
    if LIBC.unshare(CLONE_NEWNS) != 0:
        sys.exit(f"{program}: needs root: no mount namespace of its own")
    if LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        sys.exit(f"{program}: cannot make its mounts private")


def timed(action):
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def lookups(point, files):
    for number in range(0, files, max(1, files // LOOKED_UP)):
        os.stat(f"{point}/{number // FILES_IN_A_DIRECTORY}/{number}")


def measure(system, files):
    """The costs of one system over `files` files."""
    base, looked_up = system.base, len(range(0, files, max(1, files // LOOKED_UP)))
    fresh_upper(base)
    first_mount = timed(system.start)
    first = timed(lambda: lookups(system.point, files)) / looked_up
    later = timed(lambda: lookups(system.point, files)) / looked_up
    handle = take_handle(f"{system.point}/0/1")
    system.stop()
    mounts = []
    for _ in range(REPEATS):
        mounts.append(timed(system.start))
        if len(mounts) < REPEATS:
            system.stop()
    begin = time.perf_counter()
    survives = None if handle is None else opens(handle, system.point)
    opening = time.perf_counter() - begin
    system.stop()
    state = sum(path.stat().st_blocks * 512 for part in ("upper", "work")
                for path in (base / "fs" / part).rglob("*") if path.is_file())
    return {"system": system.name, "files": files, "first_mount_ms": first_mount * 1e3,
            "mount_ms": statistics.median(mounts) * 1e3, "first_lookup_us": first * 1e6, "lookup_us": later * 1e6,
            "state_bytes": state, "handle_opens": survives, "handle_ms": opening * 1e3}


def fill(lower, files):
    for number in range(files):
        directory = lower / str(number // FILES_IN_A_DIRECTORY)
        if number % FILES_IN_A_DIRECTORY == 0:
            directory.mkdir(exist_ok=True)
        path = directory / str(number)
        if not path.exists():
            path.touch()


def svg(rows):
    """Mount time against the number of files, both axes logarithmic."""
    import math
    width, height, margin = 720, 440, 60
    names = list(dict.fromkeys(row["system"] for row in rows))
    counts = sorted({row["files"] for row in rows})
    times = [row["mount_ms"] for row in rows]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    span = max(1e-9, math.log10(counts[-1]) - math.log10(counts[0]))
    x = lambda files: margin + (math.log10(files) - math.log10(counts[0])) / span * (width - 3.6 * margin)
    y = lambda ms: height - margin - (math.log10(ms) - low) / max(1, high - low) * (height - 2 * margin)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<text x="{margin}" y="24" font-size="15">Mount time (ms) against files in the lower layer</text>']
    for power in range(low, high + 1):
        parts.append(f'<line x1="{margin}" x2="{width - 2.6 * margin}" y1="{y(10 ** power)}" y2="{y(10 ** power)}" '
                     f'stroke="#ddd"/><text x="8" y="{y(10 ** power) + 4}">{10 ** power:g}</text>')
    for files in counts:
        parts.append(f'<text x="{x(files) - 14}" y="{height - margin + 20}">{files:,}</text>')
    for index, name in enumerate(names):
        color = f"hsl({index * 360 // len(names)},65%,42%)"
        points = sorted((row["files"], row["mount_ms"]) for row in rows if row["system"] == name)
        line = " ".join(f"{x(files):.1f},{y(ms):.1f}" for files, ms in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 2.5 * margin}" y="{margin + 18 * index}" fill="{color}">{name}</text>')
    return "\n".join(parts + ["</svg>", ""])


def table(rows):
    head = ["system", "files", "first mount, ms", "mount, ms", "first lookup, us", "lookup, us", "state, KiB",
            "handle after remount", "ms"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    says = {None: "none", True: "opens", False: "stale"}
    for row in rows:
        lines.append(f"| {row['system']} | {row['files']:,} | {row['first_mount_ms']:.1f} | {row['mount_ms']:.1f} | "
                     f"{row['first_lookup_us']:.1f} | {row['lookup_us']:.1f} | {row['state_bytes'] / 1024:.0f} | "
                     f"{says[row['handle_opens']]} | {row['handle_ms']:.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="fuse-ovlspec")
    parser.add_argument("--files", type=int, action="append", help="repeated for several; else 10, 1,000 and 100,000")
    parser.add_argument("--svg", help="a plot of the mount times")
    parser.add_argument("--json", help="the rows, as JSON")
    options = parser.parse_args()
    enter_private_namespace("identity_costs.py")
    rows = []
    base = pathlib.Path(tempfile.mkdtemp(prefix="ovlspec-costs-"))
    try:
        for name in ("lower", "fs", "mount"):
            (base / name).mkdir()
        for name in ("lower", "fs"):
            mount("tmpfs", base / name, "tmpfs", "nr_inodes=0,size=90%")
        for files in sorted(options.files or [10, 1000, 100_000]):
            fill(base / "lower", files)
            for system in systems(base, str(pathlib.Path(options.program).resolve())):
                rows.append(measure(system, files))
    finally:
        for name in ("mount", "lower", "fs"):
            LIBC.umount2(str(base / name).encode(), 2)  # MNT_DETACH
        subprocess.run(["rm", "-rf", "--one-file-system", str(base)], check=False)
    print(table(rows))
    if options.svg:
        pathlib.Path(options.svg).write_text(svg(rows))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
