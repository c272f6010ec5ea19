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

// Pairs the inodes below two directories by their names, the directories themselves first.
template <typename Visit>
void for_each_pair(const Layer& from, ObjectId one, const Layer& to, ObjectId other, const Visit& visit) {
  std::vector<std::pair<ObjectId, ObjectId>> pairs{{one, other}};
  while (!pairs.empty()) {
    const auto [original, copy] = pairs.back();
    pairs.pop_back();
    visit(from.mark(original).backing, to.mark(copy).backing);
    for (const Entry& entry : from.tree[original].entries)
      if (const Entry* same = to.tree[copy].find(entry.name)) pairs.emplace_back(entry.object, same->object);
  }
}

}  // namespace

Continuation Continuity::of(const Backing& backing) const {
  Continuation continuation;
  if (const auto known = objects_.find(backing); known != objects_.end()) {
    if (known->second.is_certain) return Continuation{.identity = known->second.identity, .perhaps = {}};
    continuation.perhaps.push_back(known->second.identity);
  }
  for (auto perhaps = perhaps_.lower_bound({backing, 0}); perhaps != perhaps_.end() && perhaps->first == backing;
       ++perhaps)
    continuation.perhaps.push_back(perhaps->second);
  return continuation;
}

void Continuity::lies_on(Identity identity, const Backing& before, const Backing& after) {
  if (!is_known(after)) return;
  Object object{.identity = identity};
  if (const auto known = objects_.find(after); known != objects_.end() && known->second.identity == identity)
    object = known->second;
  object.is_certain = true;
  if (is_known(before) && before != after) {
    const auto earlier = objects_.find(before);
    object.copied_twice = earlier != objects_.end() && earlier->second.copied_up;
    object.copied_up = true;
    records_.insert(after);
    origins_.emplace(before, identity);
    // The origin, shown again while this object is there, is another.
    if (const auto origin = objects_.find(before); origin != objects_.end() && origin->second.identity == identity)
      objects_.erase(origin);
  }
  objects_[after] = object;
}

void Continuity::removed(Identity identity, const Backing& before, Touched touched) {
  if (!is_known(before)) return;
  Object& object = objects_.try_emplace(before, Object{.identity = identity}).first->second;
  if (object.identity != identity) object = Object{.identity = identity};
  if (touched == Touched::kNo) return;
  object.is_certain = false;
  origins_.emplace(before, identity);
}

void Continuity::adopted() {
  for (auto& [backing, object] : objects_) object.awaits_adoption = false;
  upper_is_bare_ = work_is_empty_ = false;
}

bool Continuity::is_contested(const Backing& backing) const {
  const auto origin = origins_.lower_bound({{.file_system = backing.file_system, .number = backing.number}, 0});
  return origin != origins_.end() && origin->first.file_system == backing.file_system &&
         origin->first.number == backing.number;
}

void Continuity::layers_swapped() {
  for (auto& [backing, object] : objects_)
    if (object.copied_twice || (records_.count(backing) != 0 && is_contested(backing))) object.is_certain = false;
  perhaps_.insert(origins_.begin(), origins_.end());
}

void Continuity::claims_lost() {
  for (auto& [backing, object] : objects_)
    if (!object.copied_up && is_contested(backing)) object.is_certain = false;
  perhaps_.insert(origins_.begin(), origins_.end());
}

void Continuity::tell(const std::function<void(std::uint64_t)>& word,
                      const std::function<void(Identity)>& identity) const {
  const auto tell_backing = [&word](const Backing& backing) {
    for (const std::uint64_t part : {backing.file_system, backing.number, std::uint64_t{backing.generation}})
      word(part);
  };
  const auto tell_pairs = [&](const auto& pairs) {
    word(pairs.size());
    for (const auto& [backing, of] : pairs) {
      tell_backing(backing);
      identity(of);
    }
  };
  word(objects_.size());
  for (const auto& [backing, object] : objects_) {
    tell_backing(backing);
    identity(object.identity);
    for (const bool flag :
         {object.is_certain, object.copied_up, object.copied_twice, object.copied_record, object.awaits_adoption})
      word(flag);
  }
  tell_pairs(origins_);
  tell_pairs(copies_);
  tell_pairs(perhaps_);
  word(records_.size());
  for (const Backing& record : records_) tell_backing(record);
  for (const bool flag : {lowers_have_claims_, upper_is_bare_, work_is_empty_}) word(flag);
}

bool Continuity::needs_layers(const Mutation& mutation) {
  if (const auto* copy = std::get_if<CopyLayer>(&mutation)) return copy->layer.upper;
  return std::holds_alternative<Copy>(mutation);
}

// A copy within a layer: new objects, which have copies of the records.
void Continuity::copied(const Layer& from, std::string_view path, const Layer& to, std::string_view copy) {
  const auto original = from.tree.at(path);
  const auto made = to.tree.at(copy);
  // A copy onto a name that is taken changes nothing.
  if (!original || !made || from.tree.at(copy)) return;
  for_each_pair(from, *original, to, *made, [this](const Backing& one, const Backing& other) {
    if (const auto known = objects_.find(one); known != objects_.end() && known->second.copied_up) {
      known->second.copied_record = true;
      copies_[other] = known->second.identity;
      if (!known->second.awaits_adoption) return;
      known->second.is_certain = false;
      perhaps_.emplace(other, known->second.identity);
    } else if (const auto again = copies_.find(one); again != copies_.end()) {
      copies_[other] = again->second;
    }
  });
}

void Continuity::upper_copied(const Layer& from, const Layer& to) {
  for_each_pair(from, kRoot, to, kRoot, [this](const Backing& original, const Backing& copy) {
    // Which of two copies of a record is the object cannot be told once both lie on new inodes.
    if (const auto other = copies_.find(original); other != copies_.end())
      perhaps_.emplace(copy, copies_[copy] = other->second);
    const auto known = objects_.find(original);
    if (known == objects_.end() || !known->second.copied_up) return;
    Object object = known->second;
    object.awaits_adoption = true;
    if (object.copied_record) object.is_certain = false;
    objects_[copy] = object;
    records_.insert(copy);
  });
}

void Continuity::changed(const Mutation& mutation, const Layers& before, const Layers& after) {
  if (const auto* copy = std::get_if<CopyLayer>(&mutation)) {
    const bool is_bare = copy->xattrs == CopyXattrs::kNone;
    if (!copy->layer.upper && is_bare && lowers_have_claims_) claims_lost();
    if (!copy->layer.upper) return;
    upper_is_bare_ = upper_is_bare_ || is_bare;
    if (upper_is_bare_ && work_is_empty_) claims_lost();
    if (is_bare || !before.upper || !after.upper) return;
    upper_copied(*before.upper, *after.upper);
    return;
  }
  if (const auto* copy = std::get_if<Copy>(&mutation)) {
    const Layer* from = named(before, copy->layer);
    const Layer* to = named(after, copy->layer);
    if (from != nullptr && to != nullptr) copied(*from, copy->from, *to, copy->to);
    return;
  }
  if (std::holds_alternative<RemoveLower>(mutation) && lowers_have_claims_) claims_lost();
  if (std::holds_alternative<SwapLowers>(mutation) && lowers_have_claims_) layers_swapped();
  if (std::holds_alternative<WipeWork>(mutation)) {
    work_is_empty_ = true;
    if (upper_is_bare_) claims_lost();
    return;
  }
  if (!std::holds_alternative<UpperBecomesLower>(mutation)) return;
  // A lower layer is never written to, so a copy that no mount adopted yet may lose what it was.
  for (auto& [backing, object] : objects_)
    if (object.awaits_adoption) object.is_certain = false;
  if (upper_is_bare_) claims_lost();
  lowers_have_claims_ = true;
}

}  // namespace ovlspec::model
