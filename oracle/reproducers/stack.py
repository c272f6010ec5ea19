import ctypes
import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from os import O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
from stat import S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, FOLLOW, NOFOLLOW, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH = -100, 0, 0x100, 0x400, 0x1000
RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT = 1, 2, 4
XATTR_CREATE, XATTR_REPLACE = 1, 2
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
SYS_RENAMEAT2 = {"x86_64": 316, "aarch64": 276, "riscv64": 276}.get(os.uname().machine)
SERVER = None
HOST_ROOT = BASE = None
IS_INSIDE = False  # operations have the mount as their root directory
SUPERUSER = 0, 0, 0, ~0, []
CALLER = None  # of operations, but the superuser


class Answer:
    """What a step answered."""

    def __init__(self):
        self.error = 0
        self.status = None
        self.bytes = b""  # of a read, a link's target, an attribute, a file handle
        self.names = []
        self.entries = []  # name, number, type
        self.count = 0


def cannot(what):
    print("cannot run:", what)
    sys.exit(77)


def must(done, what):
    if not done:
        cannot("%s: %s" % (what, os.strerror(ctypes.get_errno())))


def c_mount(source, target, kind, flags, data):
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    return LIBC.mount(*texts, ctypes.c_ulong(flags), None if data is None else os.fsencode(data))


def begin():
    """A mount namespace of its own, with a tmpfs at /mnt: nothing stays."""
    global HOST_ROOT, BASE
    must(LIBC.unshare(0x20000) == 0, "a mount namespace of its own")
    must(c_mount(None, "/", None, 0x4000 | 0x40000, None) == 0, "a mount namespace of its own")
    must(c_mount("overlay-test", "/mnt", "tmpfs", 1024, "mode=755") == 0, "a tmpfs")
    HOST_ROOT = os.open("/", os.O_PATH)
    BASE = os.open("/mnt", os.O_PATH)
    os.fchdir(BASE)
    os.umask(0)


def become(*caller):
    """The caller of the operations that follow: uid, gid, umask, capabilities, groups."""
    global CALLER
    CALLER = caller


def set_capabilities(capabilities):
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    must(LIBC.capget(header, data) == 0, "capabilities")
    data[0] = capabilities & data[1]
    data[3] = capabilities >> 32 & data[4]
    must(LIBC.capset(header, data) == 0, "capabilities")


def take_on(uid, gid, mask, capabilities, groups):
    set_capabilities(~0)  # it takes some to change the rest
    os.setgroups(groups)
    LIBC.setfsgid(gid)
    LIBC.setfsuid(uid)
    os.umask(mask)
    set_capabilities(capabilities)


def called(function, *arguments):
    """The result of a call of the C library, or its error raised."""
    ctypes.set_errno(0)
    result = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def answered(what, action):
    """An answer with what the action, a call within the mount and by the caller, returned or raised."""
    answer = Answer()
    if IS_INSIDE:
        os.chdir("mount")
        os.chroot(".")
    if CALLER:
        take_on(*CALLER)
    try:
        result = action(answer)
        if isinstance(result, bytes):
            answer.bytes = result
    except OSError as error:
        answer.error = error.errno
    finally:
        if CALLER:
            take_on(*SUPERUSER)
        if IS_INSIDE:
            os.fchdir(HOST_ROOT)
            os.chroot(".")
            os.fchdir(BASE)
    print("  %s -> %s" % (what.encode("ascii", "backslashreplace").decode(), error_name(answer.error)))
    return answer


def error_name(number):
    if number == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"
    return errno.errorcode.get(number, "an unknown error") if number else "success"


#:: inside
def inside():
    global IS_INSIDE
    IS_INSIDE = True


#:: outside
def outside():
    global IS_INSIDE
    IS_INSIDE = False


#:: make_directory
def make_directory(path):
    os.mkdir(path, 0o755)


#:: mount_tmpfs
def mount_tmpfs(path):
    os.mkdir(path, 0o755)
    must(c_mount("overlay-test", path, "tmpfs", 1024, "mode=755") == 0, path)


#:: own
def own(path, mode, uid, gid):
    os.lchown(path, uid, gid)
    os.chmod(path, mode)


#:: lay_directory
def lay_directory(path, mode, uid, gid):
    if not os.path.lexists(path):
        os.mkdir(path, 0o755)
    own(path, mode, uid, gid)


#:: lay_file
def lay_file(path, mode, uid, gid, content, size):
    with open(path, "xb") as file:
        file.write(content)
        file.truncate(size)
    own(path, mode, uid, gid)


#:: lay_symlink
def lay_symlink(path, target, uid, gid):
    os.symlink(target, path)
    os.lchown(path, uid, gid)


#:: lay_node
def lay_node(path, kind, mode, uid, gid, device):
    os.mknod(path, kind | 0o600, device)
    own(path, mode, uid, gid)


#:: lay_link
def lay_link(source, target):
    os.link(source, target, follow_symlinks=False)


#:: lay_attribute
def lay_attribute(path, name, content):
    os.setxattr(path, name, content, follow_symlinks=False)


#:: lay_times
def lay_times(path, access, access_fraction, modify, modify_fraction):
    times = (access * 10**9 + access_fraction, modify * 10**9 + modify_fraction)
    os.utime(path, ns=times, follow_symlinks=False)


#:: remove_tree
def remove_tree(path):
    subprocess.run(["rm", "-rf", "--", path], check=True)


#:: empty_directory
def empty_directory(path):
    for name in os.listdir(path):
        remove_tree(os.path.join(path, name))


#:: is_directory
def is_directory(path):
    """And its path has no symlink."""
    around = os.path.dirname(path)
    return os.path.isdir(path) and not os.path.islink(path) and (not around or is_directory(around))


#:: move_tree
def move_tree(source, target):
    if not os.path.lexists(source):
        return
    if os.path.lexists(target) and os.path.samestat(os.lstat(source), os.lstat(target)):
        return
    remove_tree(target)
    os.rename(source, target)


#:: link_tree
def link_tree(source, target):
    if os.path.lexists(source) and not is_directory(source) and not os.path.lexists(target):
        os.link(source, target, follow_symlinks=False)


#:: change_mode_of
def change_mode_of(path, mode):
    if os.path.lexists(path) and not os.path.islink(path):
        os.chmod(path, mode)


#:: change_content_of
def change_content_of(path, content):
    if os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode):
        with open(path, "wb") as file:
            file.write(content)


#:: copy_tree
def copy_tree(source, target):
    if os.path.lexists(source) and not os.path.lexists(target):
        subprocess.run(["cp", "-a", "-T", "--", source, target], check=True)


#:: copy_tree_without_attributes
def copy_tree_without_attributes(source, target):
    subprocess.run(["cp", "-a", "--no-preserve=xattr", "-T", "--", source, target], check=True)


#:: mode_as
def mode_as(path, other):
    os.chmod(path, stat.S_IMODE(os.stat(other).st_mode))


#:: makedev
def makedev(major, minor):
    return os.makedev(major, minor)


#:: mount_overlay
def mount_overlay(at, options):
    mount = lambda _: called(c_mount, "overlay", at, "overlay", 2 | 4, options)
    return answered("mount -t overlay -o %s %s" % (options, at), mount)


#:: mount_program
def dies_with_parent():
    LIBC.prctl(1, signal.SIGKILL)


def mount_program(at, words):
    global SERVER
    try:
        SERVER = subprocess.Popen(words, preexec_fn=dies_with_parent)
    except FileNotFoundError:
        cannot(words[0] + " was not found")
    for _ in range(2000):
        if os.stat(at).st_dev != os.stat(".").st_dev or SERVER.poll() is not None:
            break
        time.sleep(0.005)
    is_mounted = os.stat(at).st_dev != os.stat(".").st_dev
    if is_mounted:
        c_mount(None, at, None, 32 | 4096 | 2 | 4, None)

    def told(_):
        if not is_mounted:
            raise OSError(errno.EINVAL, "")

    return answered("mount by " + words[0], told)


#:: close_slots empty_slot SLOTS STREAMS
class Slots(dict):
    """Open files by slot; of others a number that none has."""

    def __missing__(self, slot):
        return 1 << 30


SLOTS = Slots()
STREAMS = {}  # of directories that are read in pieces


def empty_slot(slot):
    if slot in STREAMS:
        LIBC.closedir(STREAMS.pop(slot))
    number = SLOTS[slot]
    SLOTS.pop(slot, None)
    os.close(number)


def close_slots():
    for slot in list(SLOTS):
        empty_slot(slot)


#:: unmount
def unmount(at):
    global SERVER
    close_slots()

    def end(_):
        for _ in range(100):
            if LIBC.umount2(os.fsencode(at), 8) == 0:
                return
            if ctypes.get_errno() != errno.EBUSY:
                break
            time.sleep(0.005)
        raise OSError(ctypes.get_errno(), "")

    answer = answered("umount " + at, end)
    if SERVER and not answer.error:
        try:
            SERVER.wait(5)
        except subprocess.TimeoutExpired:
            SERVER.kill()
            SERVER.wait()
        SERVER = None
    return answer


#:: kill_server
def kill_server(at):
    global SERVER
    close_slots()
    if SERVER:
        SERVER.kill()
        SERVER.wait()
    SERVER = None
    return answered("kill the server; umount " + at, lambda _: called(LIBC.umount2, os.fsencode(at), 8))


#:: drop_caches
def drop_caches():
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("2")


#:: pause_a_second
def pause_a_second():
    time.sleep(1.1)
