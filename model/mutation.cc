#include "model/mutation.h"

#include <algorithm>

#include "model/layer_edit.h"

namespace ovlspec::model {
namespace {

Layer* named(Layers& layers, LayerName name) {
  if (name.upper) return layers.upper ? &*layers.upper : nullptr;
  return name.lower < layers.lowers.size() ? &layers.lowers[name.lower] : nullptr;
}

struct Mutator {
  Layers& layers;

  void operator()(const Put& m) const {
    if (Layer* layer = named(layers, m.layer)) put(*layer, m.path, m.inode, m.marks);
  }
  void operator()(const Remove& m) const {
    if (Layer* layer = named(layers, m.layer)) remove(*layer, m.path);
  }
  void operator()(const Move& m) const {
    if (Layer* layer = named(layers, m.layer)) move(*layer, m.from, m.to);
  }
  void operator()(const HardLink& m) const {
    if (Layer* layer = named(layers, m.layer)) hard_link(*layer, m.from, m.to);
  }
  void operator()(const ChangeMode& m) const {
    Layer* layer = named(layers, m.layer);
    if (layer == nullptr) return;
    const auto object = layer->tree.at(m.path);
    if (object && !layer->tree[*object].is(FileType::kSymlink)) layer->tree[*object].mode = m.mode & kModeMask;
  }
  void operator()(const ChangeContent& m) const {
    Layer* layer = named(layers, m.layer);
    if (layer == nullptr) return;
    const auto object = layer->tree.at(m.path);
    if (!object || !layer->tree[*object].is(FileType::kRegular)) return;
    layer->tree[*object].content = Content(m.content);
    layer->tree[*object].modify_time = FreeTime::unknown();
  }
  void operator()(const Copy& m) const {
    if (Layer* layer = named(layers, m.layer)) copy(*layer, m.from, m.to);
  }
  void operator()(const CopyLayer& m) const {
    Layer* layer = named(layers, m.layer);
    if (layer == nullptr) return;
    *layer = fresh_copy(*layer);
    if (m.xattrs == CopyXattrs::kAll) return;
    for (ObjectId id = 0; id < layer->marks.size(); ++id) {
      const bool whiteout = layer->marks[id].whiteout;
      layer->marks[id] = Marks{.whiteout = whiteout};
      layer->tree[id].xattrs.clear();
    }
  }
  void operator()(const AddLower& m) const {
    const auto position = std::min<std::size_t>(m.position, layers.lowers.size());
    layers.lowers.insert(layers.lowers.begin() + static_cast<std::ptrdiff_t>(position), m.layer);
  }
  void operator()(const RemoveLower& m) const {
    if (layers.lowers.size() < 2 || m.position >= layers.lowers.size()) return;
    layers.lowers.erase(layers.lowers.begin() + m.position);
  }
  void operator()(const SwapLowers& m) const {
    if (m.first < layers.lowers.size() && m.second < layers.lowers.size())
      std::swap(layers.lowers[m.first], layers.lowers[m.second]);
  }
  void operator()(const UpperBecomesLower&) const {
    if (!layers.upper) return;
    Layer lower = std::move(*layers.upper);
    // Hard links that only the index of the work directory kept are not a lower's.
    for (Marks& marks : lower.marks)
      if (marks.origin) marks.origin->linked = false;
    layers.upper.emplace();
    layers.upper->tree[kRoot].mode = lower.tree[kRoot].mode;
    layers.upper->tree[kRoot].access_time = FreeTime::unknown();
    layers.upper->tree[kRoot].modify_time = FreeTime::unknown();
    layers.lowers.insert(layers.lowers.begin(), std::move(lower));
  }
  // The index goes: an upper object that has no name elsewhere goes with it.
  void operator()(const WipeWork&) const {
    if (!layers.upper) return;
    for (ObjectId id = 0; id < layers.upper->marks.size(); ++id)
      if (layers.upper->tree[id].links == 0) layers.upper->marks[id].origin.reset();
  }
};

}  // namespace

bool AddLower::operator==(const AddLower& other) const {
  return position == other.position && place == other.place && layer.marks == other.layer.marks &&
         !first_difference(layer.tree, other.layer.tree);
}

Layers mutate(Layers layers, const Mutation& mutation) {
  std::visit(Mutator{layers}, mutation);
  return layers;
}

}  // namespace ovlspec::model
