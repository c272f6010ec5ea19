#include <fmt/format.h>

#include <algorithm>

#include "oracle/check.h"
#include "oracle/finding_key.h"
#include "oracle/profile.h"
#include "oracle/report.h"
#include "oracle/shrink.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

// A subject with its profile, or why there is none, which is printed.
struct Player {
  std::unique_ptr<Subject> subject;
  Profile profile;
  ExitStatus status = ExitStatus::kConforms;
};

Player player_of(const std::string& name, const ReplayOptions& options) {
  SubjectOrError made = make_subject(name, options.settings);
  ProfileOrError profile = profile_of(name, options.profiles);
  if (made.subject != nullptr && profile.error.empty())
    return {.subject = std::move(made.subject), .profile = std::move(profile.profile)};
  const bool usage = made.subject != nullptr || made.error.usage;
  fmt::print(stderr, "ovlspec: {}\n", made.subject == nullptr ? made.error.what : profile.error);
  return {.subject = nullptr, .profile = {}, .status = usage ? ExitStatus::kUsage : ExitStatus::kEnvironment};
}

RunOptions run_options(const ReplayOptions& options) {
  return RunOptions{
      .compare_with_kernel = true, .after_violation = AfterViolation::kGoOn, .stop = options.settings.stop};
}

}  // namespace

ExitStatus replay(const Trace& trace, const ReplayOptions& options) {
  ExitStatus status = ExitStatus::kConforms;
  for (const std::string& name : options.subjects) {
    const Player player = player_of(name, options);
    if (player.subject == nullptr) return player.status;
    const RunResult result = run(*player.subject, trace, player.profile, run_options(options));
    if (result.stopped) {
      fmt::print("{}: interrupted\n", name);
      return ExitStatus::kInconclusive;
    }
    for (const Finding& finding : result.findings)
      fmt::print("{}", violation_text(Violation{.subject = name, .finding = finding, .trace = trace}));
    if (result.finding) {
      status = ExitStatus::kViolation;
    } else if (result.failure) {
      fmt::print("{}: {}\n", name, result.failure->what);
      if (status == ExitStatus::kConforms) status = ExitStatus::kInconclusive;
    } else {
      fmt::print("{}: {}, {} operations judged\n", name,
                 result.verdict == Verdict::kUnjudged ? "a deviation ended the case early" : "conforms",
                 result.operations);
    }
  }
  return status;
}

ExitStatus shrink_command(const Trace& trace, const ReplayOptions& options) {
  for (const std::string& name : options.subjects) {
    const Player player = player_of(name, options);
    if (player.subject == nullptr) return player.status;
    const auto play = [&](const Trace& candidate) {
      return run(*player.subject, candidate, player.profile, run_options(options));
    };
    const RunResult result = play(trace);
    if (!result.finding) continue;
    const Trace small = shrink(trace, [&](const Trace& candidate) {
      const RunResult again = play(candidate);
      const auto is_it = [&](const Finding& finding) { return same_kind(finding, *result.finding); };
      return !again.stopped && std::any_of(again.findings.begin(), again.findings.end(), is_it);
    });
    fmt::print("{}", print_text(small));
    return ExitStatus::kViolation;
  }
  fmt::print(stderr, "ovlspec: the trace shows no violation on {}\n", fmt::join(options.subjects, ", "));
  return ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
