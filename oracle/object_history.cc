#include "oracle/object_history.h"

#include <algorithm>
#include <variant>

#include "oracle/mixing.h"

namespace ovlspec::oracle {
namespace {

using model::Backing;
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

void ObjectHistory::changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after) {
  continuity_.changed(mutation, before, after);
  changed_ = true;
  const auto* copied = std::get_if<model::CopyLayer>(&mutation);
  upper_is_new_ = upper_is_new_ || (copied != nullptr && copied->layer.upper) ||
                  std::holds_alternative<model::WipeWork>(mutation) ||
                  std::holds_alternative<model::UpperBecomesLower>(mutation);
  changed_files_ = changed_files_ || !is_stack_change(mutation);
}

void ObjectHistory::begin(const model::Merged& merged, IdentityJudge& judge) {
  objects_.clear();
  judge.forget();
  const Rule rule = changed_ && !changed_files_ ? Rule::kStackChange : Rule::kOfflineChange;
  for (ObjectId id = 0; id < merged.tree.inodes.size(); ++id) {
    Object& made = object(id);
    made.began_on = merged.sources[id].backing;
    model::Continuation known = continuity_.of(made.began_on);
    made.perhaps = std::move(known.perhaps);
    if (!known.identity) continue;
    made.identity = known.identity;
    dead_.erase(*known.identity);
    if (const auto number = numbers_[*known.identity]) judge.bind(id, *number, rule);
  }
}

void ObjectHistory::mounted(bool writable) {
  if (writable) continuity_.adopted();
  changed_ = changed_files_ = touched_any_ = upper_is_new_ = false;
  for (Object& known : objects_) known.touched = known.has_handle = false;
}

void ObjectHistory::keep_handle(ObjectId id, const std::string& bytes, const std::string& path) {
  Object& known = object(id);
  if (!known.identity) known.identity = fresh();
  known.has_handle = true;
  if (id == model::kRoot) roots_.insert(*known.identity);
  const auto same = [&](const Handle& handle) { return handle.identity == *known.identity && handle.bytes == bytes; };
  if (std::none_of(handles_.begin(), handles_.end(), same)) handles_.push_back({*known.identity, bytes, path});
}

bool ObjectHistory::has_handle(ObjectId id) const { return id < objects_.size() && objects_[id].has_handle; }

ObjectHistory::Meaning ObjectHistory::meaning(const Handle& handle) const {
  Meaning meaning{
      .object = {}, .perhaps = {}, .is_dead = dead_.count(handle.identity) != 0, .number = numbers_[handle.identity]};
  for (ObjectId id = 0; id < objects_.size(); ++id) {
    if (objects_[id].identity == handle.identity) meaning.object = id;
    const std::vector<Identity>& perhaps = objects_[id].perhaps;
    if (std::find(perhaps.begin(), perhaps.end(), handle.identity) != perhaps.end()) meaning.perhaps.push_back(id);
  }
  if (roots_.count(handle.identity) != 0) meaning.perhaps.push_back(model::kRoot);
  return meaning;
}

void ObjectHistory::touched(const model::World& world, const model::Plan& plan, const Operation& operation) {
  touched_any_ = true;
  for (const model::Found* found : {&plan.first, &plan.second}) {
    if (!found->exists()) continue;
    // A name of a hard link that goes may bring the object to the upper layer.
    if (!only_removes(operation) || world[found->object].links > 1) object(found->object).touched = true;
  }
}

void ObjectHistory::settle(Object& known, std::optional<InodeNumber> number) {
  if (!number) return;
  const auto has_number = [&](Identity identity) { return numbers_[identity] == number; };
  const auto earlier = std::find_if(known.perhaps.begin(), known.perhaps.end(), has_number);
  if (earlier != known.perhaps.end()) {
    dead_.erase(*earlier);
    for (Handle& handle : handles_)
      if (handle.identity == known.identity) handle.identity = *earlier;
    known.identity = *earlier;
  }
  known.perhaps.clear();
}

void ObjectHistory::ended(const model::World& world, const std::vector<model::Source>& sources,
                          const IdentityJudge& judge) {
  for (ObjectId id = 0; id < world.tree.inodes.size(); ++id) {
    Object& known = object(id);
    if (!known.identity) known.identity = fresh();
    settle(known, judge.number_of(id));
    if (const auto number = judge.number_of(id)) numbers_[*known.identity] = number;
    const bool is_root = id == model::kRoot;
    if (world[id].links > 0 || is_root) {
      continuity_.lies_on(*known.identity, known.began_on, sources[id].backing);
      known.began_on = sources[id].backing;
      continue;
    }
    dead_.insert(*known.identity);
    // Whatever was changed below a directory may have copied it up.
    const bool touched = known.touched || (touched_any_ && world[id].is(FileType::kDirectory));
    continuity_.removed(*known.identity, known.began_on,
                        touched ? model::Continuity::Touched::kYes : model::Continuity::Touched::kNo);
    known.began_on = Backing{};
  }
}

void ObjectHistory::tell(const model::World& world, const IdentityJudge& judge, const Word& word) const {
  std::vector<Identity> met;
  const auto tell_identity = [&](Identity identity) {
    const auto found = std::find(met.begin(), met.end(), identity);
    word(static_cast<std::uint64_t>(found - met.begin()));
    if (found != met.end()) return;
    met.push_back(identity);
    const auto number = numbers_[identity];
    for (const std::uint64_t fact :
         {std::uint64_t{number.has_value()}, number.value_or(0), dead_.count(identity), roots_.count(identity)})
      word(fact);
  };
  continuity_.tell(word, tell_identity);
  tell_objects(world, judge, word, tell_identity);
  word(handles_.size());
  for (const Handle& handle : handles_) {
    tell_identity(handle.identity);
    Mixing bytes;
    bytes.add(handle.bytes);
    word(bytes.value());
  }
  for (const bool flag : {upper_is_new_, changed_, changed_files_}) word(flag);
}

template <typename Tell>
void ObjectHistory::tell_objects(const model::World& world, const IdentityJudge& judge, const Word& word,
                                 const Tell& tell) const {
  std::vector<ObjectId> ids{model::kRoot};
  while (!ids.empty()) {
    const ObjectId id = ids.back();
    ids.pop_back();
    judge.tell(id, word);
    const model::Inode& inode = world[id];
    word(inode.hidden_links ? static_cast<std::uint64_t>(*inode.hidden_links) : ~std::uint64_t{0});
    word(inode.set_gid_free);
    const Object& known = objects_[id];
    word(known.identity.has_value());
    if (known.identity) tell(*known.identity);
    word(known.perhaps.size());
    for (const Identity perhaps : known.perhaps) tell(perhaps);
    for (const std::uint64_t part : {known.began_on.file_system, known.began_on.number,
                                     std::uint64_t{known.began_on.generation}, std::uint64_t{known.has_handle}})
      word(part);
    for (const model::Entry& entry : inode.entries) ids.push_back(entry.object);
  }
}

}  // namespace ovlspec::oracle
