// The third function: a canonical upper for a tree, so that merge(diff(tree, lowers) over lowers) = tree, up to
// backings.
#pragma once

#include <vector>

#include "model/layer.h"

namespace ovlspec::model {

// The upper has whiteouts, plain objects and merging directories; no opaque directory, redirect or record. It holds a
// name only where the lowers do not show the very object of the tree there.
Layer diff(const Tree& tree, const std::vector<Layer>& lowers);

}  // namespace ovlspec::model
