#include "model/invariants.h"

#include <algorithm>

#include "model/describe.h"
#include "model/vocabulary/names.h"

namespace ovlspec::model {
namespace {

using Broken = std::optional<std::string>;

std::string about(ObjectId id, std::string_view what) {
  return "object " + std::to_string(id) + " " + std::string(what);
}

bool possible_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= names::kNameMax &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

// Strictly ascending by `name`.
template <typename Sequence>
bool ascending(const Sequence& sequence) {
  return std::adjacent_find(sequence.begin(), sequence.end(),
                            [](const auto& a, const auto& b) { return a.name >= b.name; }) == sequence.end();
}

bool is_sorted_set(const std::vector<std::string>& names) {
  return std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end();
}

bool valid(const FreeTime& time) { return time.value.nanoseconds < 1'000'000'000U; }

bool has_content(const Inode& inode) { return inode.is(FileType::kRegular) || inode.is(FileType::kSymlink); }
bool is_device(const Inode& inode) { return inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice); }

Broken broken_inode(const Inode& inode, ObjectId id) {
  if (!inode.is(FileType::kDirectory)) {
    if (!inode.entries.empty()) return about(id, "is no directory and has entries");
    if (inode.parent != kNoObject) return about(id, "is no directory and has a parent");
  }
  if (!has_content(inode) && inode.content.size() != 0) return about(id, "has content, which its type has not");
  if (!is_device(inode) && inode.device != Device{}) return about(id, "is no device and has a device number");
  const std::string& data = inode.content.data();
  if (data.size() > inode.content.size()) return about(id, "has more bytes than its size");
  if (!data.empty() && data.back() == '\0') return about(id, "keeps trailing zeros");
  if ((inode.mode & ~kModeMask) != 0) return about(id, "has a mode of more than permission bits");
  if (!valid(inode.access_time) || !valid(inode.modify_time)) return about(id, "has a time of a second's nanoseconds");
  if (!ascending(inode.xattrs)) return about(id, "has xattrs out of order, or one twice");
  if (!ascending(inode.entries)) return about(id, "has entries out of order, or one twice");
  for (const Entry& entry : inode.entries)
    if (!possible_name(entry.name)) return about(id, "has the entry " + quoted(entry.name));
  return std::nullopt;
}

class TreeCheck {
 public:
  explicit TreeCheck(const Tree& tree) : tree_(tree), names_(tree.inodes.size(), 0) {}

  Broken run() {
    if (tree_.inodes.empty() || !tree_[kRoot].is(FileType::kDirectory)) return "the root is no directory";
    if (tree_[kRoot].parent != kRoot) return "the root's parent is not the root";
    ++names_[kRoot];
    for (ObjectId id = 0; id < tree_.inodes.size(); ++id) {
      if (auto broken = broken_inode(tree_[id], id)) return broken;
      if (auto broken = entries(id)) return broken;
    }
    for (ObjectId id = 0; id < tree_.inodes.size(); ++id)
      if (auto broken = names(id)) return broken;
    return std::nullopt;
  }

 private:
  Broken entries(ObjectId id) {
    for (const Entry& entry : tree_[id].entries) {
      if (entry.object >= tree_.inodes.size()) return about(id, "has an entry that leads nowhere");
      ++names_[entry.object];
      const Inode& child = tree_[entry.object];
      if (child.is(FileType::kDirectory) && child.parent != id)
        return about(entry.object, "has another parent than where it stands");
    }
    return std::nullopt;
  }

  Broken names(ObjectId id) const {
    const Inode& inode = tree_[id];
    if (inode.links != names_[id])
      return about(id, "has links " + std::to_string(inode.links) + ", but names " + std::to_string(names_[id]));
    if (!inode.is(FileType::kDirectory)) return std::nullopt;
    if (inode.links > 1) return about(id, "is a directory with several names");
    if (inode.links == 1) return is_below_root(id) ? std::nullopt : Broken(about(id, "is above itself"));
    if (inode.parent != kNoObject) return about(id, "was removed and has a parent");
    return inode.entries.empty() ? std::nullopt : Broken(about(id, "was removed and has entries"));
  }

  bool is_below_root(ObjectId id) const {
    for (std::size_t steps = 0; steps <= tree_.inodes.size(); ++steps) {
      if (id == kRoot) return true;
      if (id == kNoObject) return false;
      id = tree_[id].parent;
    }
    return false;
  }

  const Tree& tree_;
  std::vector<std::uint32_t> names_;
};

Broken broken_stream(const OpenSlot& slot, const Inode& inode, const std::string& where) {
  const DirectoryStream& stream = slot.stream;
  if (!is_sorted_set(stream.expected) || !is_sorted_set(stream.touched) || !is_sorted_set(stream.delivered))
    return where + " has a stream that is no sorted set";
  if (inode.is(FileType::kDirectory)) return std::nullopt;
  const bool unused = stream.expected.empty() && stream.touched.empty() && stream.delivered.empty() && !stream.removed;
  return unused ? std::nullopt : Broken(where + " has a stream of what is no directory");
}

}  // namespace

std::optional<std::string> broken_invariant(const Tree& tree) { return TreeCheck(tree).run(); }

std::optional<std::string> broken_invariant(const Layer& layer) {
  if (auto broken = broken_invariant(layer.tree)) return broken;
  if (layer.marks.size() != layer.tree.inodes.size()) return "there are not as many marks as objects";
  for (ObjectId id = 0; id < layer.marks.size(); ++id) {
    const Marks& marks = layer.mark(id);
    const bool directory = layer.tree[id].is(FileType::kDirectory);
    if (marks.whiteout && directory) return about(id, "is a directory and a whiteout");
    if (marks.metacopy && !layer.tree[id].is(FileType::kRegular)) return about(id, "is a metacopy, and no file");
    const bool may_redirect = directory || marks.metacopy;
    if ((!directory && marks.opaque) || (!may_redirect && marks.redirect))
      return about(id, "is opaque or redirected, and no directory");
  }
  return std::nullopt;
}

std::optional<std::string> broken_invariant(const World& world) {
  if (auto broken = broken_invariant(world.tree)) return broken;
  for (std::size_t i = 0; i < world.slots.size(); ++i) {
    const OpenSlot& slot = world.slots[i];
    const std::string where = "slot " + std::to_string(i);
    const bool in_use = slot.object != kNoObject || slot.readable || slot.writable;
    if (!slot.open && in_use) return where + " is closed and in use";
    if (!slot.open) continue;
    if (slot.object >= world.tree.inodes.size()) return where + " is open on nothing";
    if (!slot.readable && !slot.writable) return where + " is open for nothing";
    if (slot.writable && world[slot.object].is(FileType::kDirectory)) return where + " writes a directory";
    if (auto broken = broken_stream(slot, world[slot.object], where)) return broken;
  }
  return std::nullopt;
}

}  // namespace ovlspec::model
