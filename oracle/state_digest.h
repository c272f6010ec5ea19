// Digests of what lies on disk, for telling states apart.
#pragma once

#include <cstdint>

#include "model/layer.h"

namespace ovlspec::oracle {

// Of the layers, up to a permutation of the first `names` small names (small_worlds.h), up to which backing inodes
// objects have (but not which of them share one, or name one as their origin), and without times. Two stacks that
// differ have the same digest with a probability of 2^-64.
std::uint64_t state_digest(const model::Layers& layers, unsigned names);

// A bijective mixing of 64 bits, and of what was there with more.
std::uint64_t mixed(std::uint64_t word);
inline std::uint64_t mixed(std::uint64_t before, std::uint64_t word) {
  return mixed(before ^ mixed(word + 0x9e3779b97f4a7c15ULL)) + before * 31;
}

}  // namespace ovlspec::oracle
