// The identity invariants of numbers: they are bound to objects when they are first seen, and constrained after. Never
// expects a particular number. Which object is which over a change of the layers: object_history.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/step.h"
#include "model/world.h"

namespace ovlspec::oracle {

class IdentityJudge {
 public:
  // A new mount of the same tree: numbers stay bound (ID-5), the device and what a mount chooses do not.
  void remounted();
  // A new mount of another tree: nothing is bound.
  void forget();
  // The object had this number in an earlier mount; one that shows another breaks `rule`.
  void bind(model::ObjectId object, InodeNumber number, model::Rule rule);
  // In this mount the object begins in a lower layer, where this is its modification time. A file system without change
  // times shows it as one, which may lie in the future.
  void begins_in_lower(model::ObjectId object, Time modify_time);
  // What the object showed last; nothing where it was not seen.
  std::optional<InodeNumber> number_of(model::ObjectId object) const;

  // Tells, as words, what a later mount has to show of the object.
  void tell(model::ObjectId object, const std::function<void(std::uint64_t)>& word) const;

  // By which rule the object's next number has to be that of an earlier mount; nothing where it has none, or was seen.
  std::optional<model::Rule> earlier(model::ObjectId object) const;
  // The object that showed this pair of st_dev and st_ino in this mount.
  std::optional<model::ObjectId> owner_of(const Attributes& attributes) const;

  // Judges what stat showed of `object`: every mismatch. The new value is bound, so that each is told once.
  std::vector<model::Mismatch> stat(const model::World& world, model::ObjectId object, const Attributes& seen);
  // Judges d_ino of the entries of `directory`: every mismatch. REQUIRES: the listing was of the directory as it is
  // now.
  std::vector<model::Mismatch> listing(const model::World& world, model::ObjectId directory,
                                       const std::vector<DirectoryEntry>& entries);

 private:
  using Pair = std::pair<std::uint64_t, InodeNumber>;  // st_dev, st_ino

  struct Bound {
    std::optional<InodeNumber> number;
    std::optional<std::uint64_t> device;  // of this mount
    bool from_listing = false;            // the number is a d_ino that no stat confirmed yet
    std::optional<InodeNumber> listed;    // a d_ino unlike `number`, which no stat of this mount told yet
    std::optional<model::Rule> earlier;   // the number is of an earlier mount, and has to stay by this rule
    std::optional<Time> change_time;      // of this mount
    std::optional<bool> counts_links;     // a directory of this mount showed its subdirectories, or 1
    std::optional<Time> lower_time;       // the modification time of a lower layer, which may stand for it
  };
  struct PairHash {
    std::size_t operator()(const Pair& pair) const { return std::hash<std::uint64_t>()(pair.first * 31 + pair.second); }
  };

  Bound& bound(model::ObjectId object);
  std::optional<model::Mismatch> number(const model::World& world, model::ObjectId object, InodeNumber seen);
  std::optional<model::Mismatch> device(const Attributes& seen);
  std::optional<model::Mismatch> unique(const model::World& world, model::ObjectId object, const Attributes& seen);
  std::optional<model::Mismatch> change_time(model::ObjectId object, Time seen);
  std::optional<model::Mismatch> directory_links(const model::World& world, model::ObjectId object, std::uint32_t seen);

  std::vector<Bound> bound_;
  std::unordered_map<Pair, model::ObjectId, PairHash> owners_;
  std::optional<std::uint64_t> device_;
};

// Whether an object can still be reached: by a name or an open slot.
bool is_live(const model::World& world, model::ObjectId object);

}  // namespace ovlspec::oracle
