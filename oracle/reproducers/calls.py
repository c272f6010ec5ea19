#:: open_slot
def open_slot(slot, path, flags, mode):
    def opened(_):
        number = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY, mode)
        if slot in SLOTS:
            empty_slot(slot)
        SLOTS[slot] = number

    return answered("open " + path, opened)


#:: close_slot
def close_slot(slot):
    return answered("close", lambda _: empty_slot(slot))


#:: read_slot
def read_slot(slot, offset, length):
    return answered("read %d bytes at %d" % (length, offset), lambda _: os.pread(SLOTS[slot], length, offset))


#:: write_slot
def write_slot(slot, offset, content):
    def written(answer):
        answer.count = os.pwrite(SLOTS[slot], content, offset)

    return answered("write %d bytes at %d" % (len(content), offset), written)


#:: set_size
def set_size(slot, path, size):
    return answered("truncate %s to %d" % (path, size), lambda _: os.truncate(SLOTS[slot] if slot >= 0 else path, size))


#:: make_dir
def make_dir(path, mode):
    return answered("mkdir " + path, lambda _: os.mkdir(path, mode))


#:: remove_dir
def remove_dir(path):
    return answered("rmdir " + path, lambda _: os.rmdir(path))


#:: unlink_name
def unlink_name(path):
    return answered("unlink " + path, lambda _: os.unlink(path))


#:: link_name
def link_name(source, target, flags):
    names = AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target)
    return answered("link %s %s" % (source, target), lambda _: called(LIBC.linkat, *names, flags))


#:: symlink_name
def symlink_name(target, path):
    return answered("symlink %s %s" % (target, path), lambda _: os.symlink(target, path))


#:: read_link
def read_link(path):
    return answered("readlink " + path, lambda _: os.readlink(os.fsencode(path)))


#:: rename_name
def rename_name(source, target, flags):
    names = AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target)
    return answered(
        "rename %s %s" % (source, target), lambda _: called(LIBC.syscall, SYS_RENAMEAT2, *names, ctypes.c_uint(flags))
    )


#:: change_mode
def change_mode(slot, path, mode, follow):
    def change(_):
        if slot >= 0:
            os.fchmod(SLOTS[slot], mode)
        elif follow == FOLLOW:
            os.chmod(path, mode)
        else:
            called(LIBC.syscall, 452, AT_FDCWD, os.fsencode(path), mode, follow)  # fchmodat2

    return answered("chmod %o %s" % (mode, path), change)


#:: change_owner
def change_owner(slot, path, uid, gid, follow):
    def change(_):
        ids = ctypes.c_uint32(uid), ctypes.c_uint32(gid)
        if slot >= 0:
            called(LIBC.fchown, SLOTS[slot], *ids)
        else:
            called(LIBC.fchownat, AT_FDCWD, os.fsencode(path), *ids, follow)

    return answered("chown %d:%d %s" % (uid, gid, path), change)


#:: set_times
def set_times(slot, path, access, access_fraction, modify, modify_fraction, follow):
    times = (ctypes.c_long * 4)(access, access_fraction, modify, modify_fraction)

    def change(_):
        if slot >= 0:
            called(LIBC.futimens, SLOTS[slot], times)
        else:
            called(LIBC.utimensat, AT_FDCWD, os.fsencode(path), times, follow)

    return answered("utimens " + path, change)


#:: set_attribute
def set_attribute(slot, path, name, content, flags, follow):
    target = SLOTS[slot] if slot >= 0 else path
    keep = slot >= 0 or follow == FOLLOW
    return answered(
        "setxattr %s %s" % (path, name), lambda _: os.setxattr(target, name, content, flags, follow_symlinks=keep)
    )


#:: get_attribute
def get_attribute(slot, path, name, follow):
    target = SLOTS[slot] if slot >= 0 else path
    keep = slot >= 0 or follow == FOLLOW
    return answered("getxattr %s %s" % (path, name), lambda _: os.getxattr(target, name, follow_symlinks=keep))


#:: list_attributes
def list_attributes(slot, path, follow):
    def listed(answer):
        answer.names = os.listxattr(SLOTS[slot] if slot >= 0 else path, follow_symlinks=slot >= 0 or follow == FOLLOW)

    return answered("listxattr " + path, listed)


#:: remove_attribute
def remove_attribute(slot, path, name, follow):
    target = SLOTS[slot] if slot >= 0 else path
    keep = slot >= 0 or follow == FOLLOW
    return answered("removexattr %s %s" % (path, name), lambda _: os.removexattr(target, name, follow_symlinks=keep))


#:: make_node
def make_node(path, kind, mode, device):
    return answered("mknod " + path, lambda _: os.mknod(path, kind | mode, device))


#:: open_stream entries_of
class Dirent(ctypes.Structure):
    _fields_ = [
        ("number", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("length", ctypes.c_uint16),
        ("type", ctypes.c_ubyte),
        ("name", ctypes.c_char * 256),
    ]


LIBC.fdopendir.restype = ctypes.c_void_p
LIBC.readdir.restype = ctypes.POINTER(Dirent)


def open_stream(number):
    ctypes.set_errno(0)
    stream = LIBC.fdopendir(number)
    if not stream:
        os.close(number)
        raise OSError(ctypes.get_errno(), "")
    return ctypes.c_void_p(stream)


def entries_of(stream, most):
    """Up to `most` entries; 0: all."""
    entries = []
    while not most or len(entries) < most:
        entry = LIBC.readdir(stream)
        if not entry:
            break
        entries.append((os.fsdecode(entry.contents.name), entry.contents.number, entry.contents.type))
    return entries


#:: list_directory
def list_directory(path):
    def listed(answer):
        stream = open_stream(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK))
        answer.entries = entries_of(stream, 0)
        LIBC.closedir(stream)

    return answered("list " + path, listed)


#:: read_directory
def read_directory(slot, most):
    def listed(answer):
        if slot not in STREAMS:
            STREAMS[slot] = open_stream(os.dup(SLOTS[slot]))
        answer.entries = entries_of(STREAMS[slot], most)

    return answered("readdir", listed)


#:: rewind_directory
def rewind_directory(slot):
    def rewound(_):
        if slot in STREAMS:
            LIBC.rewinddir(STREAMS[slot])
        os.lseek(SLOTS[slot], 0, os.SEEK_SET)

    return answered("rewinddir", rewound)


#:: look
def look(slot, path, follow):
    def looked(answer):
        answer.status = os.fstat(SLOTS[slot]) if slot >= 0 else os.stat(path, follow_symlinks=follow == FOLLOW)

    return answered("stat " + path, looked)


#:: look_at_file_system
def look_at_file_system(path):
    def looked(answer):
        answer.count = os.statvfs(path).f_namemax

    return answered("statfs " + path, looked)


#:: synchronise
def synchronise(slot, is_data_only):
    return answered("fsync", lambda _: (os.fdatasync if is_data_only else os.fsync)(SLOTS[slot]))


#:: lock
def lock(slot, kind):
    kinds = (fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_UN)
    return answered("flock", lambda _: fcntl.flock(SLOTS[slot], kinds[kind] | fcntl.LOCK_NB))


#:: take_handle
def take_handle(path):
    def taken(_):
        handle = ctypes.create_string_buffer(8 + 128)
        ctypes.c_uint32.from_buffer(handle).value = 128
        number = ctypes.c_int()
        called(LIBC.name_to_handle_at, AT_FDCWD, os.fsencode(path), handle, ctypes.byref(number), 0)
        return handle.raw

    return answered("name_to_handle_at " + path, taken)


#:: open_handle
def open_handle(taken):
    def opened(answer):
        mounted = os.open("mount", os.O_RDONLY | os.O_DIRECTORY)
        try:
            file = called(LIBC.open_by_handle_at, mounted, taken.bytes, os.O_PATH)
            answer.status = os.fstat(file)
            os.close(file)
            if stat.S_ISREG(answer.status.st_mode):
                file = called(LIBC.open_by_handle_at, mounted, taken.bytes, os.O_RDONLY)
                answer.bytes = os.pread(file, 4096, 0)
                os.close(file)
        finally:
            os.close(mounted)

    return answered("open_by_handle_at", opened)


#:: count_orphans
def count_orphans(path):
    """Entries of an index that are the last name of what they stand for."""

    def counted(answer):
        for name in os.listdir(path):
            status = os.lstat(os.path.join(path, name))
            is_whiteout = stat.S_ISCHR(status.st_mode) and status.st_rdev == 0
            answer.count += not stat.S_ISDIR(status.st_mode) and not is_whiteout and status.st_nlink == 1

    return answered("look into " + path, counted)


#:: value
TYPES = {0o10: "file", 0o4: "dir", 0o12: "symlink", 0o2: "char", 0o6: "block", 0o1: "fifo", 0o14: "socket"}


def seconds(nanoseconds):
    return "%d.%09d" % divmod(nanoseconds, 10**9)


def value(answer, what, name):
    """What an answer shows, in words."""
    if what == "error" or answer.error:
        return error_name(answer.error) if what == "error" else "(%s)" % error_name(answer.error)
    if what in ("d_ino", "d_type"):
        for entry, number, kind in answer.entries:
            if entry == name:
                return str(number) if what == "d_ino" else TYPES.get(kind, "unknown")
        return "(not listed)"
    status = answer.status
    shown = {
        "bytes": lambda: answer.bytes.hex(),
        "count": lambda: str(answer.count),
        "attribute": lambda: str(answer.names.count(name)),
        "listed": lambda: str([entry[0] for entry in answer.entries].count(name)),
        "entries": lambda: str(len([entry for entry in answer.entries if entry[0] not in (".", "..")])),
        "type": lambda: TYPES[status.st_mode >> 12],
        "mode": lambda: "%o" % (status.st_mode & 0o7777),
        "links": lambda: str(status.st_nlink),
        "uid": lambda: str(status.st_uid),
        "gid": lambda: str(status.st_gid),
        "device": lambda: "%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev)),
        "size": lambda: str(status.st_size),
        "mtime": lambda: seconds(status.st_mtime_ns),
        "ctime": lambda: seconds(status.st_ctime_ns),
        "st_ino": lambda: str(status.st_ino),
        "st_dev": lambda: str(status.st_dev),
    }
    return shown[what]()


#:: are_seen
def are_seen(*values):
    """What could not be looked at is neither the same nor another."""
    return not any(value.startswith("(") for value in values)


#:: same
def same(a, b):
    return are_seen(a, b) and a == b


#:: differ
def differ(a, b):
    return are_seen(a, b) and a != b


#:: earlier
def earlier(a, b):
    return are_seen(a, b) and a < b


#:: none_of
def none_of(word, words):
    return are_seen(word) and word not in words.split()


#:: tell
def tell(what, seen):
    print("seen: %s: %s" % (what, seen))


#:: finish
def finish(is_there):
    if SERVER:
        SERVER.kill()
    LIBC.umount2(b"mount", 2)
    print("The bug is there." if is_there else "The bug is not there.")
    return 0 if is_there else 1
