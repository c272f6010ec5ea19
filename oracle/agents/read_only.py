"""An agent (oracle/AGENT.md) that looks paths up in the layers by itself, the upper one too, and changes nothing.

It declines what it does not have: changes, other callers than root, symlinks on the way, redirects, attributes.
"""
import json, os, stat, sys

LAYERS = []
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "char", stat.S_IFBLK: "block"}

class Unsupported(Exception): pass

def to_json(data):
    try: return data.decode()
    except UnicodeDecodeError: return {"hex": data.hex()}

def from_json(value): return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode()

def mark(path, name):
    try: return os.getxattr(path, "trusted.overlay." + name, follow_symlinks=False)
    except OSError: return None

def instances(path):
    """What is merged at a path, topmost first: directories, or one other object."""
    found = LAYERS
    for name in [part for part in path.split(b"/") if part not in (b"", b".")]:
        if name == b".." or len(name) > 255 or not stat.S_ISDIR(os.lstat(found[0]).st_mode): raise Unsupported
        below, found = found, []
        for here in [os.path.join(directory, name) for directory in below]:
            if not os.path.lexists(here): continue
            status = os.lstat(here)
            is_directory = stat.S_ISDIR(status.st_mode)
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0 or found and not is_directory: break
            found.append(here)
            if mark(here, "redirect"): raise Unsupported
            if not is_directory or mark(here, "opaque") == b"y": break
        if not found: raise FileNotFoundError
    return found

def facts(path):
    status = os.lstat(instances(path)[0])
    return status, TYPES[stat.S_IFMT(status.st_mode)], hash((status.st_dev, status.st_ino)) % 2**62 + 1

def attributes(path):
    status, kind, number = facts(path)
    return {"type": kind, "mode": "%o" % stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid,
            "links": 1 if kind == "dir" else status.st_nlink, "size": status.st_size, "blocks": status.st_blocks,
            "device": "%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev)), "ino": number, "dev": 1,
            **{key: "%d.%09d" % divmod(getattr(status, f"st_{key}_ns"), 10**9)
               for key in ("atime", "mtime", "ctime")}}

def listing(path):
    names = {name: path + b"/" + name for directory in instances(path) for name in os.listdir(directory)}
    for name, where in {b".": path, b"..": os.path.dirname(path), **names}.items():
        try: _, kind, number = facts(where)
        except FileNotFoundError: continue  # a whiteout
        yield {"name": to_json(name), "ino": number, "type": kind}

def apply(asked):
    path = from_json(asked.get("path", ""))
    if asked["caller"]["uid"] != 0 or asked["do"] not in ("stat", "list", "readlink") or not path: raise Unsupported
    if path.endswith((b"/", b"/.")) and path.strip(b"/."): raise Unsupported
    kind = facts(path)[1]
    if asked["do"] == "stat" and asked.get("nofollow"): return {"ok": True, "attributes": attributes(path)}
    if asked["do"] == "list" and kind == "dir": return {"ok": True, "entries": list(listing(path.rstrip(b"/")))}
    if kind != "symlink" or asked["do"] != "readlink": raise Unsupported
    return {"ok": True, "bytes": to_json(os.readlink(instances(path)[0]))}

for line in sys.stdin.buffer:
    asked, reply = json.loads(line), {"ok": True}
    if asked["ask"] == "hello": reply = {"format": "overlay"}
    if asked["ask"] == "mount": LAYERS = [from_json(asked[key]) for key in ("upper",) if key in asked] + [
        from_json(lower) for lower in asked["lowers"]]
    try: reply = apply(asked) if asked["ask"] == "apply" else reply
    except Unsupported: reply = {"unsupported": True}
    except FileNotFoundError: reply = {"error": "ENOENT"}
    print(json.dumps(reply), flush=True)
