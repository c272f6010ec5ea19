// One subject's part of `ovlspec check`: plays the cases, makes what breaks a rule small, tells what is known from what
// is new, and saves it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "oracle/cases.h"
#include "oracle/check.h"
#include "oracle/known_issues.h"
#include "oracle/progress.h"

namespace ovlspec::oracle {

// What outlives each campaign of a run.
struct CampaignContext {
  const CheckOptions& options;
  const Cases& cases;
  const std::vector<KnownIssue>& known;
  Progress& progress;
};

class Campaign {
 public:
  Campaign(const CampaignContext& context, std::string subject);
  SubjectReport run();

 private:
  using Clock = std::chrono::steady_clock;

  // What is left to find out about violations of one rule by one operation.
  struct Kind {
    unsigned nothing_new = 0;  // how many in a row had a key that was there already
    std::size_t last = 0;      // of report_.violations: where the last of them was counted
  };

  bool goes_on(std::uint64_t number) const;
  // Of the campaign's time, this subject's part; nothing where it is not limited.
  std::optional<double> share() const;
  RunOptions run_options(std::uint64_t number) const;
  void replay_known();
  void play(const Trace& trace, std::uint64_t number);
  void count(const RunResult& result, std::uint64_t number);
  void found(const Trace& trace, const Finding& finding, std::uint64_t number);
  void make_small(Violation& violation);
  Steadiness steadiness_of(const Violation& violation);
  // Whether the trace shows a violation of this kind; which.
  std::optional<Finding> shows(const Trace& trace, const Finding& wanted, std::uint64_t number);
  void keep(Violation violation, Kind& kind);
  void find_unexpected();
  bool is_stopped() const { return context_.options.settings.stop != nullptr && *context_.options.settings.stop; }

  const CampaignContext& context_;
  SubjectReport report_;
  std::unique_ptr<Subject> subject_;
  Profile profile_;
  std::map<std::size_t, DeviationCount> deviations_;  // by their places in profile_
  std::map<std::string, Kind> kinds_;
  unsigned failed_in_a_row_ = 0;
  Clock::time_point start_;
};

}  // namespace ovlspec::oracle
