// `ovlspec explain` and `ovlspec rules`.
#pragma once

#include <string>

#include "oracle/check.h"

namespace ovlspec::oracle {

// A rule by its ID; or a trace, event by event: what the specification permits, and the tree after it.
ExitStatus explain(const std::string& rule_or_trace);
// Every rule; with coverage, whether a short campaign on the engine meets it.
ExitStatus print_rules(bool coverage);

}  // namespace ovlspec::oracle
