"""One process under load: names of its own, what it believes of them, and the operation that it has under way."""

import ctypes
import errno
import os
import random
import stat
import time

DEAD = (errno.ENOTCONN, errno.ECONNABORTED, errno.ECANCELED)  # the last one over io_uring
COMMON = 12  # lower files that all workers append to
EXCHANGE = 2
LIBC = ctypes.CDLL(None, use_errno=True)


def rename2(old, new, flags):
    if LIBC.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old)


class Object:
    """What is believed of an object; `number` is its st_ino once that was seen."""

    def __init__(self, kind, data, mode=0o644, number=None):
        self.kind, self.data, self.mode, self.number = kind, data, mode, number

    def changed(self, **what):
        other = Object(self.kind, self.data, self.mode, self.number)
        other.__dict__.update(what)
        return other


class State:
    """Names and the objects that they show. A change makes another state."""

    def __init__(self, names, objects):
        self.names, self.objects = names, objects

    def copy(self):
        return State(dict(self.names), dict(self.objects))

    def without(self, path):
        other = self.copy()
        key = other.names.pop(path)
        if key not in other.names.values():
            del other.objects[key]
        return other

    def moved(self, old, new):
        base = self.without(new) if new in self.names else self.copy()
        names = {}
        for path, key in base.names.items():
            names[new + path[len(old):] if path == old or path.startswith(old + "/") else path] = key
        return State(names, base.objects)

    def exchanged(self, one, other):
        names = {}
        for path, key in self.names.items():
            for old, new in ((one, other), (other, one)):
                if path == old or path.startswith(old + "/"):
                    path = new + path[len(old):]
                    break
            names[path] = key
        return State(names, dict(self.objects))

    def with_object(self, path, made):
        other = self.copy()
        key = object()
        other.names[path], other.objects[key] = key, made
        return other

    def with_change(self, path, **what):
        other = self.copy()
        key = other.names[path]
        other.objects[key] = other.objects[key].changed(**what)
        return other

    def paths(self, *kinds):
        return [path for path, key in self.names.items() if self.objects[key].kind in kinds]

    def is_empty(self, path):
        return not any(other.startswith(path + "/") for other in self.names)


class Worker:
    def __init__(self, mount, number, state, seed):
        self.mount, self.number, self.state = mount, number, state
        self.random = random.Random(seed)
        self.pending = None  # the state that the operation under way leads to
        self.appended = [0] * COMMON
        self.appending = None
        self.operations = 0

    def at(self, path):
        return os.path.join(self.mount, path)

    def run(self, end):
        """Works until `end` or the daemon's death. Other errors are raised."""
        steps = [self.create, self.create, self.write, self.write, self.truncate, self.chmod, self.mkdir, self.rmdir,
                 self.move, self.move, self.exchange, self.link, self.unlink, self.symlink, self.append, self.append,
                 self.walk, self.look]
        try:
            while time.monotonic() < end:
                self.random.choice(steps)()
                self.operations += 1
        except OSError as error:
            if error.errno not in DEAD:
                raise

    def do(self, after, call, *arguments):
        self.pending = after
        call(*arguments)
        self.state, self.pending = after, None

    def directory(self):
        """One to put a name in, "" at the end."""
        return self.random.choice(["shared/", f"own{self.number}/"] + [d + "/" for d in self.state.paths("d")])

    def fresh(self):
        # The count of names is no part of the state: one that an interrupted operation may have made is not used again.
        self.counter = getattr(self, "counter", 0) + 1
        stamp = f"{self.number}.{os.getpid()}.{self.counter}"
        return f"{self.directory()}w{stamp}"

    def any(self, *kinds):
        paths = self.state.paths(*kinds)
        return self.random.choice(paths) if paths else None

    def learn(self, path):
        """The number of what was just made."""
        key = self.state.names[path]
        self.state.objects[key].number = os.lstat(self.at(path)).st_ino

    def create(self):
        if len(self.state.names) > 60:
            return self.unlink()
        path = self.fresh()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL

        def call():
            os.close(os.open(self.at(path), flags, 0o640))
        self.do(self.state.with_object(path, Object("f", b"", 0o640)), call)
        self.learn(path)

    def write(self):
        path = self.any("f")
        if path is None:
            return
        file = os.open(self.at(path), os.O_WRONLY | os.O_APPEND)
        try:
            token = b"%d;" % self.random.randrange(1000)
            data = self.state.objects[self.state.names[path]].data
            self.do(self.state.with_change(path, data=data + token), os.write, file, token)
        finally:
            os.close(file)

    def truncate(self):
        path = self.any("f")
        if path is None:
            return

        def call():
            os.close(os.open(self.at(path), os.O_WRONLY | os.O_TRUNC))
        self.do(self.state.with_change(path, data=b""), call)

    def chmod(self):
        path = self.any("f", "d")
        if path is None:
            return
        mode = 0o700 + self.random.randrange(64)
        self.do(self.state.with_change(path, mode=mode), os.chmod, self.at(path), mode)

    def mkdir(self):
        if len(self.state.paths("d")) > 6:
            return self.rmdir()
        path = self.fresh()
        self.do(self.state.with_object(path, Object("d", None, 0o755)), os.mkdir, self.at(path), 0o755)
        self.learn(path)

    def rmdir(self):
        path = self.any("d")
        if path is not None and self.state.is_empty(path):
            self.do(self.state.without(path), os.rmdir, self.at(path))

    def move(self):
        path = self.any("f", "d", "l")
        if path is None:
            return
        new = self.fresh()
        if self.random.randrange(3) == 0 and not path in self.state.paths("d"):
            new = self.any("f", "l")
        if new is None or new == path or new.startswith(path + "/") or self.is_same(path, new):
            return
        self.do(self.state.moved(path, new), os.rename, self.at(path), self.at(new))

    def is_same(self, one, other):
        return other in self.state.names and self.state.names[one] == self.state.names[other]

    def exchange(self):
        one, other = self.any("f", "d", "l"), self.any("f", "d", "l")
        if one is None or self.is_same(one, other) or one.startswith(other + "/") or other.startswith(one + "/"):
            return
        self.do(self.state.exchanged(one, other), rename2, self.at(one), self.at(other), EXCHANGE)

    def link(self):
        path = self.any("f")
        if path is None or len(self.state.names) > 60:
            return
        new = self.fresh()
        after = self.state.copy()
        after.names[new] = after.names[path]
        self.do(after, os.link, self.at(path), self.at(new))

    def unlink(self):
        path = self.any("f", "l")
        if path is not None:
            self.do(self.state.without(path), os.unlink, self.at(path))

    def symlink(self):
        if len(self.state.paths("l")) > 5:
            return
        path = self.fresh()
        self.do(self.state.with_object(path, Object("l", path, 0o777)), os.symlink, path, self.at(path))
        self.learn(path)

    def append(self):
        index = self.random.randrange(COMMON)
        name = f"common{index}" if self.random.randrange(2) else f"again{index}"  # two names of one file
        file = os.open(self.at(name), os.O_WRONLY | os.O_APPEND)
        try:
            self.appending = index
            os.write(file, chr(ord("A") + self.number).encode())
            self.appended[index] += 1
            self.appending = None
        finally:
            os.close(file)

    def walk(self):
        """A listing shows every name of ours that was there before it and is there after it."""
        names = os.listdir(self.at("shared"))
        if len(names) != len(set(names)):
            raise AssertionError("a listing shows a name twice")
        for path in self.state.names:
            if os.path.dirname(path) == "shared" and os.path.basename(path) not in names:
                raise AssertionError(f"a listing lacks {path}")

    def look(self):
        path = self.any("f", "d", "l")
        if path is None:
            return
        problem = self.state_problem(path, os.lstat(self.at(path)))
        if problem:
            raise AssertionError(f"{path}: {problem}")

    def state_problem(self, path, status):
        known = self.state.objects[self.state.names[path]]
        return difference(known, path, status, list(self.state.names.values()).count(self.state.names[path]))


def kind_of(status):
    return "d" if stat.S_ISDIR(status.st_mode) else "l" if stat.S_ISLNK(status.st_mode) else "f"


def difference(known, path, status, links):
    """How what is shown differs from what is believed, but for content; None where it does not."""
    if kind_of(status) != known.kind:
        return f"is {kind_of(status)}, not {known.kind}"
    if known.kind != "l" and stat.S_IMODE(status.st_mode) != known.mode:
        return f"mode {stat.S_IMODE(status.st_mode):o}, not {known.mode:o}"
    if known.number is not None and status.st_ino != known.number:
        return f"number {status.st_ino}, not {known.number}"
    if known.kind != "d" and status.st_nlink != links:
        return f"{status.st_nlink} links, not {links}"
    return None
