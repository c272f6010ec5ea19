// The first function: what the user sees of a stack.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/layer.h"

namespace ovlspec::model {

// One object of one layer. Layers are counted from the top: 0 is the upper where there is one, else the first lower.
struct Instance {
  std::uint16_t layer = 0;
  ObjectId object = kNoObject;
  bool operator==(const Instance&) const = default;
};

// Where an object of the merged tree comes from.
struct Source {
  std::vector<Instance> instances;  // topmost first; several for merged directories only
  Backing backing;                  // the topmost instance's
  bool from_upper = false;          // the topmost instance is in the upper
};

struct Merged {
  Tree tree;
  std::vector<Source> sources;  // sources[id] belongs to tree[id]
  bool shown_twice = false;     // one directory of a layer is part of two merged ones: OVL-MRG-3
};

Merged merge(const Layers& layers);

// The layer that instances count as `layer`. REQUIRES: it exists.
const Layer& layer_at(const Layers& layers, std::uint16_t layer);
std::uint16_t layer_count(const Layers& layers);

// Whether any layer below `layer` would show `name` in the directory that the upper's `directory` is part of; where
// none does, a whiteout of that name is needless. Paths are of the upper's own directories, "" is its root.
bool shows_below(const Layers& layers, std::string_view directory, std::string_view name);

}  // namespace ovlspec::model
