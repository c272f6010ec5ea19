#include "oracle/campaign.h"

#include <fmt/format.h>

#include <algorithm>

#include "oracle/finding_file.h"
#include "oracle/finding_key.h"
#include "oracle/runner.h"
#include "oracle/shrink.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint64_t kDefaultCases = 200;
constexpr std::uint64_t kKernelViewEvery = 10;
constexpr std::size_t kViolationsAtMost = 50;  // by one subject, after which its campaign ends
constexpr unsigned kNothingNewAtMost = 3;      // after which violations of a kind are counted, not made small
constexpr unsigned kFailuresInARow = 20;       // cases that could not be played, after which the campaign ends
constexpr unsigned kReplays = 5;
constexpr double kReplaySeconds = 5;  // for all of them
constexpr double kShrinksInAShare = 10;
constexpr double kShrinkSecondsAtLeast = 2;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string deviation_text(const Deviation& deviation) {
  return fmt::format("{}: {} [{}]", text_of(deviation.rule).id, deviation.reason, deviation.source);
}

}  // namespace

Campaign::Campaign(const CampaignContext& context, std::string subject) : context_(context) {
  const auto& gates = context.options.gates;
  report_.subject = std::move(subject);
  report_.gated = gates.empty() || std::find(gates.begin(), gates.end(), report_.subject) != gates.end();
}

SubjectReport Campaign::run() {
  SubjectOrError made = make_subject(report_.subject, context_.options.settings);
  ProfileOrError profile = profile_of(report_.subject, context_.options.profiles);
  if (made.subject == nullptr) report_.failure = made.error.what;
  if (!profile.error.empty()) report_.failure = "its profile: " + profile.error;
  if (report_.failure) return std::move(report_);
  subject_ = std::move(made.subject);
  profile_ = std::move(profile.profile);
  start_ = Clock::now();
  replay_known();
  for (std::uint64_t number = 0; goes_on(number); ++number) play(context_.cases.make(number), number);
  report_.seconds = seconds_since(start_);
  report_.stopped = is_stopped();
  for (const auto& [place, times] : deviations_) {
    DeviationCount& sum = report_.deviations[deviation_text(profile_.deviations[place])];
    sum.ideal += times.ideal;
    sum.shown += times.shown;
  }
  find_unexpected();
  subject_.reset();
  return std::move(report_);
}

bool Campaign::goes_on(std::uint64_t number) const {
  const CheckOptions& options = context_.options;
  const auto count = context_.cases.count();
  if (report_.failure || is_stopped() || report_.violations.size() >= kViolationsAtMost) return false;
  if (count && number >= *count) return false;
  if (options.cases && number >= *options.cases) return false;
  if (share() && seconds_since(start_) >= *share()) return false;
  return options.cases || options.seconds || count || number < kDefaultCases;
}

std::optional<double> Campaign::share() const {
  if (!context_.options.seconds) return std::nullopt;
  return *context_.options.seconds / static_cast<double>(context_.options.subjects.size());
}

RunOptions Campaign::run_options(std::uint64_t number) const {
  return RunOptions{.compare_with_kernel = number % kKernelViewEvery == 0,
                    .after_violation = AfterViolation::kGoOn,
                    .stop = context_.options.settings.stop};
}

std::optional<Finding> Campaign::shows(const Trace& trace, const Finding& wanted, std::uint64_t number) {
  const RunResult result = oracle::run(*subject_, trace, profile_, run_options(number));
  if (result.stopped) return std::nullopt;
  for (const Finding& finding : result.findings)
    if (same_kind(finding, wanted)) return finding;
  return std::nullopt;
}

// Each known issue shows, or is to be taken out.
void Campaign::replay_known() {
  for (const KnownIssue& issue : context_.known) {
    if (!is_of(issue, report_.subject) || has_expired(issue, today()) || is_stopped()) continue;
    const auto is_it = [&](const Finding& finding) { return key_of(finding, issue.trace) == issue.key; };
    bool seen = false;
    for (unsigned i = 0; i < kReplays && !seen; ++i) {
      const RunResult result = oracle::run(*subject_, issue.trace, profile_, run_options(0));
      seen = std::any_of(result.findings.begin(), result.findings.end(), is_it);
    }
    if (!seen && !is_stopped()) report_.stale.push_back(fmt::format("{} ({})", issue.key, issue.file));
  }
}

void Campaign::play(const Trace& trace, std::uint64_t number) {
  const RunResult result = oracle::run(*subject_, trace, profile_, run_options(number));
  if (result.stopped) return;
  count(result, number);
  for (const Finding& finding : result.findings)
    if (!is_stopped()) found(trace, finding, number);
  context_.progress.show(report_);
}

void Campaign::count(const RunResult& result, std::uint64_t number) {
  ++report_.cases;
  report_.operations += result.operations;
  report_.met |= result.met;
  report_.seconds = seconds_since(start_);
  const auto place_of = [this](const Deviation* deviation) {
    return static_cast<std::size_t>(deviation - profile_.deviations.data());
  };
  for (const auto& [deviation, times] : result.deviations) deviations_[place_of(deviation)].shown += times;
  for (const auto& [deviation, times] : result.ideals) deviations_[place_of(deviation)].ideal += times;
  for (const auto& [word, times] : result.declined) report_.declined[word] += times;
  if (result.verdict == Verdict::kUnjudged) ++report_.unjudged;
  failed_in_a_row_ = result.failure ? failed_in_a_row_ + 1 : 0;
  if (!result.failure) return;
  ++report_.failures[result.failure->what];
  if (failed_in_a_row_ >= kFailuresInARow || report_.cases == 1)
    report_.failure = fmt::format("case {}: {}", number, result.failure->what);
}

void Campaign::found(const Trace& trace, const Finding& finding, std::uint64_t number) {
  Kind& kind = kinds_[std::string(text_of(finding.rule).id) + " " + operation_of(finding)];
  if (kind.nothing_new >= kNothingNewAtMost) {
    ++report_.violations[kind.last].likely;
    return;
  }
  Violation violation{.subject = report_.subject, .finding = finding, .trace = trace, .number = number};
  // As it was met, so that it is on disk whatever happens next.
  violation.key = key_of(finding, trace);
  const auto unshrunk = save_violation(violation, context_.options.out);
  make_small(violation);
  violation.key = key_of(violation.finding, violation.trace);
  violation.steadiness = steadiness_of(violation);
  keep(std::move(violation), kind);
  if (unshrunk && report_.violations[kind.last].file != *unshrunk) remove_file(*unshrunk);
}

void Campaign::keep(Violation violation, Kind& kind) {
  const auto same = std::find_if(report_.violations.begin(), report_.violations.end(),
                                 [&](const Violation& other) { return other.key == violation.key; });
  if (same != report_.violations.end()) {
    ++same->count;
    ++kind.nothing_new;
    kind.last = static_cast<std::size_t>(same - report_.violations.begin());
    return;
  }
  for (const KnownIssue& issue : context_.known)
    if (is_of(issue, report_.subject) && issue.key == violation.key && !has_expired(issue, today()))
      violation.known = issue;
  if (const auto file = save_violation(violation, context_.options.out)) violation.file = *file;
  kind.nothing_new = 0;
  kind.last = report_.violations.size();
  report_.violations.push_back(std::move(violation));
}

void Campaign::make_small(Violation& violation) {
  const Finding wanted = violation.finding;
  const auto holds = [&](const Trace& candidate) {
    const auto finding = shows(candidate, wanted, violation.number);
    if (finding) violation.finding = *finding;
    return finding.has_value();
  };
  // What a second run does not show is not made small.
  ShrinkLimits limits;
  if (share()) limits.seconds = std::clamp(*share() / kShrinksInAShare, kShrinkSecondsAtLeast, limits.seconds);
  if (holds(violation.trace)) violation.trace = shrink(violation.trace, holds, limits);
}

Steadiness Campaign::steadiness_of(const Violation& violation) {
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

// A deviation that never showed though its trigger was met often, or once where it always shows.
void Campaign::find_unexpected() {
  for (const auto& [place, times] : deviations_) {
    const Deviation& deviation = profile_.deviations[place];
    const bool never = times.shown == 0 && times.ideal >= kTriggersWithoutDeviation;
    if (!(deviation.shows == Shows::kAlways && times.ideal > 0) && !(deviation.shows == Shows::kSometimes && never))
      continue;
    report_.unexpected.push_back(fmt::format("{}: the ideal was seen {} times, the deviation {} times",
                                             deviation_text(deviation), times.ideal, times.shown));
  }
}

}  // namespace ovlspec::oracle
