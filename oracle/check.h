// `ovlspec check`: a campaign. Every subject plays the same cases, each is judged, and each kind of violation is made
// small and saved.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/coverage.h"
#include "oracle/finding.h"
#include "oracle/known_issues.h"
#include "oracle/report_reproducer.h"
#include "oracle/runner.h"
#include "oracle/shard.h"

namespace ovlspec::oracle {

struct CheckOptions {
  std::vector<std::string> subjects;
  std::vector<std::string> gates;  // of the subjects; empty: all decide the exit status
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> cases;    // for each subject
  std::optional<double> seconds;         // for all subjects, in equal shares, and reproducers; or what comes first
  std::vector<std::string> layers;       // real directories, topmost first, as lowers instead of generated ones
  std::string traces;                    // a trace, or a directory of them, instead of generated cases
  std::string out = "ovlspec-findings";  // violations are saved here
  std::uint32_t operations = 60;         // of a generated case, about
  bool mutations = true;                 // generated cases change the layers between mounts
  std::string known;                     // a file of known issues (known_issues.h); empty: none
  bool reproducers = true;               // each violation comes with some
  std::vector<std::string> profiles;     // files that stand for the shipped profiles of their subjects
  Shard shard;                           // of the cases; `cases` counts those of all shards
  std::optional<double> until_coverage;  // ends a subject's campaign once so many per cent of the rules were met
  bool steered = false;                  // generated cases dwell on what shows what was not seen before (steering.h)
  unsigned jobs = 1;                     // processes that play cases
  double case_limit = 600;               // seconds, after which one of several processes that does not answer is ended
  std::string journal;                   // a file that tells what was played, and from which a run goes on; empty: none
  SubjectSettings settings;              // `stop` ends the campaign
};

// How surely a violation shows: in `shown` of `replays` replays of its trace.
struct Steadiness {
  unsigned replays = 0;
  unsigned shown = 0;
  bool is_flaky() const { return replays > 0 && shown == 0; }
};

// One violation by one subject, made small: of those with one key (finding_key.h) the first that was met.
struct Violation {
  std::string subject;
  Finding finding;
  Trace trace;
  std::string key;
  std::string file;          // where it was saved
  std::uint64_t count = 1;   // how many cases showed it
  std::uint64_t likely = 0;  // and how many more one of its rule and operation, not made small
  std::uint64_t number = 0;  // of the first case
  Steadiness steadiness;
  std::optional<KnownIssue> known;  // it is that one, and does not fail the run
  std::vector<Reproducer> reproducers;
  std::optional<model::Layers> layers_after;  // as last scanned, when it was looked at once more
};

// How often a deviation's trigger was met, and how often the subject deviated then.
struct DeviationCount {
  std::uint64_t ideal = 0;
  std::uint64_t shown = 0;
};

struct SubjectReport {
  std::string subject;
  bool gated = true;
  std::uint64_t cases = 0;
  std::uint64_t operations = 0;
  std::uint64_t unjudged = 0;  // cases that a deviation ended early
  double seconds = 0;
  model::RuleSet met;
  Coverage coverage;
  std::map<std::string, DeviationCount> deviations;  // by rule ID and reason
  std::vector<std::string> unexpected;               // deviations that the subject does not show: to be taken out
  std::vector<Violation> violations;
  std::vector<std::string> stale;                 // known issues that no longer show: to be taken out
  std::map<std::string, std::uint64_t> failures;  // of single cases that could not be played, by their words
  std::map<std::string, std::uint64_t> declined;  // operations that the subject has not
  std::optional<std::string> failure;             // why it could not be run, or not to the end
  bool stopped = false;                           // by a signal
};

enum class ExitStatus : int { kConforms = 0, kViolation = 1, kUsage = 2, kInconclusive = 3, kEnvironment = 4 };

// Prints progress to standard error and the report to standard output.
ExitStatus check(const CheckOptions& options);

// `ovlspec replay` and `ovlspec shrink` of a trace on subjects; what is found is printed.
struct ReplayOptions {
  std::string trace;  // the file's path
  std::vector<std::string> subjects;
  std::vector<std::string> profiles;
  SubjectSettings settings;
};
ExitStatus replay(const Trace& trace, const ReplayOptions& options);
ExitStatus shrink_command(const Trace& trace, const ReplayOptions& options);

}  // namespace ovlspec::oracle
