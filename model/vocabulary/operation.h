// The operations of a trace: what a process asks of a mounted overlay, one struct each, in the words of POSIX.
//
// Paths are resolved with the mount's root as the process's root and working directory, so `a/b`, `/a/b` and `../a/b`
// name one object, and no symlink leads out of the mount. An open file is named by the slot that its `Open` filled; a
// slot is a small number of the trace's own, not the kernel's descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "model/vocabulary/attributes.h"

namespace ovlspec {

using Slot = std::uint8_t;
inline constexpr Slot kSlots = 16;                     // slots are 0 .. kSlots - 1
inline constexpr FileSize kFileSizeLimit = 16U << 20;  // bytes; a trace never writes beyond

enum class Follow : std::uint8_t { kFollow, kNoFollow };  // what a final symlink means

// What an operation acts on: a path, or the object behind an open slot.
struct Target {
  std::string path;  // used where slot is empty
  std::optional<Slot> slot;
  Follow follow = Follow::kFollow;  // for paths
  bool operator==(const Target&) const = default;

  static Target at(std::string path, Follow follow = Follow::kFollow) {
    return Target{.path = std::move(path), .slot = std::nullopt, .follow = follow};
  }
  static Target of(Slot slot) { return Target{.path = {}, .slot = slot, .follow = Follow::kFollow}; }
};

enum class Access : std::uint8_t { kRead, kWrite, kReadWrite };

struct OpenFlags {
  Access access = Access::kRead;
  bool create = false;
  bool exclusive = false;  // O_EXCL; without create it means nothing
  bool truncate = false;
  bool append = false;
  bool directory = false;  // O_DIRECTORY
  bool no_follow = false;  // O_NOFOLLOW
  bool operator==(const OpenFlags&) const = default;
};

struct Open {
  std::string path;
  OpenFlags flags;
  Mode mode = 0;  // for create, before the umask
  Slot slot = 0;  // filled on success: then what was open there is closed
  bool operator==(const Open&) const = default;
};
struct Close {
  Slot slot = 0;
  bool operator==(const Close&) const = default;
};
struct Read {  // pread
  Slot slot = 0;
  FileSize offset = 0;
  FileSize length = 0;
  bool operator==(const Read&) const = default;
};
struct Write {  // pwrite; the offset means nothing on an append slot
  Slot slot = 0;
  FileSize offset = 0;
  std::string data;
  bool operator==(const Write&) const = default;
};
// Always follows symlinks, as truncate(2) does.
struct Truncate {
  Target target;
  FileSize size = 0;
  bool operator==(const Truncate&) const = default;
};
struct Mkdir {
  std::string path;
  Mode mode = 0;
  bool operator==(const Mkdir&) const = default;
};
struct Rmdir {
  std::string path;
  bool operator==(const Rmdir&) const = default;
};
struct Unlink {
  std::string path;
  bool operator==(const Unlink&) const = default;
};
struct Link {  // linkat; follow: AT_SYMLINK_FOLLOW
  std::string from;
  std::string to;
  Follow follow = Follow::kNoFollow;
  bool operator==(const Link&) const = default;
};
struct Symlink {
  std::string target;
  std::string path;
  bool operator==(const Symlink&) const = default;
};
struct Readlink {
  std::string path;
  bool operator==(const Readlink&) const = default;
};

enum class RenameMode : std::uint8_t { kReplace, kNoReplace, kExchange, kWhiteout };
struct Rename {
  std::string from;
  std::string to;
  RenameMode mode = RenameMode::kReplace;
  bool operator==(const Rename&) const = default;
};

struct Chmod {
  Target target;
  Mode mode = 0;
  bool operator==(const Chmod&) const = default;
};
struct Chown {  // nothing: unchanged
  Target target;
  std::optional<Uid> uid;
  std::optional<Gid> gid;
  bool operator==(const Chown&) const = default;
};

// One of utimensat's two times.
struct TimeChange {
  enum class Kind : std::uint8_t { kOmit, kNow, kSet };
  Kind kind = Kind::kOmit;
  Time value;  // for kSet
  bool operator==(const TimeChange&) const = default;
};
struct Utimens {
  Target target;
  TimeChange access;
  TimeChange modify;
  bool operator==(const Utimens&) const = default;
};

enum class XattrMode : std::uint8_t { kAny, kCreate, kReplace };
struct SetXattr {
  Target target;
  std::string name;  // with its namespace: user.x, trusted.y
  std::string value;
  XattrMode mode = XattrMode::kAny;
  bool operator==(const SetXattr&) const = default;
};
struct GetXattr {
  Target target;
  std::string name;
  bool operator==(const GetXattr&) const = default;
};
struct ListXattr {
  Target target;
  bool operator==(const ListXattr&) const = default;
};
struct RemoveXattr {
  Target target;
  std::string name;
  bool operator==(const RemoveXattr&) const = default;
};

struct Mknod {  // not for directories and symlinks
  std::string path;
  FileType type = FileType::kRegular;
  Mode mode = 0;
  Device device;
  bool operator==(const Mknod&) const = default;
};
struct ReadDirectory {  // from the slot's position; count 0: to the end
  Slot slot = 0;
  std::uint32_t count = 0;
  bool operator==(const ReadDirectory&) const = default;
};
struct RewindDirectory {
  Slot slot = 0;
  bool operator==(const RewindDirectory&) const = default;
};
struct ListDirectory {
  std::string path;
  bool operator==(const ListDirectory&) const = default;
};  // open, read all, close
struct Stat {
  Target target;
  bool operator==(const Stat&) const = default;
};
struct StatFileSystem {
  std::string path;
  bool operator==(const StatFileSystem&) const = default;
};
struct Sync {  // fsync, or fdatasync where data_only
  Slot slot = 0;
  bool data_only = false;
  bool operator==(const Sync&) const = default;
};
enum class LockKind : std::uint8_t { kShared, kExclusive, kUnlock };
struct Lock {  // flock, without waiting
  Slot slot = 0;
  LockKind kind = LockKind::kExclusive;
  bool operator==(const Lock&) const = default;
};

using Operation = std::variant<Open, Close, Read, Write, Truncate, Mkdir, Rmdir, Unlink, Link, Symlink, Readlink,
                               Rename, Chmod, Chown, Utimens, SetXattr, GetXattr, ListXattr, RemoveXattr, Mknod,
                               ReadDirectory, RewindDirectory, ListDirectory, Stat, StatFileSystem, Sync, Lock>;

}  // namespace ovlspec
