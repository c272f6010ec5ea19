// Digests of what lies on disk, for telling states apart.
#pragma once

#include <cstdint>

#include "model/layer.h"

namespace ovlspec::oracle {

// Of the layers as scan shows them, so without what the work directory and private attributes hold beside the marks.
// Two stacks have the same digest where they differ in times alone, in which backing inodes objects have (but not in
// which of them share one, or name one as their origin), or by a permutation of the first `names` small names
// (small_worlds.h) as names and in redirects. Others have with a probability of 2^-64 for each pair of permutations.
std::uint64_t state_digest(const model::Layers& layers, unsigned names);

}  // namespace ovlspec::oracle
