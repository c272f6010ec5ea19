#include "oracle/player.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "oracle/finding_file.h"
#include "oracle/finding_key.h"
#include "oracle/runner.h"
#include "oracle/shrink.h"

namespace ovlspec::oracle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kKernelViewEvery = 10;
constexpr unsigned kReplays = 5;
constexpr double kReplaySeconds = 5;  // for all of them
constexpr double kShrinksInAShare = 10;
constexpr double kShrinkSecondsAtLeast = 2;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

std::optional<double> share_of(const CheckOptions& options) {
  if (!options.seconds) return std::nullopt;
  return *options.seconds / static_cast<double>(options.subjects.size());
}

Player::Player(const CampaignContext& context, JudgedSubject judged, Subject& subject)
    : context_(context), judged_(std::move(judged)), subject_(subject) {}

RunOptions Player::run_options(std::uint64_t number) const {
  return RunOptions{.compare_with_kernel = number % kKernelViewEvery == 0,
                    .after_violation = AfterViolation::kGoOn,
                    .stop = context_.options.settings.stop};
}

std::vector<std::string> Player::stale() {
  std::vector<std::string> stale;
  for (const KnownIssue& issue : context_.known) {
    if (!is_of(issue, judged_.name) || has_expired(issue, today()) || is_stopped()) continue;
    const auto is_it = [&](const Finding& finding) { return key_of(finding, issue.trace) == issue.key; };
    bool seen = false;
    for (unsigned i = 0; i < kReplays && !seen; ++i) {
      const RunResult result = oracle::run(subject_, issue.trace, judged_.profile, run_options(0));
      seen = std::any_of(result.findings.begin(), result.findings.end(), is_it);
    }
    if (!seen && !is_stopped()) stale.push_back(fmt::format("{} ({})", issue.key, issue.file));
  }
  return stale;
}

PlayedCase Player::play(std::uint64_t number, Emphasis emphasis, const std::set<std::string>& exhausted) {
  PlayedCase played{.number = number, .emphasis = emphasis, .played = {}};
  const Trace trace = context_.cases.make(number, emphasis);
  const RunResult result = oracle::run(subject_, trace, judged_.profile, run_options(number));
  played.interrupted = result.stopped;
  if (result.stopped) return played;
  played.played = count(result, trace);
  for (const Finding& finding : result.findings) {
    if (is_stopped()) break;
    Sighting sighting{.kind = kind_of(finding), .small = std::nullopt};
    if (exhausted.count(sighting.kind) == 0) sighting.small = make_small(trace, finding, number);
    played.played.sightings.push_back(std::move(sighting));
  }
  played.interrupted = is_stopped();
  return played;
}

Played Player::count(const RunResult& result, const Trace& trace) const {
  Played played{.cases = 1, .operations = result.operations, .declined = result.declined};
  played.coverage.add_case(result.met);
  for (std::size_t i = 0; i < result.seen.size(); ++i)
    if (const auto* step = std::get_if<Step>(&trace.events[i]); step != nullptr && result.seen[i])
      ++played.coverage.answers[{step->operation.index(), result.seen[i]->error}];
  const auto place_of = [this](const Deviation* deviation) {
    return static_cast<std::size_t>(deviation - judged_.profile.deviations.data());
  };
  for (const auto& [deviation, times] : result.deviations) played.deviations[place_of(deviation)].shown += times;
  for (const auto& [deviation, times] : result.ideals) played.deviations[place_of(deviation)].ideal += times;
  if (result.verdict == Verdict::kUnjudged) ++played.unjudged;
  if (!result.failure) return played;
  ++played.failures[result.failure->what];
  played.failed_at_end = 1;
  return played;
}

std::optional<Finding> Player::shows(const Trace& trace, const Finding& wanted, std::uint64_t number) {
  const RunResult result = oracle::run(subject_, trace, judged_.profile, run_options(number));
  if (result.stopped) return std::nullopt;
  for (const Finding& finding : result.findings)
    if (same_kind(finding, wanted)) return finding;
  return std::nullopt;
}

Violation Player::make_small(const Trace& trace, const Finding& finding, std::uint64_t number) {
  Violation violation{.subject = judged_.name, .finding = finding, .trace = trace, .number = number};
  // As it was met, so that it is on disk whatever happens next.
  violation.key = key_as_met(key_of(finding, trace), number);
  const auto unshrunk = save_violation(violation, context_.options.out);
  const auto holds = [&](const Trace& candidate) {
    const auto shown = shows(candidate, finding, number);
    if (shown) violation.finding = *shown;
    return shown.has_value();
  };
  ShrinkLimits limits;
  if (const auto share = share_of(context_.options))
    limits.seconds = std::clamp(*share / kShrinksInAShare, kShrinkSecondsAtLeast, limits.seconds);
  // What a second run does not show is not made small.
  if (holds(violation.trace)) violation.trace = shrink(violation.trace, holds, limits);
  violation.key = key_of(violation.finding, violation.trace);
  violation.steadiness = steadiness_of(violation);
  if (unshrunk && !is_stopped()) remove_file(*unshrunk);
  return violation;
}

Steadiness Player::steadiness_of(const Violation& violation) {
  Steadiness steadiness;
  const Clock::time_point start = Clock::now();
  while (steadiness.replays < kReplays && !is_stopped() && seconds_since(start) < kReplaySeconds) {
    const bool shown = shows(violation.trace, violation.finding, violation.number).has_value();
    if (is_stopped()) break;
    ++steadiness.replays;
    steadiness.shown += shown ? 1 : 0;
  }
  return steadiness;
}

}  // namespace ovlspec::oracle
