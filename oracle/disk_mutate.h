// The fifth function carried out on disk. Agrees with model::mutate up to backings and to what is left free: what does
// nothing there does nothing here. Errors are those that the layer's file system answers.
#pragma once

#include <optional>
#include <string_view>

#include "model/mutation.h"
#include "oracle/layer_access.h"
#include "oracle/layer_format.h"

namespace ovlspec::oracle {

// The layer that a mutation changes from within; nothing for those that change the stack, and for CopyLayer.
std::optional<model::LayerName> changed_layer(const model::Mutation& mutation);

// REQUIRES: changed_layer(mutation), and `access` is that layer.
Status mutate_layer(LayerAccess& access, const model::Mutation& mutation, DiskFormat format = DiskFormat::kOverlay);

// Copies all of `from` into the empty directory `to`, new inodes throughout, hard links kept; private attributes as
// they are, or no attributes at all.
Status copy_tree(LayerAccess& from, LayerAccess& to, model::CopyXattrs xattrs);

}  // namespace ovlspec::oracle
