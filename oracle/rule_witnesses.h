// `ovlspec witnesses`: for each rule a small trace that meets it, and conforms on our engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "oracle/check.h"

namespace ovlspec::oracle {

struct WitnessOptions {
  std::uint64_t seed = 1;
  std::uint64_t cases = 3000;          // that are looked through, steered
  std::string out = "rule-witnesses";  // RULE.trace each
  const std::atomic<bool>* stop = nullptr;
};

// Writes the traces, and tells which rules have none.
ExitStatus write_witnesses(const WitnessOptions& options);

// Whether a subject conforms to the trace, and meets the rule: by the trace's own operations, without looks at the tree
// between them, where that can be.
bool is_witness(Subject& subject, const Trace& trace, model::Rule rule);

}  // namespace ovlspec::oracle
