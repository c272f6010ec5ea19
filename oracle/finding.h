// What the judge found: an outcome, a number or a layer that no rule permits.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "model/rules.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::oracle {

struct Finding {
  model::Rule rule = model::Rule::kStat;
  std::size_t event = 0;               // the trace's event that it happened at
  std::optional<Operation> operation;  // what was asked, where it was an operation
  bool observed = false;               // in the judge's own walk through the tree, not in an operation of the trace
  std::string what;                    // "errno ENOENT, permitted: success (OVL-UNLINK-1)"
};

}  // namespace ovlspec::oracle
