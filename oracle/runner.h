// Plays a trace on a subject, and has every step judged.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/judge.h"
#include "oracle/run_watcher.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

struct RunOptions {
  // Objects up to which the whole tree is looked at after each mount and before each unmount; 0: never.
  std::size_t walk_up_to = 2000;
  bool compare_with_kernel = false;  // after each unmount, where the subject can
  // File handles are opened and taken with each walk, where the subject can; without walks they are opened when a mount
  // begins, and taken when it ends.
  bool open_handles = true;
  // kGoOn: a run may have several findings.
  AfterViolation after_violation = AfterViolation::kEnd;
  const std::atomic<bool>* stop = nullptr;  // once true, the run ends
  RunWatcher* watcher = nullptr;
};

struct RunResult {
  Verdict verdict = Verdict::kFine;
  std::optional<Finding> finding;  // for kViolation: the first
  std::vector<Finding> findings;   // all: of each rule and operation the first
  std::optional<Failure> failure;  // the subject could not be run; the verdict means nothing
  model::RuleSet met;
  std::map<const Deviation*, std::uint64_t> deviations;
  std::map<const Deviation*, std::uint64_t> ideals;  // how often a deviation's trigger was met, and the ideal seen
  std::uint64_t operations = 0;                      // judged, the walks' too
  std::map<std::string, std::uint64_t> declined;     // operations that the subject has not, by word
  bool stopped = false;
  std::vector<std::optional<Outcome>> seen;  // by event
};

// Leaves the subject unmounted. The profile outlives the result.
RunResult run(Subject& subject, const Trace& trace, const Profile& profile, const RunOptions& options);

}  // namespace ovlspec::oracle
