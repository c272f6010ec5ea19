// The second function: plain POSIX on a tree. A step is a check, which changes nothing and tells what is permitted, and
// an effect, which is applied once success was seen.
#pragma once

#include <optional>
#include <string>

#include "model/plan.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"
#include "model/world.h"

namespace ovlspec::model {

Plan check(const World& world, const Caller& caller, const Operation& operation);

// REQUIRES: plan = check(world, caller, operation), and plan.success(). Times that the operation sets to now are free
// afterwards. The outcome tells what a directory listing delivered; it decides nothing else.
void apply(World& world, const Caller& caller, const Operation& operation, const Plan& plan, const Outcome& outcome);

// After an error: flock(2) gives a lock up before it asks for the other kind.
void refuse(World& world, const Operation& operation, Errno error);

// An answer that the rule does not allow.
struct Mismatch {
  Rule rule = Rule::kStat;
  std::string what;  // "size 3, expected 5"
};
// Whether the payload of a success is what the tree says. To be called before apply. Attributes are judged but for what
// identity and history decide (numbers, device, change time, directories' link counts).
std::optional<Mismatch> check_answer(const World& world, const Caller& caller, const Operation& operation,
                                     const Plan& plan, const Outcome& outcome);

}  // namespace ovlspec::model
