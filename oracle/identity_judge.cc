#include "oracle/identity_judge.h"

#include <algorithm>
#include <utility>

#include "model/describe.h"

namespace ovlspec::oracle {
namespace {

using model::Mismatch;
using model::ObjectId;
using model::Rule;
using MaybeMismatch = std::optional<Mismatch>;

std::string text(std::uint64_t number) { return std::to_string(number); }

}  // namespace

bool is_live(const model::World& world, ObjectId object) {
  if (world[object].links > 0) return true;
  return std::any_of(world.slots.begin(), world.slots.end(),
                     [object](const model::OpenSlot& slot) { return slot.open && slot.object == object; });
}

void IdentityJudge::remounted() {
  owners_.clear();
  device_.reset();
  for (Bound& bound : bound_) {
    bound.device.reset();
    bound.counts_links.reset();
    bound.listed.reset();
    bound.change_time.reset();
    bound.lower_time.reset();
    if (bound.number && !bound.earlier) bound.earlier = Rule::kPersistent;
  }
}

void IdentityJudge::forget() {
  remounted();
  bound_.clear();
}

void IdentityJudge::bind(ObjectId object, InodeNumber number, Rule rule) {
  Bound& known = bound(object);
  known.number = number;
  known.earlier = rule;
}

void IdentityJudge::begins_in_lower(ObjectId object, Time modify_time) { bound(object).lower_time = modify_time; }

std::optional<InodeNumber> IdentityJudge::number_of(ObjectId object) const {
  return object < bound_.size() ? bound_[object].number : std::nullopt;
}

void IdentityJudge::tell(ObjectId object, const std::function<void(std::uint64_t)>& word) const {
  const Bound known = object < bound_.size() ? bound_[object] : Bound{};
  word(known.number.has_value());
  word(known.number.value_or(0));
  word(known.from_listing);
  word(known.earlier ? static_cast<std::uint64_t>(*known.earlier) + 1 : 0);
}

std::optional<Rule> IdentityJudge::earlier(ObjectId object) const {
  return object < bound_.size() ? bound_[object].earlier : std::nullopt;
}

std::optional<ObjectId> IdentityJudge::owner_of(const Attributes& attributes) const {
  const auto owner = owners_.find(Pair{attributes.file_system, attributes.number});
  return owner == owners_.end() ? std::nullopt : std::optional(owner->second);
}

IdentityJudge::Bound& IdentityJudge::bound(ObjectId object) {
  if (bound_.size() <= object) bound_.resize(std::max<std::size_t>(object + 1, bound_.size() * 2));
  return bound_[object];
}

MaybeMismatch IdentityJudge::number(const model::World& world, ObjectId object, InodeNumber seen) {
  Bound& known = bound(object);
  const Bound before = known;
  known.number = seen;
  known.from_listing = false;
  known.earlier.reset();
  known.listed.reset();
  if (before.listed && *before.number == seen)
    return Mismatch{Rule::kReaddirAgrees, "d_ino was " + text(*before.listed) + ", st_ino is " + text(seen)};
  if (!before.number || *before.number == seen) return std::nullopt;
  const Rule rule = before.from_listing       ? Rule::kReaddirAgrees
                    : before.earlier          ? *before.earlier
                    : world[object].links > 1 ? Rule::kHardLinks
                                              : Rule::kConstant;
  return Mismatch{rule,
                  "st_ino " + text(seen) + (before.from_listing ? ", d_ino was " : ", it was ") + text(*before.number)};
}

MaybeMismatch IdentityJudge::device(const Attributes& seen) {
  if (!device_) device_ = seen.file_system;
  if (*device_ == seen.file_system) return std::nullopt;
  return Mismatch{Rule::kOneDevice, "st_dev " + text(seen.file_system) + ", the mount's is " + text(*device_)};
}

MaybeMismatch IdentityJudge::unique(const model::World& world, ObjectId object, const Attributes& seen) {
  const auto [it, inserted] = owners_.try_emplace(Pair{seen.file_system, seen.number}, object);
  if (inserted || it->second == object) return std::nullopt;
  const ObjectId other = it->second;
  it->second = object;
  if (!is_live(world, other)) return std::nullopt;
  // A pair that its earlier owner no longer shows is free.
  if (bound(other).number != seen.number) return std::nullopt;
  return Mismatch{Rule::kUnique,
                  "st_ino " + text(seen.number) + " is also that of " + model::quoted(world.tree.path_of(other))};
}

MaybeMismatch IdentityJudge::change_time(ObjectId object, Time seen) {
  Bound& known = bound(object);
  const auto before = known.change_time;
  known.change_time = seen;
  if (!before || *before <= seen || before == std::exchange(known.lower_time, std::nullopt)) return std::nullopt;
  return Mismatch{Rule::kStatChangeTime, "ctime " + model::describe(seen) + ", it was " + model::describe(*before)};
}

MaybeMismatch IdentityJudge::directory_links(const model::World& world, ObjectId object, std::uint32_t seen) {
  if (world[object].links == 0) return std::nullopt;
  const std::uint32_t counted = 2 + world.tree.subdirectories(object);
  const bool counts = seen != 1;
  const auto before = std::exchange(bound(object).counts_links, counts);
  if (before.value_or(counts) != counts)
    return Mismatch{Rule::kStatDirectoryLinks,
                    "link count " + text(seen) + (counts ? ", it was 1" : ", it was counted")};
  if (!counts || seen == counted) return std::nullopt;
  return Mismatch{Rule::kStatDirectoryLinks, "link count " + text(seen) + ", expected 1 or " + text(counted)};
}

std::vector<Mismatch> IdentityJudge::stat(const model::World& world, ObjectId object, const Attributes& seen) {
  std::vector<Mismatch> all;
  const auto keep = [&all](MaybeMismatch mismatch) {
    if (mismatch) all.push_back(std::move(*mismatch));
  };
  keep(number(world, object, seen.number));
  keep(unique(world, object, seen));
  keep(device(seen));
  keep(change_time(object, seen.change_time));
  if (world[object].is(FileType::kDirectory)) keep(directory_links(world, object, seen.links));
  return all;
}

std::vector<Mismatch> IdentityJudge::listing(const model::World& world, ObjectId directory,
                                             const std::vector<DirectoryEntry>& entries) {
  std::vector<Mismatch> all;
  for (const DirectoryEntry& entry : entries) {
    ObjectId object = directory;
    if (entry.name == "..") {
      object = world[directory].parent;
    } else if (entry.name != ".") {
      const model::Entry* found = world[directory].find(entry.name);
      if (found == nullptr) continue;
      object = found->object;
    }
    if (object == model::kNoObject) continue;
    Bound& known = bound(object);
    if (!known.number) {
      known.number = entry.number;
      known.from_listing = true;
    } else if (*known.number != entry.number) {
      // Whether the listing is wrong or the number is another than before, the next stat tells.
      if (known.earlier) {
        known.listed = entry.number;
        continue;
      }
      all.push_back(Mismatch{Rule::kReaddirAgrees, "d_ino of " + model::quoted(entry.name) + " is " +
                                                       text(entry.number) + ", st_ino " + text(*known.number)});
    }
  }
  return all;
}

}  // namespace ovlspec::oracle
