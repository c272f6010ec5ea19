// From numbers to nodes: what a file handle names that was taken before, in this mount or an earlier one.
#include "impl/engine/overlay_engine.h"

namespace ovlspec::impl {

Result<Pin> OverlayEngine::find(NodeId id) {
  if (const NodePtr held = table_.by_id(id)) {
    // Somebody may still hold it, or have let it go and not said so yet; no handle opens it any more.
    if (held->removed) return Errno::kESTALE;
    table_.pin(held);
    return Pin(table_, held);
  }
  auto backed = find_by_backing(id);
  if (!backed.ok() || *backed) return backed;
  const std::uint64_t changes = changes_.load();
  const auto make = [this](NameMap::Places& places) { return map_names(places, Unmapped::kStaysWithout); };
  // The first answer may come from a map that is older than a rename.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto path = name_map_.path(id, root_->number, changes, make);
    if (!path.ok()) return path.error();
    if (!*path) break;
    auto found = walk_down(**path);
    if (found.ok() && *found && (*found)->id == id) return found;
    name_map_.doubt(changes);
  }
  return Errno::kESTALE;
}

// Where the file systems know a name of the inode that the number is derived from, the object is looked for there.
// Nothing where that does not lead to it; ESTALE where no inode is left that could have the number.
Result<Pin> OverlayEngine::find_by_backing(NodeId id) {
  if (options_.map != nullptr) return Pin();
  const std::optional<ObjectKey> backing = table_.backing_of(id);
  if (!backing) return Pin();
  bool is_gone = false;
  const auto look = [&](const Layer& layer) -> Result<Pin> {
    if (layer.file_system != backing->file_system) return Pin();
    const auto names = layer.store->names_of(layer.root, backing->inode);
    if (!names.ok()) {
      is_gone = names.error() == Errno::kESTALE;
      return Pin();
    }
    is_gone = false;
    auto found = walk_down(*names);
    // A directory of the layer may show elsewhere, or nowhere, in the tree.
    return found.ok() && *found && (*found)->id == id ? std::move(found) : Result<Pin>(Pin());
  };
  if (layers_.upper) {
    auto found = look(*layers_.upper);
    if (!found.ok() || *found) return found;
  }
  for (const auto& layer : layers_.lowers) {
    if (is_gone) break;
    auto found = look(*layer);
    if (!found.ok() || *found) return found;
  }
  // A record may hold the number still, of what was copied up from the inode.
  if (is_gone && !table_.is_claimed(id)) return Errno::kESTALE;
  return Pin();
}

// Nothing where a name is missing.
Result<Pin> OverlayEngine::walk_down(const std::vector<std::string>& names) {
  table_.pin(root_);
  Pin at(table_, root_);
  for (const std::string& name : names) {
    if (!at->is_directory()) return Pin();
    auto reached = reach(at.node(), name);
    if (!reached.ok()) return reached.error();
    if (!reached->node) return Pin();
    at = std::move(reached->node);
  }
  return at;
}

}  // namespace ovlspec::impl
