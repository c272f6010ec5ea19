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
  const std::uint64_t changes = changes_.load();
  const auto make = [this](NameMap::Places& places) { return map_names(places); };
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
