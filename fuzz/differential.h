// One fuzzing input: a trace in the total encoding, played on the engine over the memory store, every step judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "oracle/profile.h"
#include "oracle/runner.h"
#include "oracle/subject.h"

namespace ovlspec::fuzz {

// What went wrong, with the trace, for a person; nothing where the engine conforms. Counts in feedback().
std::optional<std::string> judge_input(std::string_view bytes);

// The same on another subject; the canary's.
std::optional<std::string> judge_trace(oracle::Subject& subject, const oracle::Trace& trace);

// The same on real mounts of one subject, by its profile: each input's layers on a tmpfs, in a mount namespace of this
// process's own.
class MountedInputs {
 public:
  // Ends the process with a line where the subject cannot be run here. `known`: a directory of traces, or empty; what
  // they show today (rule, operation, and how what was seen begins) is found in no input.
  MountedInputs(std::string_view subject, const std::string& known);
  std::optional<std::string> judge(std::string_view bytes);
  // Inputs whose layers no file system takes, such as one with an access control list of rubbish.
  std::uint64_t not_played() const { return not_played_; }

 private:
  static std::string kind_of(const oracle::Finding& finding);

  std::set<std::string> known_;
  std::uint64_t not_played_ = 0;
  std::unique_ptr<oracle::Subject> subject_;
  oracle::Profile profile_;
};

// A mutation of an input that keeps it a trace that means something: an event or layer entry taken away, repeated,
// moved, or taken over from a generated trace of this seed. At most `capacity` bytes.
std::string mutate_input(std::string_view bytes, std::size_t capacity, std::uint64_t seed);

}  // namespace ovlspec::fuzz
