#include "oracle/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "oracle/explore_progress.h"
#include "oracle/finding_file.h"
#include "oracle/finding_key.h"
#include "oracle/program_digest.h"
#include "oracle/report.h"
#include "oracle/shrink.h"

namespace ovlspec::oracle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kCounterexamplesAtMost = 10;  // of all stacks, after which the search ends

// What the threads share.
class Exploration {
 public:
  Exploration(const ExploreOptions& options, const SubjectMaker& make)
      : options_(options), make_(make), stacks_(options.size), states_(options.memory) {}

  ExploreReport run() {
    if (!options_.progress.empty()) report_.failure = ExploreProgress::open(options_.progress, what(), progress_);
    for (const auto& [stack, explored] : progress_.finished()) report_.explored += explored;
    report_.resumed = report_.finished = progress_.finished().size();
    if (!report_.failure) run_threads();
    report_.different = states_.count();
    report_.different_is_least = states_.is_full();
    report_.has_more = !stacks_.is_at_end();
    report_.stacks = std::max(report_.stacks, report_.finished);
    report_.stopped = report_.has_more || report_.finished < report_.stacks;
    report_.seconds = seconds();
    return std::move(report_);
  }

 private:
  std::string what() const {
    return fmt::format("{} layers, {} names, {} steps, {}, {}", options_.size.layers, options_.size.names,
                       options_.length, options_.subject, program_digest());
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  bool is_over() const {
    return (options_.stop != nullptr && *options_.stop) || (options_.seconds && seconds() >= *options_.seconds);
  }

  void run_threads() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    std::thread watching([this] { watch(); });
    for (std::thread& thread : threads) thread.join();
    stop_ = true;
    watching.join();
  }

  void watch() {
    auto next = Clock::now() + std::chrono::seconds(10);
    while (!stop_) {
      if (is_over()) stop_ = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (Clock::now() < next) continue;
      next += std::chrono::seconds(10);
      const std::lock_guard lock(mutex_);
      fmt::print(stderr, "{} stacks, {} sequences, {} different states\n", report_.finished, report_.explored.sequences,
                 states_.count());
    }
  }

  void work() {
    const SubjectOrError made = make_();
    if (made.subject == nullptr) return fail(made.error.what);
    Explorer explorer(*made.subject, {.size = options_.size, .length = options_.length, .stop = &stop_}, &states_);
    while (const auto drawn = draw()) {
      const auto& [stack, trace] = *drawn;
      const Explorer::Result result = explorer.explore(trace);
      if (result.failure) return fail(*result.failure);
      if (result.counterexample) {
        found(*made.subject, *result.counterexample, stack);
      } else if (!result.stopped) {
        finish(stack, result.explored);
      }
    }
  }

  // The next stack that is not finished, with its number.
  std::optional<std::pair<std::uint64_t, Trace>> draw() {
    const std::lock_guard lock(drawing_);
    while (!stop_ && stacks_.next(&stop_)) {
      const std::uint64_t stack = report_.stacks++;
      if (progress_.finished().count(stack) == 0) return std::pair(stack, stacks_.make());
    }
    return std::nullopt;
  }

  void fail(const std::string& why) {
    const std::lock_guard lock(mutex_);
    report_.failure = why;
    stop_ = true;
  }

  void finish(std::uint64_t stack, const Explored& explored) {
    const std::lock_guard lock(mutex_);
    report_.explored += explored;
    ++report_.finished;
    if (options_.progress.empty()) return;
    if (const auto why = progress_.add(stack, explored)) {
      report_.failure = *why;
      stop_ = true;
    }
  }

  ShrinkLimits shrink_limits() const {
    constexpr double kSecondsAtLeast = 1;
    ShrinkLimits limits;
    if (options_.seconds) limits.seconds = std::clamp(*options_.seconds - seconds(), kSecondsAtLeast, limits.seconds);
    return limits;
  }

  void found(Subject& subject, const Counterexample& counterexample, std::uint64_t stack) {
    const Profile profile;
    Violation violation{
        .subject = options_.subject, .finding = counterexample.finding, .trace = counterexample.trace, .number = stack};
    const auto holds = [&](const Trace& candidate) {
      const RunResult result = oracle::run(subject, candidate, profile, RunOptions{});
      if (!result.finding || !same_kind(*result.finding, counterexample.finding)) return false;
      violation.finding = *result.finding;
      ++violation.steadiness.shown;
      return true;
    };
    violation.steadiness.replays = 1;
    if (holds(violation.trace)) violation.trace = shrink(violation.trace, holds, shrink_limits());
    violation.steadiness.shown = std::min(violation.steadiness.shown, 1U);
    violation.key = key_of(violation.finding, violation.trace);
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(report_.violations.begin(), report_.violations.end(),
                                   [&](const Violation& other) { return other.key == violation.key; });
    if (++counterexamples_ >= kCounterexamplesAtMost) stop_ = true;
    if (same != report_.violations.end()) {
      ++same->count;
      return;
    }
    if (const auto file = save_violation(violation, options_.out)) violation.file = *file;
    report_.violations.push_back(std::move(violation));
  }

  const ExploreOptions& options_;
  const SubjectMaker& make_;
  const Clock::time_point start_ = Clock::now();
  std::mutex drawing_;  // over the stacks, and their count in the report
  SmallStacks stacks_;
  StateSet states_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // over all below
  ExploreProgress progress_;
  std::uint64_t counterexamples_ = 0;
  ExploreReport report_;
};

std::string states_text(const ExploreReport& report) {
  std::string text =
      fmt::format("states on disk        {} (different ones of each stack, added up)\n", report.explored.states);
  if (report.resumed > 0) return text;
  return text +
         fmt::format("of all stacks         {}{}\n", report.different_is_least ? "at least " : "", report.different);
}

}  // namespace

ExploreReport explore_all(const ExploreOptions& options, const SubjectMaker& make) {
  return Exploration(options, make).run();
}

std::string explore_text(const ExploreOptions& options, const ExploreReport& report) {
  std::string text;
  for (const Violation& violation : report.violations) text += violation_text(violation);
  const Explored& explored = report.explored;
  text += fmt::format("\n{}: up to {} layers, {} names, {} steps\n", options.subject, options.size.layers,
                      options.size.names, options.length);
  text += fmt::format("stacks                {} of {}{}\n", report.finished, report.has_more ? "more than " : "",
                      report.stacks);
  text += fmt::format("sequences judged      {}\n", explored.sequences);
  text += fmt::format("answers judged        {}\n", explored.answers) + states_text(report);
  text += fmt::format("searches not repeated {}\n", explored.merged);
  text += fmt::format("led to no judgement    {}\n", explored.unjudged);
  text += fmt::format("rules met             {} of {}\n", explored.met.count(), judged_rules());
  text += fmt::format("seconds               {:.1f}{}\n", report.seconds, report.resumed > 0 ? " (of this run)" : "");
  if (report.resumed == 0 && report.seconds > 0)
    text += fmt::format("sequences per second  {:.0f}\n", static_cast<double>(explored.sequences) / report.seconds);
  text +=
      fmt::format("digest                {:016x}{}\n", explored.digest, report.stopped ? " (of what is finished)" : "");
  if (report.failure) text += fmt::format("\n{}\n", *report.failure);
  return text;
}

ExitStatus explore(const ExploreOptions& options) {
  const ExploreReport report = explore_all(options, [&options] { return make_subject(options.subject); });
  fmt::print("{}", explore_text(options, report));
  if (std::any_of(report.violations.begin(), report.violations.end(), fails)) return ExitStatus::kViolation;
  if (report.failure) return report.finished == report.resumed ? ExitStatus::kUsage : ExitStatus::kInconclusive;
  return report.stopped || !report.violations.empty() ? ExitStatus::kInconclusive : ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
