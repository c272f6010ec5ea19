// Judge::walk: everything a tree holds, looked at.
#include "model/vocabulary/names.h"
#include "oracle/judge.h"

namespace ovlspec::oracle {
namespace {

constexpr Slot kWalkSlot = kSlots - 1;

class Walk {
 public:
  explicit Walk(const model::World& world) : world_(world) {}

  std::vector<Operation> run(WalkOrder order) {
    if (order == WalkOrder::kLastFirst) stat_last_first();
    object(model::kRoot, "/");
    return std::move(operations_);
  }

 private:
  // No listing comes before the names, and what a tree's order shows last is looked up first.
  void stat_last_first() {
    std::vector<std::string> paths;
    collect(model::kRoot, "", paths);
    for (auto path = paths.rbegin(); path != paths.rend(); ++path)
      operations_.emplace_back(Stat{Target::at(*path, Follow::kNoFollow)});
  }

  void collect(model::ObjectId directory, const std::string& path, std::vector<std::string>& paths) const {
    for (const model::Entry& entry : world_[directory].entries) {
      const std::string child = path + "/" + entry.name;
      if (child.size() > names::kPathMax) continue;
      paths.push_back(child);
      collect(entry.object, child, paths);
    }
  }

  void contents(const model::Inode& inode, const std::string& path) {
    if (world_.slots[kWalkSlot].open) return;
    operations_.emplace_back(Open{.path = path, .slot = kWalkSlot});
    operations_.emplace_back(Read{.slot = kWalkSlot, .offset = 0, .length = inode.content.size() + 1});
    operations_.emplace_back(Close{.slot = kWalkSlot});
  }

  void object(model::ObjectId id, const std::string& path) {
    const model::Inode& inode = world_[id];
    const Target target = Target::at(path, Follow::kNoFollow);
    operations_.emplace_back(Stat{target});
    operations_.emplace_back(ListXattr{target});
    for (const model::Xattr& xattr : inode.xattrs) operations_.emplace_back(GetXattr{target, xattr.name});
    if (inode.is(FileType::kRegular)) contents(inode, path);
    if (inode.is(FileType::kSymlink)) operations_.emplace_back(Readlink{path});
    if (!inode.is(FileType::kDirectory)) return;
    operations_.emplace_back(ListDirectory{path});
    for (const model::Entry& entry : inode.entries) {
      std::string child = path == "/" ? "/" + entry.name : path + "/" + entry.name;
      if (child.size() <= names::kPathMax) object(entry.object, child);
    }
  }

  const model::World& world_;
  std::vector<Operation> operations_;
};

}  // namespace

std::vector<Judge::Named> Judge::without_handle() const {
  std::vector<Named> named;
  std::vector<Named> open{{model::kRoot, ""}};
  while (!open.empty()) {
    Named next = std::move(open.back());
    open.pop_back();
    for (const model::Entry& entry : world_[next.object].entries) {
      std::string child = next.path + "/" + entry.name;
      if (child.size() <= names::kPathMax) open.push_back({entry.object, std::move(child)});
    }
    if (!history_.has_handle(next.object)) named.push_back(std::move(next));
  }
  return named;
}

std::vector<Operation> Judge::walk(WalkOrder order) const { return Walk(world_).run(order); }

}  // namespace ovlspec::oracle
