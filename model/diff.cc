#include "model/diff.h"

#include <map>
#include <string>
#include <unordered_map>

#include "model/merge.h"

namespace ovlspec::model {
namespace {

using Paths = std::vector<std::string>;

// The paths of every non-directory, in depth-first order.
void collect(const Tree& tree, ObjectId directory, const std::string& prefix, std::map<ObjectId, Paths>& paths) {
  for (const Entry& entry : tree[directory].entries) {
    const std::string path = prefix + "/" + entry.name;
    if (tree[entry.object].is(FileType::kDirectory)) {
      collect(tree, entry.object, path, paths);
    } else {
      paths[entry.object].push_back(path);
    }
  }
}

std::map<ObjectId, Paths> paths_of(const Tree& tree) {
  std::map<ObjectId, Paths> paths;
  collect(tree, kRoot, "", paths);
  return paths;
}

bool same_attributes(const Inode& a, const Inode& b) {
  return a.type == b.type && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.device == b.device &&
         a.access_time == b.access_time && a.modify_time == b.modify_time && a.content == b.content &&
         a.xattrs == b.xattrs;
}

class Differ {
 public:
  Differ(const Tree& tree, const Tree& below)
      : tree_(tree), below_(below), paths_(paths_of(tree)), below_paths_(paths_of(below)) {}

  Layer run() {
    copy_attributes(kRoot, kRoot);
    directory(kRoot, kRoot, kRoot);
    return std::move(upper_);
  }

 private:
  // Whether the lowers show this very object at all of its names, and nowhere else.
  bool unchanged(ObjectId object, ObjectId below) const {
    return !tree_[object].is(FileType::kDirectory) && !below_[below].is(FileType::kDirectory) &&
           same_attributes(tree_[object], below_[below]) && paths_.at(object) == below_paths_.at(below);
  }

  bool subtree_unchanged(ObjectId object, ObjectId below) const {
    const Inode& inode = tree_[object];
    if (!inode.is(FileType::kDirectory)) return unchanged(object, below);
    if (!same_attributes(inode, below_[below]) || inode.entries.size() != below_[below].entries.size()) return false;
    for (const Entry& entry : inode.entries) {
      const Entry* other = below_[below].find(entry.name);
      if (other == nullptr || !subtree_unchanged(entry.object, other->object)) return false;
    }
    return true;
  }

  void copy_attributes(ObjectId object, ObjectId made) {
    Inode inode = tree_[object];
    inode.entries.clear();
    inode.links = upper_.tree[made].links;
    inode.parent = upper_.tree[made].parent;
    upper_.tree[made] = std::move(inode);
  }

  ObjectId make(ObjectId object) {
    if (const auto it = made_.find(object); it != made_.end()) return it->second;
    const ObjectId made = upper_.add(Inode{});
    copy_attributes(object, made);
    if (!tree_[object].is(FileType::kDirectory)) made_.emplace(object, made);
    return made;
  }

  void whiteout(ObjectId directory, const std::string& name) {
    upper_.tree.attach(directory, name, upper_.add(Inode{.type = FileType::kCharDevice}, Marks{.whiteout = true}));
  }

  // `below` is what the lowers show at the directory's place, kNoObject where that is no directory.
  void directory(ObjectId object, ObjectId below, ObjectId made) {
    for (const Entry& entry : tree_[object].entries) {
      const Entry* other = below == kNoObject ? nullptr : below_[below].find(entry.name);
      if (other != nullptr && subtree_unchanged(entry.object, other->object)) continue;
      const ObjectId child = make(entry.object);
      upper_.tree.attach(made, entry.name, child);
      if (!tree_[entry.object].is(FileType::kDirectory)) continue;
      const bool merges = other != nullptr && below_[other->object].is(FileType::kDirectory);
      directory(entry.object, merges ? other->object : kNoObject, child);
    }
    if (below == kNoObject) return;
    for (const Entry& entry : below_[below].entries)
      if (tree_[object].find(entry.name) == nullptr) whiteout(made, entry.name);
  }

  const Tree& tree_;
  const Tree& below_;
  std::map<ObjectId, Paths> paths_;
  std::map<ObjectId, Paths> below_paths_;
  std::unordered_map<ObjectId, ObjectId> made_;
  Layer upper_;
};

}  // namespace

Layer diff(const Tree& tree, const std::vector<Layer>& lowers) {
  if (lowers.empty()) return Differ(tree, Tree::empty()).run();
  const Merged below = merge(Layers{.lowers = lowers, .upper = std::nullopt});
  return Differ(tree, below.tree).run();
}

}  // namespace ovlspec::model
