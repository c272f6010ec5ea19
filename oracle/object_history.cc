#include "oracle/object_history.h"

#include <variant>

namespace ovlspec::oracle {
namespace {

using model::Backing;
using model::Continues;
using model::Identity;
using model::ObjectId;
using model::Rule;

// Whether the change is one of the stack alone: which layers there are, and their order.
bool is_stack_change(const model::Mutation& mutation) {
  return std::holds_alternative<model::AddLower>(mutation) || std::holds_alternative<model::RemoveLower>(mutation) ||
         std::holds_alternative<model::SwapLowers>(mutation) ||
         std::holds_alternative<model::UpperBecomesLower>(mutation);
}

// What takes a name away and changes nothing else of the object.
bool only_removes(const Operation& operation) {
  return std::holds_alternative<Unlink>(operation) || std::holds_alternative<Rmdir>(operation);
}

}  // namespace

ObjectHistory::Object& ObjectHistory::object(ObjectId id) {
  if (objects_.size() <= id) objects_.resize(id + 1);
  return objects_[id];
}

Identity ObjectHistory::fresh() {
  numbers_.emplace_back();
  return static_cast<Identity>(numbers_.size() - 1);
}

void ObjectHistory::changed(const model::Mutation& mutation, const model::Layers& before,
                            const model::Layers& after) {
  continuity_.changed(mutation, before, after);
  changed_ = true;
  changed_files_ = changed_files_ || !is_stack_change(mutation);
}

void ObjectHistory::begin(const model::Merged& merged, IdentityJudge& judge) {
  objects_.clear();
  judge.forget();
  const Rule rule = changed_ && !changed_files_ ? Rule::kStackChange : Rule::kOfflineChange;
  for (ObjectId id = 0; id < merged.tree.inodes.size(); ++id) {
    Object& made = object(id);
    made.began_on = merged.sources[id].backing;
    const auto known = continuity_.of(made.began_on);
    if (!known || known->continues != Continues::kYes) continue;
    made.identity = known->identity;
    if (const auto number = numbers_[known->identity]) judge.bind(id, *number, rule);
  }
}

void ObjectHistory::mounted(bool writable) {
  if (writable) continuity_.adopted();
  changed_ = changed_files_ = touched_any_ = false;
  for (Object& known : objects_) known.touched = false;
}

void ObjectHistory::touched(const model::World& world, const model::Plan& plan, const Operation& operation) {
  touched_any_ = true;
  for (const model::Found* found : {&plan.first, &plan.second}) {
    if (!found->exists()) continue;
    // A name of a hard link that goes may bring the object to the upper layer.
    if (!only_removes(operation) || world[found->object].links > 1) object(found->object).touched = true;
  }
}

void ObjectHistory::ended(const model::World& world, const std::vector<model::Source>& sources,
                          const IdentityJudge& judge) {
  for (ObjectId id = 0; id < world.tree.inodes.size(); ++id) {
    Object& known = object(id);
    if (!known.identity) known.identity = fresh();
    if (const auto number = judge.number_of(id)) numbers_[*known.identity] = number;
    const bool is_root = id == model::kRoot;
    if (world[id].links > 0 || is_root) {
      continuity_.lies_on(*known.identity, known.began_on, sources[id].backing);
      known.began_on = sources[id].backing;
      continue;
    }
    // Whatever was changed below a directory may have copied it up.
    const bool touched = known.touched || (touched_any_ && world[id].is(FileType::kDirectory));
    continuity_.removed(*known.identity, known.began_on,
                        touched ? model::Continuity::Touched::kYes : model::Continuity::Touched::kNo);
    known.began_on = Backing{};
  }
}

}  // namespace ovlspec::oracle
