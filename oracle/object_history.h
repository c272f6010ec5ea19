// The oracle's own history of the objects of a case: where each lay when a mount ended, and what it showed. The
// relation itself is in model/continuity.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/continuity.h"
#include "model/merge.h"
#include "model/plan.h"
#include "model/world.h"
#include "oracle/identity_judge.h"

namespace ovlspec::oracle {

class ObjectHistory {
 public:
  // A change of the layers, as model::Continuity::changed has it.
  void changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after);
  // The tree of the next mount, of layers that are new or changed: what continues is bound in `judge` to its number.
  void begin(const model::Merged& merged, IdentityJudge& judge);
  void mounted(bool writable);
  // Whether the next mount may look at all of the upper layer: it is new, was copied, or lost its index.
  bool may_walk_upper() const { return upper_is_new_; }

  // A file handle that was taken once. It is judged in every mount that follows.
  struct Handle {
    model::Identity identity = 0;
    std::string bytes;
    std::string path;  // where it was taken
  };
  // The object has this handle.
  void keep_handle(model::ObjectId object, const std::string& bytes, const std::string& path);
  bool has_handle(model::ObjectId object) const;
  const std::vector<Handle>& handles() const { return handles_; }
  // What a handle may open now.
  struct Meaning {
    std::optional<model::ObjectId> object;  // it has to open this one
    std::vector<model::ObjectId> perhaps;   // else it may open one of these
    bool is_dead = false;                   // removed through the overlay: nothing
    std::optional<InodeNumber> number;      // that the object showed last
  };
  Meaning meaning(const Handle& handle) const;

  // Tells, as words, all that is known of objects and that later mounts are judged by. Identities are told by the order
  // in which they are met, and by what they showed. REQUIRES: `ended` or `begin` was told last.
  using Word = std::function<void(std::uint64_t)>;
  void tell(const model::World& world, const IdentityJudge& judge, const Word& word) const;

  // An operation succeeded that may have copied up what `plan` leads to.
  void touched(const model::World& world, const model::Plan& plan, const Operation& operation);
  // The mount ended; `sources` say where each object of the world lies now.
  void ended(const model::World& world, const std::vector<model::Source>& sources, const IdentityJudge& judge);

 private:
  struct Object {
    std::optional<model::Identity> identity;
    std::vector<model::Identity> perhaps;  // else it may be one of these
    bool has_handle = false;               // one was taken in this mount
    model::Backing began_on;               // empty: made in the mount
    bool touched = false;
  };

  Object& object(model::ObjectId id);
  // Of the objects that have names, in the order of these.
  template <typename Tell>
  void tell_objects(const model::World& world, const IdentityJudge& judge, const Word& word, const Tell& tell) const;
  // What may be an earlier object is that one if it shows its number, and else a new one.
  void settle(Object& known, std::optional<InodeNumber> number);
  model::Identity fresh();

  model::Continuity continuity_;
  std::vector<std::optional<InodeNumber>> numbers_;  // by identity: what it showed last
  std::set<model::Identity> dead_;                   // removed through the overlay
  std::set<model::Identity> roots_;  // the root of a mount may be that of an earlier one, whatever supplies it
  std::vector<Handle> handles_;
  std::vector<Object> objects_;  // by ObjectId of the world
  bool touched_any_ = false;
  bool upper_is_new_ = true;    // ... or its work directory, since the last mount
  bool changed_ = false;        // since the last mount
  bool changed_files_ = false;  // ... and not only the stack
};

}  // namespace ovlspec::oracle
