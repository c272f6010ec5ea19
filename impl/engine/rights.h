// Set-id bits, file capabilities and device nodes of a lower layer whose mount is nosuid or nodev, under an upper layer
// whose mount is not: a copy up would give them a force that they do not have where they lie.
//
// Such bits and capabilities do not show, before a copy up as after it; a device node is not copied up.
#pragma once

#include <string_view>

#include "impl/engine/layers.h"
#include "model/vocabulary/attributes.h"

namespace ovlspec::impl {

// What a layer has to withhold above which there is `upper`; nothing where there is none.
Withheld withheld_from(const LayerRoot& lower, const std::optional<LayerRoot>& upper);

// The mode that an inode of this layer shows, and is copied up with.
Mode mode_without_withheld(const Layer& layer, const Attributes& attributes);

// Whether an attribute on disk does not show.
bool is_withheld(const Layer& layer, std::string_view stored_name);

}  // namespace ovlspec::impl
