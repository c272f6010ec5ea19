"""fuse-ovlspec under load: processes that create, write, link, rename, exchange, remove and walk, each with names of
its own in directories of its own and in one that all share, and that copy up the same files. Then every tree is judged:
what a process completed is there, what was interrupted is there or not, with the same numbers; nothing else is there,
the lowers are untouched, the work directory is empty but for the index, and the kernel's overlay shows the same of the
layers.

    load.py PROGRAM [--processes 16] [--seconds 300] [--kill]

--kill: the daemon is killed again and again at random times, and mounted again. In a mount namespace of its own; exit
status 0: nothing was found, 1: something was, 77: this process may not mount. A program built with a sanitizer must
have reported nothing."""

import argparse
import ctypes
import os
import pickle
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time

from load_worker import COMMON, LIBC, Object, State, Worker, difference, kind_of

REPORTS = (b"WARNING: ThreadSanitizer", b"ERROR: AddressSanitizer", b"LeakSanitizer", b"runtime error:")


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags, options):
    encode = lambda text: text.encode() if text is not None else None
    check(LIBC.mount(encode(source), encode(target), encode(kind), flags, encode(options)), f"mount {target}")


def write(path, content, mode=0o644):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)


def tree_of(root):
    """Everything below a directory: path to (status, content or target)."""
    found = {}

    def refuse(error):
        raise error
    for directory, directories, files in os.walk(root, onerror=refuse):
        for name in directories + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            data = None
            if stat.S_ISLNK(status.st_mode):
                data = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    data = file.read()
            found[os.path.relpath(path, root)] = (status, data)
    return found


class Load:
    def __init__(self, program, processes, seed):
        self.program, self.processes, self.random = program, processes, random.Random(seed)
        self.root = tempfile.mkdtemp(prefix="ovlspec-load-")
        mount("load", self.root, "tmpfs", 0, "mode=755")
        for name in ("lower", "deeper", "upper", "work", "mount", "kernel"):
            os.mkdir(self.at(name))
        self.states = [self.fill(number) for number in range(processes)]
        for index in range(COMMON):
            write(self.at(f"lower/common{index}"), b"start")
            os.link(self.at(f"lower/common{index}"), self.at(f"lower/again{index}"))
        self.lowers = self.image()
        self.appended = [[0] * COMMON for _ in range(processes)]
        self.daemon = None
        self.operations = self.rounds = self.interrupted = 0
        self.problems = []

    def at(self, path):
        return os.path.join(self.root, path)

    def fill(self, number):
        """The lower layers' part of a worker's names."""
        state = State({}, {})
        os.makedirs(self.at("lower/shared"), exist_ok=True)
        os.mkdir(self.at(f"lower/own{number}"))
        for i in range(4):
            path = f"shared/w{number}.low{i}"
            write(self.at("lower/" + path), path.encode())
            state = state.with_object(path, Object("f", path.encode()))
        os.link(self.at(f"lower/shared/w{number}.low0"), self.at(f"lower/own{number}/w{number}.linked"))
        state.names[f"own{number}/w{number}.linked"] = state.names[f"shared/w{number}.low0"]
        for layer, name in (("lower", "upper"), ("deeper", "below")):
            path = f"shared/w{number}.dir"
            os.makedirs(self.at(f"{layer}/{path}"))
            write(self.at(f"{layer}/{path}/{name}"), name.encode())
            if path not in state.names:
                state = state.with_object(path, Object("d", None, 0o755))
            state = state.with_object(f"{path}/{name}", Object("f", name.encode()))
        return state

    def image(self):
        keep = lambda s: (s.st_mode, s.st_ino, s.st_nlink, s.st_mtime_ns, s.st_ctime_ns, s.st_size)
        return {layer: {path: (keep(status), data) for path, (status, data) in tree_of(self.at(layer)).items()}
                for layer in ("lower", "deeper")}

    def layers(self):
        return (f"lowerdir={self.at('lower')}:{self.at('deeper')},upperdir={self.at('upper')},"
                f"workdir={self.at('work')}")

    def serve(self):
        self.log = open(self.at("log"), "ab")
        self.daemon = subprocess.Popen([self.program, "-f", "load", self.at("mount"), "-o", self.layers()],
                                       stdout=self.log, stderr=self.log)
        for _ in range(6000):
            if self.is_served():
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError(f"the daemon does not serve: {self.daemon.poll()}\n" + open(self.at("log")).read())

    def is_served(self):
        try:
            os.statvfs(self.at("mount"))  # a dead mount still shows names that the kernel knows
        except OSError:
            return False
        return os.path.exists(self.at("mount/shared"))

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        status = self.daemon.wait(120)
        if status != 0:
            self.problem(f"the daemon ended with {status}")

    def problem(self, text):
        self.problems.append(text)
        print(text, flush=True)

    def work(self, seconds, kill):
        """One round; the results of all workers."""
        end = time.monotonic() + seconds
        workers = []
        for number in range(self.processes):
            pid = os.fork()
            if pid == 0:
                os._exit(self.be_worker(number, end + (600 if kill else 0)))
            workers.append(pid)
        if kill:
            time.sleep(seconds)
            self.daemon.kill()
            self.daemon.wait()
        for number, pid in enumerate(workers):
            if os.waitpid(pid, 0)[1] != 0:
                self.problem(f"process {number} failed")

    def be_worker(self, number, end):
        worker = Worker(self.at("mount"), number, self.states[number], self.random.random() + number)
        try:
            worker.run(end)
        except (OSError, AssertionError) as error:
            print(f"process {number}, operation {worker.operations}: {error}", flush=True)
            return 1
        with open(self.at(f"result{number}"), "wb") as file:
            pickle.dump((self.plain(worker.state), worker.pending and self.plain(worker.pending), worker.appended,
                         worker.appending, worker.operations), file)
        return 0

    @staticmethod
    def plain(state):
        keys = {key: index for index, key in enumerate(state.objects)}
        return ({path: keys[key] for path, key in state.names.items()},
                {keys[key]: known.__dict__ for key, known in state.objects.items()})

    @staticmethod
    def state_of(plain):
        objects = {index: (object(), known) for index, known in plain[1].items()}
        made = State({path: objects[index][0] for path, index in plain[0].items()}, {})
        for key, known in objects.values():
            made.objects[key] = Object(**known)
        return made

    def judge(self):
        """The whole tree against what the workers believe."""
        tree = tree_of(self.at("mount"))
        for number in range(self.processes):
            with open(self.at(f"result{number}"), "rb") as file:
                state, pending, appended, appending, operations = pickle.load(file)
            self.operations += operations
            self.interrupted += pending is not None
            candidates = [self.state_of(plain) for plain in (state, pending) if plain is not None]
            self.judge_worker(number, tree, candidates)
            self.judge_common(number, tree, appended, appending)
        for path in tree:
            name = path.split("/")
            known = path == "shared" or name[0].startswith(("common", "again", "own")) and len(name) == 1
            if not known:
                self.problem(f"{path} is nobody's")

    def judge_worker(self, number, tree, candidates):
        mine = {path: tree.pop(path) for path in list(tree) if self.is_of(number, path)}
        reasons = []
        for state in candidates:
            reason = self.compare(mine, state)
            if reason is None:
                for path, key in state.names.items():
                    state.objects[key].number = mine[path][0].st_ino
                self.states[number] = state
                return
            reasons.append(reason)
        self.problem(f"names of process {number}: " + "; or: ".join(reasons))

    @staticmethod
    def is_of(number, path):
        parts = path.split("/")
        return len(parts) > 1 and (parts[0] == f"own{number}" or parts[1].startswith(f"w{number}."))

    @staticmethod
    def compare(mine, state):
        if mine.keys() != state.names.keys():
            missing, left = state.names.keys() - mine.keys(), mine.keys() - state.names.keys()
            return f"missing {sorted(missing)}, left {sorted(left)}"
        keys = list(state.names.values())
        for path, key in state.names.items():
            status, data = mine[path]
            reason = difference(state.objects[key], path, status, keys.count(key))
            if reason is None and kind_of(status) != "d" and data != state.objects[key].data:
                reason = f"content {data!r}, not {state.objects[key].data!r}"
            if reason is not None:
                return f"{path}: {reason}"
        return None

    def judge_common(self, number, tree, appended, appending):
        letter = chr(ord("A") + number).encode()
        for index in range(COMMON):
            total = self.appended[number][index] + appended[index]
            allowed = {total, total + (appending == index)}
            for name in (f"common{index}", f"again{index}"):
                seen = tree[name][1].count(letter)
                if seen not in allowed:
                    self.problem(f"{name} has {seen} of process {number}, not {allowed}")
                if tree[name][0].st_nlink != 2:
                    self.problem(f"{name} has {tree[name][0].st_nlink} links")
            self.appended[number][index] = tree[f"common{index}"][1].count(letter)

    def judge_layers(self):
        """With nothing mounted, or a mount just made."""
        if self.image() != self.lowers:
            self.problem("the lower layers changed")
        left = os.listdir(self.at("work/work"))
        if left:
            self.problem(f"left in the work directory: {left}")
        for name in os.listdir(self.at("work/index")):
            if os.lstat(self.at(f"work/index/{name}")).st_nlink < 2:
                self.problem(f"an index entry without an owner: {name}")

    def judge_by_kernel(self):
        """The kernel's overlay over the same layers. It knows nothing of our index: hard links to lowers are left."""
        options = f"lowerdir={self.at('upper')}:{self.at('lower')}:{self.at('deeper')}"
        try:
            mount("overlay", self.at("kernel"), "overlay", 1, options)
        except OSError as error:
            print(f"not compared with the kernel's overlay: {error}")
            return
        theirs = tree_of(self.at("kernel"))
        LIBC.umount2(self.at("kernel").encode(), 2)
        ours = tree_of(self.at("mount"))
        if theirs.keys() != ours.keys():
            self.problem(f"the kernel shows other names: {sorted(theirs.keys() ^ ours.keys())[:10]}")
        for path in theirs.keys() & ours.keys():
            is_linked = ours[path][0].st_nlink > 1 and kind_of(ours[path][0]) == "f"
            if not is_linked and (theirs[path][1], theirs[path][0].st_mode) != (ours[path][1], ours[path][0].st_mode):
                self.problem(f"the kernel shows {path} otherwise")

    def run(self, seconds, kill):
        end = time.monotonic() + seconds
        self.serve()
        while not self.rounds or (kill and time.monotonic() < end and not self.problems):
            self.rounds += 1
            self.work(0.1 + self.random.random() * 1.5 if kill else seconds, kill)
            if self.problems:
                break
            if not kill:
                self.judge()
                self.stop()
                self.forget_round()
            self.serve()
            self.judge_layers()
            self.judge()
            self.forget_round()
        self.judge_by_kernel()
        self.stop()
        self.judge_layers()
        text = open(self.at("log"), "rb").read()
        if any(report in text for report in REPORTS):
            self.problem("the daemon reports:\n" + text.decode(errors="replace")[:20000])

    def forget_round(self):
        """What was judged is counted no second time."""
        for number in range(self.processes):
            with open(self.at(f"result{number}"), "wb") as file:
                pickle.dump((self.plain(self.states[number]), None, [0] * COMMON, None, 0), file)

    def clean(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        LIBC.umount2(self.at("mount").encode(), 2)
        LIBC.umount2(self.root.encode(), 2)
        os.rmdir(self.root)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    try:
        check(LIBC.unshare(0x20000), "no mount namespace of its own")  # CLONE_NEWNS
        mount("", "/", None, 0x44000, None)  # MS_REC | MS_PRIVATE
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            raise OSError("/dev/fuse cannot be opened")
    except OSError as error:
        print(f"skipped: {error}")
        return 77
    load = Load(os.path.abspath(asked.program), asked.processes, asked.seed)
    try:
        load.run(asked.seconds, asked.kill)
    finally:
        load.clean()
    print(f"{load.operations} operations of {asked.processes} processes, {load.rounds} rounds, "
          f"{load.interrupted} interrupted, seed {asked.seed}: {len(load.problems)} problems")
    return 1 if load.problems else 0


if __name__ == "__main__":
    sys.exit(main())
