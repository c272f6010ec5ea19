// `ovlspec check`: a campaign. Every subject plays the same cases, each is judged, and each kind of violation is made
// small and saved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/finding.h"
#include "oracle/runner.h"

namespace ovlspec::oracle {

struct CheckOptions {
  std::vector<std::string> subjects;
  std::vector<std::string> gates;  // of the subjects; empty: all decide the exit status
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> cases;    // for each subject
  std::optional<double> seconds;         // for all subjects, in equal shares; with cases, what comes first
  std::vector<std::string> layers;       // real directories, topmost first, as lowers instead of generated ones
  std::string traces;                    // a trace, or a directory of them, instead of generated cases
  std::string out = "ovlspec-findings";  // violations are saved here
  std::uint32_t operations = 60;         // of a generated case, about
  bool mutations = true;                 // generated cases change the layers between mounts
};

// One kind of violation by one subject: the first that was met of its rule and operation, made small.
struct Violation {
  std::string subject;
  Finding finding;
  Trace trace;
  std::string file;         // where it was saved
  std::uint64_t count = 0;  // how many cases showed it
};

struct SubjectReport {
  std::string subject;
  bool gated = true;
  std::uint64_t cases = 0;
  std::uint64_t operations = 0;
  std::uint64_t unjudged = 0;  // cases that a deviation ended early
  double seconds = 0;
  model::RuleSet met;
  std::map<std::string, std::uint64_t> deviations;  // by rule ID and reason
  std::vector<Violation> violations;
  std::optional<std::string> failure;  // why it could not be run, or not to the end
};

enum class ExitStatus : int { kConforms = 0, kViolation = 1, kUsage = 2, kInconclusive = 3, kEnvironment = 4 };

// Prints progress to standard error and the report to standard output.
ExitStatus check(const CheckOptions& options);

// `ovlspec replay` and `ovlspec shrink` of a trace on subjects; what is found is printed.
ExitStatus replay(const Trace& trace, const std::vector<std::string>& subjects);
ExitStatus shrink_command(const Trace& trace, const std::vector<std::string>& subjects);

}  // namespace ovlspec::oracle
