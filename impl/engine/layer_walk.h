// A walk through the directories of one layer, depth first. One inode of each level is held, and no stack: layers may
// be deeper than any path.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// The names in a directory that are to be visited, in order.
using OpenDirectoryOfWalk = std::function<Result<std::vector<std::string>>(const InodeRef&)>;
// Visits a name, a directory's before those in it; the inode, where the walk is to go on into it.
using VisitNameOfWalk = std::function<Result<std::optional<InodeRef>>(const InodeRef&, const std::string&)>;

// Ends with the first error.
Status walk_layer(const InodeRef& root, const OpenDirectoryOfWalk& open, const VisitNameOfWalk& visit);

}  // namespace ovlspec::impl
