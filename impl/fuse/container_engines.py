#!/usr/bin/python3
"""Podman and buildah over fuse-ovlspec as mount_program, compared with the same over plain copies (the driver vfs).

    impl/fuse/container_engines.py build/dev/impl/fuse/fuse-ovlspec [--as root|user]

An image is made of a local tree, containers change it, are committed, and are run again; images are built upon it. What
every image holds is listed, and must be the same over both drivers. `user` is a user without privilege who has a range of
ids of their own (/etc/subuid), `root` is root. Needs root, podman, buildah, crun and a static busybox, uidmap for `user`,
and no network. Everything happens in namespaces of its own, and goes with them.

Exit status: 0 the same, 1 not so, 77 nothing could be tried; the last line says why.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SKIPPED = 77
INSIDE = "OVLSPEC_CONTAINER_ENGINES"
USER = 4242  # an id that machines seldom use
FIRST_SUBORDINATE = 200_000
APPLETS = ["sh", "cat", "chmod", "chown", "echo", "find", "ln", "mkdir", "mkfifo", "mv", "rm", "rmdir", "touch"]

# What containers do, one after the other, each upon the one before.
CHANGES = [
    # Files and directories changed, removed, replaced and moved.
    "cd /data; echo more >> append; rm gone; rm -r replaced; mkdir replaced; echo new > replaced/new;"
    "mv directory moved; ln linked link3; chown 5:6 owned; chmod 4751 owned; ln -sf elsewhere symlink; mkfifo pipe",
    # Names that the layer before hides come back, and others of it go.
    "cd /data; echo back > gone; rm -r replaced; echo file > replaced; rm link3; mv moved/deep/f moved/deep/g;"
    "mv moved directory; rm symlink; mkdir symlink; touch symlink/in",
    # Nothing is left of a directory but its name, and then not even that.
    "cd /data; rm -r directory/* symlink; chmod 700 directory; mv append replaced; rmdir directory; echo end > directory",
]
CONTAINERFILE = """FROM localhost/image1
RUN rm -r /data/moved && mkdir -p /data/moved/deep && echo built > /data/moved/deep/f
RUN rm /data/owned && mv /data/moved /built
COPY added /data/owned
RUN rm -r /built/deep && chown 7:8 /built
"""


def skip(reason: str) -> None:
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def run(*command: str, data: bytes | None = None) -> bytes:
    ran = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {ran.returncode}\n{ran.stderr.decode()}")
    return ran.stdout


def make_tree(root: Path) -> None:
    """The file system of the first image."""
    (root / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    for name in ["data/directory/deep", "data/replaced/old", "etc"]:
        (root / name).mkdir(parents=True)
    for name in ["append", "gone", "owned", "linked", "directory/f", "directory/deep/f", "replaced/old/f"]:
        (root / "data" / name).write_text(f"{name}\n")
    os.link(root / "data/linked", root / "data/link2")
    (root / "data/symlink").symlink_to("append")
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")


def listing(archive: Path) -> list[str]:
    """What an exported container holds, a line an object: path, type, mode, owner, content, and its other names."""
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
        names: dict[str, list[str]] = {}
        for member in members.values():
            names.setdefault(member.linkname if member.islnk() else member.name, []).append(member.name)
        lines = []
        for first, same in names.items():
            member = members[first]
            content = tar.extractfile(member).read() if member.isfile() else member.linkname.encode()
            digest = hashlib.sha256(content).hexdigest()[:16]
            what = f"{member.type.decode()} {member.mode:o} {member.uid}:{member.gid} {digest} {sorted(same)}"
            lines += [f"{name} {what}" for name in same]
    # What engines put into every container by themselves is their own affair.
    own = ("dev", "etc", "proc", "run", "sys")
    return sorted(line for line in lines if not line.removeprefix("./").startswith(own))


def contents(image: str, place: Path) -> list[str]:
    """The image's tree, as a new container shows it."""
    container = run("podman", "create", "--network", "none", image, "/bin/sh").decode().strip()
    archive = place / "export.tar"
    run("podman", "export", "-o", str(archive), container)
    run("podman", "rm", container)
    return listing(archive)


def story(place: Path) -> dict[str, list[str]]:
    """What each image of the story holds."""
    tree = place / "tree"
    make_tree(tree)
    archive = subprocess.run(["tar", "-C", tree, "--owner=0", "--group=0", "--sort=name", "-c", "."],
                             check=True, stdout=subprocess.PIPE).stdout
    run("podman", "import", "-", "localhost/image0", data=archive)
    found = {}
    for number, change in enumerate(CHANGES):
        run("podman", "run", "--name", "changed", "--network", "none", f"localhost/image{number}", "sh", "-ec", change)
        run("podman", "export", "-o", str(place / "changed.tar"), "changed")
        found[f"container {number}"] = listing(place / "changed.tar")
        run("podman", "commit", "changed", f"localhost/image{number + 1}")
        run("podman", "rm", "changed")
        found[f"image {number + 1}"] = contents(f"localhost/image{number + 1}", place)
    (place / "Containerfile").write_text(CONTAINERFILE)
    (place / "added").write_text("added\n")
    run("buildah", "bud", "--layers", "--isolation", "chroot", "-t", "localhost/built", str(place))
    found["built by buildah"] = contents("localhost/built", place)
    working = run("buildah", "from", "localhost/built").decode().strip()
    run("buildah", "run", "--isolation", "chroot", working, "sh", "-ec", "rm /data/linked; echo 1 > /built/one")
    run("buildah", "commit", working, "localhost/committed")
    run("buildah", "rm", working)
    found["committed by buildah"] = contents("localhost/committed", place)
    run("podman", "run", "--rm", "--network", "none", "localhost/committed", "sh", "-ec", "test ! -e /data/linked")
    return found


def try_volumes(place: Path) -> None:
    """A directory and an image mounted into a container, whose root, too, is a mount of ours."""
    volume = place / "volume"
    volume.mkdir()
    (volume / "kept").write_text("kept\n")
    change = "rm /volume/kept; echo 1 > /volume/new; test -e /image/data/moved/f; test ! -e /image/data/gone"
    mounts = run("podman", "run", "--rm", "--network", "none", "-v", f"{volume}:/volume:O", "--mount",
                 "type=image,src=localhost/image1,dst=/image", "localhost/image1", "sh", "-ec",
                 f"{change}; cat /proc/self/mounts").decode()
    if [file.name for file in volume.iterdir()] != ["kept"]:
        sys.exit(f"the container changed {volume} itself")
    for place_inside in ["/", "/volume", "/image"]:
        if f" {place_inside} fuse.fuse-ovlspec " not in mounts:
            sys.exit(f"{place_inside} is no mount of ours in the container:\n{mounts}")


def configure(place: Path, driver: str, more: str) -> None:
    """Points the engines at a storage of its own."""
    place.mkdir()
    (place / "storage.conf").write_text(
        f'[storage]\ndriver = "{driver}"\ngraphroot = "{place}/graph"\nrunroot = "{place}/run"\n'
        f'rootless_storage_path = "{place}/graph"\n{more}')
    (place / "containers.conf").write_text(
        '[containers]\ncgroups = "disabled"\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "crun"\n')
    os.environ["CONTAINERS_STORAGE_CONF"] = str(place / "storage.conf")
    os.environ["CONTAINERS_CONF"] = str(place / "containers.conf")


def become_user(place: Path) -> None:
    """An ordinary user with a range of ids, known to this mount namespace alone."""
    device = place / "fuse"
    os.mknod(device, 0o20666, os.makedev(10, 229))
    os.chmod(device, 0o666)
    run("mount", "--bind", str(device), "/dev/fuse")
    files = {"passwd": f"tester:x:{USER}:{USER}::{place}:/bin/sh\n", "group": f"tester:x:{USER}:\n",
             "subuid": f"tester:{FIRST_SUBORDINATE}:65536\n", "subgid": f"tester:{FIRST_SUBORDINATE}:65536\n"}
    for name, line in files.items():
        known = Path("/etc", name)
        known.touch()
        (place / name).write_text(known.read_text() + line)
        run("mount", "--bind", str(place / name), str(known))
    os.chown(place, USER, USER)
    os.environ |= {"HOME": str(place), "XDG_RUNTIME_DIR": str(place), "USER": "tester", "LOGNAME": "tester",
                   "TMPDIR": str(place)}
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def compare(place: Path) -> int:
    configure(place / "copies", "vfs", "")
    expected = story(place / "copies")
    configure(place / "overlay", "overlay", f'[storage.options.overlay]\nmount_program = "{place}/fuse-overlayfs"\n')
    found = story(place / "overlay")
    try_volumes(place / "overlay")
    status = 0
    for name, lines in expected.items():
        for line in sorted(set(lines) ^ set(found[name])):
            print(f"{name}: {'only over copies' if line in lines else 'only over fuse-ovlspec'}: {line}")
            status = 1
    if status == 0:
        print(f"{len(expected)} trees are the same, {sum(map(len, expected.values()))} objects")
    return status


def check_tools(who: str) -> None:
    tools = ["podman", "buildah", "crun", "busybox"] + (["newuidmap"] if who == "user" else [])
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        skip(f"{', '.join(missing)} not installed")
    if subprocess.run(["ldd", shutil.which("busybox")], capture_output=True).returncode == 0:
        skip("busybox is not static (busybox-static)")
    if os.geteuid() != 0:
        skip("not root")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        skip("no /dev/fuse")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("program")
    parser.add_argument("--as", dest="who", choices=["root", "user"], default="root")
    asked = parser.parse_args()
    check_tools(asked.who)
    if INSIDE not in os.environ:
        # With the first process of the namespace all others end, and so do the mounts.
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        if subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            skip("no namespaces of its own")
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            os.environ[INSIDE] = place
            return subprocess.run([*apart, sys.executable, *sys.argv]).returncode
    place = Path(os.environ[INSIDE])
    # crun takes the pure second version of control groups.
    run("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")
    # By this name it reads the whiteouts that the engines write; mountopt would not reach their read-only mounts.
    shutil.copy(asked.program, place / "fuse-overlayfs")
    if asked.who == "user":
        become_user(place)
    return compare(place)


if __name__ == "__main__":
    sys.exit(main())
