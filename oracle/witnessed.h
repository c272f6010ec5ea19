// Which rules one right answer is a witness of, beside the one that permitted it.
#pragma once

#include "model/plan.h"
#include "model/rules.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"
#include "model/world.h"

namespace ovlspec::oracle {

// Of a success that is as the model says; `world` is from before it. Rules about what an operation leaves behind are
// met where it had to leave it: what is looked at later is compared with that.
model::RuleSet witnessed(const model::World& world, const Caller& caller, const Operation& operation,
                         const model::Plan& plan, const Outcome& outcome);

}  // namespace ovlspec::oracle
