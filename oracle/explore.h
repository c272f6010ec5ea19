// `ovlspec explore`: every small stack, every sequence of steps up to a length, on an engine beside the model.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oracle/check.h"
#include "oracle/explorer.h"

namespace ovlspec::oracle {

struct ExploreOptions {
  WorldSize size;
  unsigned length = 2;
  std::string subject = "engine";
  unsigned jobs = 1;                   // threads
  std::optional<double> seconds;       // for all: after them no stack is looked for, and what was begun is given up
  std::uint64_t memory = 1ULL << 30U;  // bytes, in which different states of all stacks are counted
  std::string progress;                // a file of the stacks that are finished, from which a run goes on; empty: none
  std::string out = "ovlspec-findings";  // counterexamples are saved here
  const std::atomic<bool>* stop = nullptr;
};

struct ExploreReport {
  Explored explored;         // of the stacks that are finished; the digest is the same however they were shared out
  std::uint64_t stacks = 0;  // that were come to
  bool has_more = false;     // ... and there are others
  std::uint64_t finished = 0;
  std::uint64_t resumed = 0;          // of those, before this run
  std::uint64_t different = 0;        // states of all stacks of this run
  bool different_is_least = false;    // there was no memory for more
  std::vector<Violation> violations;  // made small
  std::optional<std::string> failure;
  bool stopped = false;
  double seconds = 0;
};

using SubjectMaker = std::function<SubjectOrError()>;

ExploreReport explore_all(const ExploreOptions& options, const SubjectMaker& make);
std::string explore_text(const ExploreOptions& options, const ExploreReport& report);
// Prints the report. A search that is not finished is inconclusive.
ExitStatus explore(const ExploreOptions& options);

}  // namespace ovlspec::oracle
