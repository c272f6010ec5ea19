// Judge::walk: everything a tree holds, looked at.
#include "model/vocabulary/names.h"
#include "oracle/judge.h"

namespace ovlspec::oracle {
namespace {

constexpr Slot kWalkSlot = kSlots - 1;

class Walk {
 public:
  explicit Walk(const model::World& world) : world_(world) {}

  std::vector<Operation> run() {
    object(model::kRoot, "/");
    return std::move(operations_);
  }

 private:
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

std::vector<Operation> Judge::walk() const { return Walk(world_).run(); }

}  // namespace ovlspec::oracle
