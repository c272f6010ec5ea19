#include "oracle/layer_walk.h"

#include <algorithm>
#include <map>

#include "oracle/materialise.h"

namespace ovlspec::oracle {
namespace {

using model::kRoot;
using model::ObjectId;

class Walk {
 public:
  Walk(LayerAccess& access, DiskFormat format, Unreadable unreadable)
      : access_(access), format_(format), unreadable_(unreadable) {}

  Status run() {
    auto accessed = access_.read("");
    if (!accessed) return accessed.error();
    WalkedInode walked{std::move(accessed->handle), accessed->links, std::nullopt};
    ParsedInode root = parse_inode(std::move(*accessed), format_, Surrounding::kPlain);
    if (!root.inode.is(FileType::kDirectory)) return Errno::kENOTDIR;
    walked.origin = std::move(root.origin);
    walked.record = root.record;
    walked_.seal = root.seal;
    root.inode.parent = kRoot;
    root.inode.links = 1;
    walked_.layer.tree[kRoot] = std::move(root.inode);
    walked_.layer.marks[kRoot] = std::move(root.marks);
    walked_.inodes.push_back(std::move(walked));
    return directory("", kRoot, root.of_entries);
  }

  WalkedLayer& result() { return walked_; }
  const std::string& failed_path() const { return failed_path_; }

 private:
  Status directory(const std::string& path, ObjectId id, Surrounding surrounding) {
    failed_path_ = path;
    auto names = access_.list(path);
    if (!names) return skip_or(path, names.error());
    std::sort(names->begin(), names->end());
    for (const std::string& name : *names) OVLSPEC_TRY(entry(path_below(path, name), Parent{id, name, surrounding}));
    return {};
  }

  struct Parent {
    ObjectId directory;
    const std::string& name;
    Surrounding surrounding;
  };

  Status entry(const std::string& path, const Parent& parent) {
    failed_path_ = path;
    auto accessed = access_.read(path);
    if (!accessed) return skip_or(path, accessed.error());
    if (leads_away(*accessed)) return skip_or(path, Errno::kEXDEV);
    const bool linked = accessed->links > 1 && !accessed->inode.is(FileType::kDirectory);
    if (linked)
      if (const auto it = linked_.find(accessed->backing); it != linked_.end()) {
        walked_.layer.tree.attach(parent.directory, parent.name, it->second);
        return {};
      }
    const model::Backing backing = accessed->backing;
    WalkedInode walked{std::move(accessed->handle), accessed->links, std::nullopt};
    ParsedInode parsed = parse_inode(std::move(*accessed), format_, parent.surrounding);
    walked.origin = std::move(parsed.origin);
    walked.record = parsed.record;
    const bool is_directory = parsed.inode.is(FileType::kDirectory);
    const ObjectId id = walked_.layer.add(std::move(parsed.inode), std::move(parsed.marks));
    walked_.inodes.push_back(std::move(walked));
    walked_.layer.tree.attach(parent.directory, parent.name, id);
    if (linked && backing != model::Backing{}) linked_.emplace(backing, id);
    return is_directory ? directory(path, id, parsed.of_entries) : Status();
  }

  Status skip_or(const std::string& path, Errno error) {
    const bool absent = unreadable_ == Unreadable::kSkipAbsent && error == Errno::kENOENT;
    if (unreadable_ != Unreadable::kSkip && !absent) return error;
    walked_.skipped.push_back(path + ": " + std::string(errno_name(error)));
    return {};
  }

  bool leads_away(const AccessedInode& inode) const {
    return unreadable_ == Unreadable::kSkip && inode.inode.is(FileType::kDirectory) &&
           inode.backing.file_system != walked_.layer.mark(kRoot).backing.file_system;
  }

  LayerAccess& access_;
  DiskFormat format_;
  Unreadable unreadable_;
  WalkedLayer walked_;
  std::map<model::Backing, ObjectId> linked_;
  std::string failed_path_;
};

}  // namespace

Attempt<WalkedLayer> walk_layer(LayerAccess& access, DiskFormat format, Unreadable unreadable) {
  Walk walk(access, format, unreadable);
  const Status status = walk.run();
  if (status.ok()) return {.value = std::move(walk.result()), .failure = {}};
  return {.value = std::nullopt,
          .failure = {status.error(), "cannot read `" + walk.failed_path() +
                                          "` of a layer: " + std::string(errno_name(status.error()))}};
}

}  // namespace ovlspec::oracle
