// A layer as the list of its entries, and back: the one order in which every encoding of a trace writes layers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/layer.h"
#include "oracle/trace_limits.h"

namespace ovlspec::oracle {

struct LayerEntry {
  std::string path;  // from the layer's root; empty for the root itself
  model::ObjectId object = model::kNoObject;
  std::optional<std::string> link_of;  // the object's first name in this order, where this is another one
};

// The root, then depth first, names in byte order; a whiteout is a leaf. Objects without a name are left out.
std::vector<LayerEntry> entries_of(const model::Layer& layer);

// Whether two layers say the same: equal names, objects, marks and hard links, whatever the numbering of objects. What
// lies beside a whiteout mark means nothing.
bool same_layer(const model::Layer& one, const model::Layer& other);

// Makes a layer entry by entry; each call answers what is wrong with its entry, and then changes nothing.
class LayerBuilder {
 public:
  LayerBuilder() = default;
  // Goes on with a layer.
  explicit LayerBuilder(model::Layer layer) : layer_(std::move(layer)) {}

  // Gives a new object a name in an existing directory; the empty path sets the root. A whiteout's inode is replaced by
  // whiteout_inode. REQUIRES: inode has no entries, parent and links.
  [[nodiscard]] Problem add(std::string_view path, model::Inode inode, model::Marks marks);
  // Gives the object at `to`, no directory, another name.
  [[nodiscard]] Problem link(std::string_view path, std::string_view to);
  bool has(std::string_view path) const { return layer_.tree.at(path).has_value(); }

  const model::Layer& layer() const { return layer_; }
  model::Layer take() { return std::move(layer_); }

 private:
  struct Place {
    model::ObjectId parent = model::kNoObject;
    std::string_view name;
  };
  Problem find_place(std::string_view path, Place& place) const;
  Problem set_root(model::Inode inode, model::Marks marks);

  model::Layer layer_;
};

}  // namespace ovlspec::oracle
