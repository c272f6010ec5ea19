// Plays a campaign's cases on one subject in this process: judges each, and makes what breaks a rule small.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oracle/cases.h"
#include "oracle/check.h"
#include "oracle/known_issues.h"
#include "oracle/played.h"

namespace ovlspec::oracle {

// What outlives each campaign of a run.
struct CampaignContext {
  const CheckOptions& options;
  const Cases& cases;
  const std::vector<KnownIssue>& known;
};

// A case that was played. Interrupted, it tells what was found before.
struct PlayedCase {
  std::uint64_t number = 0;
  Emphasis emphasis = Emphasis::kOrdinary;
  Played played;
  bool interrupted = false;
  bool crashed = false;  // the process that played it; `played` tells how
};

// What is judged. The name is as it was given.
struct JudgedSubject {
  std::string name;
  const Profile& profile;
};

class Player {
 public:
  // All that it is given outlives it.
  Player(const CampaignContext& context, JudgedSubject judged, Subject& subject);

  // Known issues of this subject that do not show any more.
  std::vector<std::string> stale();
  // Violations of these kinds are not made small.
  PlayedCase play(std::uint64_t number, Emphasis emphasis, const std::set<std::string>& exhausted);

 private:
  RunOptions run_options(std::uint64_t number) const;
  Played count(const RunResult& result, const Trace& trace) const;
  Violation make_small(const Trace& trace, const Finding& finding, std::uint64_t number);
  Steadiness steadiness_of(const Violation& violation);
  // Whether the trace shows a violation of this kind; which.
  std::optional<Finding> shows(const Trace& trace, const Finding& wanted, std::uint64_t number);
  bool is_stopped() const { return context_.options.settings.stop != nullptr && *context_.options.settings.stop; }

  const CampaignContext& context_;
  JudgedSubject judged_;
  Subject& subject_;
};

// Of the campaign's time, one subject's part; nothing where it is not limited.
std::optional<double> share_of(const CheckOptions& options);

}  // namespace ovlspec::oracle
