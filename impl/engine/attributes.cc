// What an object shows of itself, and changing it.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/prepared_copy.h"

namespace ovlspec::impl {

Result<Attributes> OverlayEngine::attributes(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  return shown(**found);
}

Result<Attributes> OverlayEngine::change(NodeId id, const AttributeChange& change) {
  std::shared_lock reading(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  const NodePtr& changed = *found;
  if (change.size && changed->type != FileType::kRegular) {
    return changed->is_directory() ? Errno::kEISDIR : Errno::kEINVAL;
  }
  OVLSPEC_TRY(check_change(*changed, change));
  // The data of a metacopy are needed where its size changes.
  if (changed->upper && !(changed->data && change.size)) {
    OVLSPEC_TRY(parts_->store.change(changed->upper, change));
    return shown(*changed);
  }
  PreparedCopy prepared(*this);
  const bool copies_first = !change.size && prepared.is_wanted(changed);
  reading.unlock();
  if (copies_first) prepared.make();
  const std::unique_lock writing(namespace_);
  // Another thread may have copied up in between.
  if (changed->upper) {
    if (changed->data && change.size) OVLSPEC_TRY(copy_data_up(*changed));
    OVLSPEC_TRY(parts_->store.change(changed->upper, change));
  } else {
    OVLSPEC_TRY(copy_up(changed, CopyUp{.place = {}, .change = &change, .prepared = &prepared}));
  }
  return shown(*changed);
}

Result<std::string> OverlayEngine::symlink_target(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  if ((*found)->type != FileType::kSymlink) return Errno::kEINVAL;
  const Instance instance = top(**found);
  return instance.layer->store->symlink_target(instance.inode);
}

Result<FileSystemStatus> OverlayEngine::status() {
  const Layer& layer = layers_.upper ? *layers_.upper : *layers_.lowers.front();
  auto status = layer.store->status(layer.root);
  if (!status.ok()) return status;
  status->read_only = status->read_only || !parts_;
  return status;
}

}  // namespace ovlspec::impl
