#include "oracle/materialise.h"

#include <unordered_map>

namespace ovlspec::oracle {
namespace {

using model::kRoot;
using model::ObjectId;

class Writer {
 public:
  Writer(const model::Layer& layer, LayerAccess& access, DiskFormat format)
      : layer_(layer), access_(access), format_(format) {}

  Status run() { return object("", kRoot); }
  const std::string& failed_path() const { return failed_path_; }

 private:
  Status object(const std::string& path, ObjectId id) {
    failed_path_ = path;
    if (const auto it = first_name_.find(id); it != first_name_.end()) return access_.link(it->second, path);
    const model::Inode& inode = layer_.tree[id];
    if (layer_.mark(id).whiteout && !has_marks(format_)) return {};
    OVLSPEC_TRY(access_.make(path, inode_on_disk(inode, layer_.mark(id), format_)));
    if (!inode.is(FileType::kDirectory)) {
      if (inode.links > 1) first_name_.emplace(id, path);
      return {};
    }
    for (const model::Entry& entry : inode.entries) OVLSPEC_TRY(object(path_below(path, entry.name), entry.object));
    failed_path_ = path;
    if (inode.entries.empty()) return {};
    return access_.set_times(path, inode.access_time.value, inode.modify_time.value);
  }

  const model::Layer& layer_;
  LayerAccess& access_;
  DiskFormat format_;
  std::unordered_map<ObjectId, std::string> first_name_;
  std::string failed_path_;
};

}  // namespace

std::string path_below(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty()) path += '/';
  return path.append(name);
}

Attempt<Done> materialise(const model::Layer& layer, LayerAccess& access, DiskFormat format) {
  Writer writer(layer, access, format);
  const Status status = writer.run();
  if (status.ok()) return {.value = Done{}, .failure = {}};
  return {.value = std::nullopt,
          .failure = {status.error(), "cannot write `" + writer.failed_path() +
                                          "` of a layer: " + std::string(errno_name(status.error()))}};
}

}  // namespace ovlspec::oracle
