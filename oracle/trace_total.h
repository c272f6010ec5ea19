// The total encoding of traces, for fuzzing: any bytes are a trace, and most of them one that does something.
//
// Names come from a small alphabet or are paths that occurred before; numbers are small or taken modulo their range;
// which event a byte means depends on whether the overlay is mounted, so that no event is in vain; where the input ends
// every further byte is zero. What does not fit (a name that is taken, a link to nothing) is left out. Changing a few
// bytes changes a few events.
#pragma once

#include <string>
#include <string_view>

#include "oracle/trace.h"

namespace ovlspec::oracle {

// Never fails; the trace keeps trace_limits.h. No bytes: no events over one empty lower.
Trace decode_total(std::string_view bytes);

// Bytes that decode to `trace`, where it is within the vocabulary; else to a trace like it, in which what cannot be
// said is something near it. Within it are traces with at most four lowers of at most 271 entries, the first callers of
// standard_callers, no options, nothing seen, no marks of backings and origins, events that fit the state (operations
// while mounted, mutations while not), layer names that exist, paths of at most 31 components that are of the
// alphabet or of at most 63 bytes, data of at most 63 bytes or a run of one byte, times from
// 1970 to 2106, and the devices 0:0, 1:3, 60:1 and 60:300.
std::string encode_total(const Trace& trace);

}  // namespace ovlspec::oracle
