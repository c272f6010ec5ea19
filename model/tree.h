// A tree of objects as a value: what a user of a normal file system sees. The merged view of a stack is one, and so is
// the visible part of a layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/content.h"
#include "model/vocabulary/attributes.h"

namespace ovlspec::model {

// An index into Tree::inodes. Never reused within one tree, so that it can stand for the object in histories.
using ObjectId = std::uint32_t;
inline constexpr ObjectId kRoot = 0;
inline constexpr ObjectId kNoObject = ~ObjectId{0};

// A time that the specification leaves free until it is first seen: an operation set it to the clock's now.
struct FreeTime {
  bool known = true;
  Time value;  // where known
  bool operator==(const FreeTime&) const = default;

  static FreeTime unknown() { return FreeTime{.known = false, .value = {}}; }
  static FreeTime at(Time time) { return FreeTime{.known = true, .value = time}; }
};

struct Xattr {
  std::string name;
  std::string value;
  bool operator==(const Xattr&) const = default;
};

struct Entry {
  std::string name;
  ObjectId object = kNoObject;
  bool operator==(const Entry&) const = default;
};

// Invariants: entries are sorted by name (byte order) and used by directories only; content is a regular file's bytes
// or a symlink's target; xattrs are sorted by name; parent is a directory's only.
struct Inode {
  FileType type = FileType::kRegular;
  Mode mode = 0;
  Uid uid = 0;
  Gid gid = 0;
  Device device;
  FreeTime access_time;
  FreeTime modify_time;
  Content content;
  std::vector<Xattr> xattrs;
  std::vector<Entry> entries;
  ObjectId parent = kNoObject;  // the root's parent is the root; kNoObject once removed
  // Whether the set-group-id bit may have been cleared: OVL-WRITE-3. Known again once it is seen.
  bool set_gid_free = false;
  std::uint32_t links = 0;  // names that lead here; directories: 1 while they have a name
  // What st_nlink shows beyond `links`; nothing until it is first seen. Not 0 only where names of a lower's hard link
  // were hidden before the mount: OVL-STAT-7.
  std::optional<std::int64_t> hidden_links = 0;

  const Entry* find(std::string_view name) const;
  const Xattr* xattr(std::string_view name) const;
  bool is(FileType wanted) const { return type == wanted; }
  bool operator==(const Inode&) const = default;
};

struct Tree {
  std::vector<Inode> inodes;  // [kRoot] is the root directory

  const Inode& operator[](ObjectId id) const { return inodes[id]; }
  Inode& operator[](ObjectId id) { return inodes[id]; }

  // A tree of an empty root directory, mode 0755.
  static Tree empty();

  // Adds an object without a name; its id.
  ObjectId add(Inode inode);
  // Gives `object` a name. REQUIRES: parent is a directory without that name.
  void attach(ObjectId parent, std::string_view name, ObjectId object);
  // Takes a name away. The object stays in `inodes`. REQUIRES: the name is there.
  ObjectId detach(ObjectId parent, std::string_view name);
  // The object at a path of plain components from the root (no symlink is followed); nothing where there is none.
  std::optional<ObjectId> at(std::string_view path) const;
  // A path of `object` from the root, by the first name in depth-first order; empty for the root and what has none.
  std::string path_of(ObjectId object) const;
  // How many directories `directory` has as entries.
  std::uint32_t subdirectories(ObjectId directory) const;
};

void set_xattr(Inode& inode, std::string_view name, std::string value);
bool remove_xattr(Inode& inode, std::string_view name);

// Where two trees differ: a path, and what differs there in words; nothing where they are the same up to the numbering
// of objects and free times. Hard links are compared as the partition of names that they make.
struct Difference {
  std::string path;
  std::string what;  // "mode 755, expected 700"
};
std::optional<Difference> first_difference(const Tree& seen, const Tree& expected);

}  // namespace ovlspec::model
