// One fuzzing input: a trace in the total encoding, played on the engine over the memory store, every step judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oracle/runner.h"
#include "oracle/subject.h"

namespace ovlspec::fuzz {

// What went wrong, with the trace, for a person; nothing where the engine conforms.
std::optional<std::string> judge_input(std::string_view bytes);

// The same on another subject; the canary's.
std::optional<std::string> judge_trace(oracle::Subject& subject, const oracle::Trace& trace);

// A mutation of an input that keeps it a trace that means something: an event or layer entry taken away, repeated,
// moved, or taken over from a generated trace of this seed. At most `capacity` bytes.
std::string mutate_input(std::string_view bytes, std::size_t capacity, std::uint64_t seed);

}  // namespace ovlspec::fuzz
