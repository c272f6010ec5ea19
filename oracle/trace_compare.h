// Equality of traces as every encoding keeps it.
#pragma once

#include "oracle/trace.h"

namespace ovlspec::oracle {

// Whether two traces say the same: layers as same_layer compares them, what was seen event by event (a missing end of
// `seen` is nothing seen), all else member by member.
bool same_trace(const Trace& one, const Trace& other);
bool same_event(const Event& one, const Event& other);

}  // namespace ovlspec::oracle
