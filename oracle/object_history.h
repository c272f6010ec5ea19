// The oracle's own history of the objects of a case: where each lay when a mount ended, and what it showed. The relation
// itself is in model/continuity.h.
#pragma once

#include <optional>
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

  // An operation succeeded that may have copied up what `plan` leads to.
  void touched(const model::World& world, const model::Plan& plan, const Operation& operation);
  // The mount ended; `sources` say where each object of the world lies now.
  void ended(const model::World& world, const std::vector<model::Source>& sources, const IdentityJudge& judge);

 private:
  struct Object {
    std::optional<model::Identity> identity;
    model::Backing began_on;        // empty: made in the mount
    bool touched = false;
  };

  Object& object(model::ObjectId id);
  model::Identity fresh();

  model::Continuity continuity_;
  std::vector<std::optional<InodeNumber>> numbers_;  // by identity: what it showed last
  std::vector<Object> objects_;     // by ObjectId of the world
  bool touched_any_ = false;
  bool changed_ = false;            // since the last mount
  bool changed_files_ = false;      // ... and not only the stack
};

}  // namespace ovlspec::oracle
