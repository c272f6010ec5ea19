// Makes a trace smaller while something still holds of it: takes away events, layer entries, layers, callers and
// options, then simplifies what is left.
#pragma once

#include <cstdint>
#include <functional>

#include "oracle/trace.h"

namespace ovlspec::oracle {

struct ShrinkLimits {
  std::uint64_t attempts = 2000;  // how often the predicate is asked at most
  double seconds = 30;
};

// REQUIRES: holds(trace). The result holds; no event alone can be taken from it, unless a limit was met.
Trace shrink(Trace trace, const std::function<bool(const Trace&)>& holds, const ShrinkLimits& limits = {});

}  // namespace ovlspec::oracle
