#include "model/tree.h"

#include <algorithm>
#include <cassert>

namespace ovlspec::model {
namespace {

template <typename Sequence>
auto position(Sequence& sequence, std::string_view name) {
  return std::lower_bound(sequence.begin(), sequence.end(), name,
                          [](const auto& item, std::string_view wanted) { return item.name < wanted; });
}

template <typename Sequence>
auto* found(Sequence& sequence, std::string_view name) {
  const auto it = position(sequence, name);
  return it != sequence.end() && it->name == name ? &*it : nullptr;
}

}  // namespace

const Entry* Inode::find(std::string_view name) const { return found(entries, name); }
const Xattr* Inode::xattr(std::string_view name) const { return found(xattrs, name); }

void set_xattr(Inode& inode, std::string_view name, std::string value) {
  if (auto* present = found(inode.xattrs, name)) {
    present->value = std::move(value);
    return;
  }
  inode.xattrs.insert(position(inode.xattrs, name), Xattr{std::string(name), std::move(value)});
}

bool remove_xattr(Inode& inode, std::string_view name) {
  const auto it = position(inode.xattrs, name);
  if (it == inode.xattrs.end() || it->name != name) return false;
  inode.xattrs.erase(it);
  return true;
}

Tree Tree::empty() {
  Tree tree;
  tree.inodes.push_back(Inode{.type = FileType::kDirectory, .mode = 0755, .parent = kRoot, .links = 1});
  return tree;
}

ObjectId Tree::add(Inode inode) {
  inodes.push_back(std::move(inode));
  return static_cast<ObjectId>(inodes.size() - 1);
}

void Tree::attach(ObjectId parent, std::string_view name, ObjectId object) {
  auto& entries = inodes[parent].entries;
  const auto it = position(entries, name);
  assert(it == entries.end() || it->name != name);
  entries.insert(it, Entry{std::string(name), object});
  ++inodes[object].links;
  if (inodes[object].is(FileType::kDirectory)) inodes[object].parent = parent;
}

ObjectId Tree::detach(ObjectId parent, std::string_view name) {
  auto& entries = inodes[parent].entries;
  const auto it = position(entries, name);
  assert(it != entries.end() && it->name == name);
  const ObjectId object = it->object;
  entries.erase(it);
  --inodes[object].links;
  if (inodes[object].is(FileType::kDirectory)) inodes[object].parent = kNoObject;
  return object;
}

std::optional<ObjectId> Tree::at(std::string_view path) const {
  ObjectId object = kRoot;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (name.empty()) continue;
    const Entry* entry = inodes[object].find(name);
    if (entry == nullptr) return std::nullopt;
    object = entry->object;
  }
  return object;
}

std::string Tree::path_of(ObjectId object) const {
  struct Visit {
    const Tree& tree;
    ObjectId wanted;
    std::string path;
    bool search(ObjectId directory) {
      for (const Entry& entry : tree[directory].entries) {
        const std::size_t length = path.size();
        if (!path.empty()) path += '/';
        path += entry.name;
        if (entry.object == wanted) return true;
        if (tree[entry.object].is(FileType::kDirectory) && search(entry.object)) return true;
        path.resize(length);
      }
      return false;
    }
  };
  Visit visit{*this, object, {}};
  if (object != kRoot) visit.search(kRoot);
  return visit.path;
}

std::uint32_t Tree::subdirectories(ObjectId directory) const {
  const auto& entries = inodes[directory].entries;
  return static_cast<std::uint32_t>(std::count_if(entries.begin(), entries.end(), [this](const Entry& entry) {
    return inodes[entry.object].is(FileType::kDirectory);
  }));
}

}  // namespace ovlspec::model
