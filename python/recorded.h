// Judges a recording: what a trace says a subject answered, without the subject.
#pragma once

#include <optional>
#include <string>

#include "oracle/runner.h"

namespace ovlspec::python {

// What a recording lacks to be judged: operations made while mounted that nothing was seen of.
std::optional<std::string> missing_answers(const oracle::Trace& trace);

// As oracle::run, from trace.seen: mounts succeed, layers are the trace's images and mutations, and what is on disk
// after a mount is what the operations should have led to.
// REQUIRES: missing_answers(trace) is nothing.
oracle::RunResult judge_recorded(const oracle::Trace& trace, const oracle::Profile& profile);

}  // namespace ovlspec::python
