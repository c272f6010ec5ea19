#include "model/continuity.h"

#include <utility>
#include <variant>
#include <vector>

namespace ovlspec::model {
namespace {

bool is_known(const Backing& backing) { return backing.file_system != 0; }

const Layer* named(const Layers& layers, LayerName name) {
  if (name.upper) return layers.upper ? &*layers.upper : nullptr;
  return name.lower < layers.lowers.size() ? &layers.lowers[name.lower] : nullptr;
}

}  // namespace

std::optional<Continuation> Continuity::of(const Backing& backing) const {
  const auto found = objects_.find(backing);
  if (found == objects_.end()) return std::nullopt;
  return Continuation{.identity = found->second.identity, .continues = found->second.continues};
}

void Continuity::lies_on(Identity identity, const Backing& before, const Backing& after) {
  if (!is_known(after)) return;
  Object object{.identity = identity};
  if (const auto known = objects_.find(after); known != objects_.end() && known->second.identity == identity)
    object = known->second;
  object.continues = Continues::kYes;
  if (is_known(before) && before != after) {
    object.copied_up = true;
    origins_.emplace(before.file_system, before.number);
    // The origin, shown again while this object is there, is another.
    if (const auto origin = objects_.find(before); origin != objects_.end() && origin->second.identity == identity)
      objects_.erase(origin);
  }
  objects_[after] = object;
}

void Continuity::removed(Identity identity, const Backing& before, Touched touched) {
  if (!is_known(before)) return;
  Object& object = objects_.try_emplace(before, Object{.identity = identity}).first->second;
  if (touched == Touched::kNo) return;
  object.continues = Continues::kPerhaps;
  origins_.emplace(before.file_system, before.number);
}

void Continuity::adopted() {
  for (auto& [backing, object] : objects_) object.awaits_adoption = false;
  upper_is_copy_ = upper_is_bare_ = false;
}

void Continuity::claims_lost() {
  for (auto& [backing, object] : objects_)
    if (!object.copied_up && origins_.count({backing.file_system, backing.number}) != 0)
      object.continues = Continues::kPerhaps;
}

bool Continuity::needs_layers(const Mutation& mutation) {
  if (const auto* copy = std::get_if<CopyLayer>(&mutation)) return copy->layer.upper;
  return std::holds_alternative<Copy>(mutation);
}

// Pairs the inodes of the layer with those of its copy by their names, which are the same.
void Continuity::upper_copied(const Layer& from, const Layer& to) {
  std::vector<std::pair<ObjectId, ObjectId>> pairs{{kRoot, kRoot}};
  while (!pairs.empty()) {
    const auto [original, copy] = pairs.back();
    pairs.pop_back();
    const auto known = objects_.find(from.mark(original).backing);
    if (known != objects_.end() && known->second.copied_up && original != kRoot) {
      Object object = known->second;
      object.awaits_adoption = true;
      // Which of two copies of a record is the object cannot be told once both lie on new inodes.
      if (object.copied_record) object.continues = Continues::kPerhaps;
      objects_[to.mark(copy).backing] = object;
    }
    for (const Entry& entry : from.tree[original].entries)
      if (const Entry* same = to.tree[copy].find(entry.name)) pairs.emplace_back(entry.object, same->object);
  }
}

void Continuity::changed(const Mutation& mutation, const Layers& before, const Layers& after) {
  if (const auto* copied = std::get_if<CopyLayer>(&mutation)) {
    if (!copied->layer.upper) return claims_lost();
    upper_is_copy_ = true;
    upper_is_bare_ = upper_is_bare_ || copied->xattrs == CopyXattrs::kNone;
    if (copied->xattrs == CopyXattrs::kNone || !before.upper || !after.upper) return;
    upper_copied(*before.upper, *after.upper);
    return;
  }
  if (const auto* copied = std::get_if<Copy>(&mutation)) {
    const Layer* layer = named(before, copied->layer);
    const auto top = layer == nullptr ? std::nullopt : layer->tree.at(copied->from);
    if (!top) return;
    std::vector<ObjectId> copies{*top};
    while (!copies.empty()) {
      const ObjectId object = copies.back();
      copies.pop_back();
      if (const auto known = objects_.find(layer->mark(object).backing); known != objects_.end())
        known->second.copied_record = true;
      for (const Entry& entry : layer->tree[object].entries) copies.push_back(entry.object);
    }
    return;
  }
  if (std::holds_alternative<RemoveLower>(mutation)) return claims_lost();
  if (std::holds_alternative<WipeWork>(mutation) && upper_is_bare_) return claims_lost();
  if (!std::holds_alternative<UpperBecomesLower>(mutation)) return;
  // A lower layer is never written to, so a copy that no mount adopted yet may lose what it was.
  for (auto& [backing, object] : objects_)
    if (object.awaits_adoption) object.continues = Continues::kPerhaps;
  if (upper_is_copy_) claims_lost();
}

}  // namespace ovlspec::model
