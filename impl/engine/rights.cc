#include "impl/engine/rights.h"

namespace ovlspec::impl {

Withheld withheld_from(const LayerRoot& lower, const std::optional<LayerRoot>& upper) {
  if (!upper) return {};
  return {.set_ids = upper->rights.set_ids && !lower.rights.set_ids,
          .devices = upper->rights.devices && !lower.rights.devices};
}

// A directory's set-group-id bit gives no right.
Mode mode_without_withheld(const Layer& layer, const Attributes& attributes) {
  const bool is_cut = layer.withheld.set_ids && attributes.type == FileType::kRegular;
  return is_cut ? attributes.mode & ~(kSetUid | kSetGid) : attributes.mode;
}

bool is_withheld(const Layer& layer, std::string_view stored_name) {
  return layer.withheld.set_ids && stored_name == "security.capability";
}

}  // namespace ovlspec::impl
