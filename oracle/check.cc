#include "oracle/check.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "oracle/cases.h"
#include "oracle/finding_file.h"
#include "oracle/progress.h"
#include "oracle/report.h"
#include "oracle/shrink.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kDefaultCases = 200;
constexpr std::uint64_t kKernelViewEvery = 10;
constexpr std::size_t kKindsAtMost = 50;  // of violations by one subject, after which its campaign ends

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool same_kind(const Finding& a, const Finding& b) {
  const auto word = [](const Finding& finding) {
    return finding.operation ? operation_word(*finding.operation) : std::string_view{};
  };
  return a.rule == b.rule && word(a) == word(b);
}

class Campaign {
 public:
  Campaign(const CheckOptions& options, std::string subject, Progress& progress)
      : options_(options), progress_(progress) {
    report_.subject = std::move(subject);
    report_.gated = options.gates.empty() ||
                    std::find(options.gates.begin(), options.gates.end(), report_.subject) != options.gates.end();
  }

  SubjectReport run(const Cases& cases) {
    SubjectOrError made = make_subject(report_.subject);
    ProfileOrError profile = profile_of(report_.subject);
    if (made.subject == nullptr) report_.failure = made.error.what;
    if (!profile.error.empty()) report_.failure = "its profile: " + profile.error;
    if (report_.failure) return std::move(report_);
    subject_ = std::move(made.subject);
    profile_ = std::move(profile.profile);
    start_ = Clock::now();
    for (std::uint64_t number = 0; goes_on(number, cases); ++number) play(cases.make(number), number);
    report_.seconds = seconds_since(start_);
    return std::move(report_);
  }

 private:
  bool goes_on(std::uint64_t number, const Cases& cases) const {
    if (report_.failure || report_.violations.size() >= kKindsAtMost) return false;
    if (cases.count() && number >= *cases.count()) return false;
    if (options_.cases && number >= *options_.cases) return false;
    const double share = options_.seconds.value_or(0) / static_cast<double>(options_.subjects.size());
    if (options_.seconds && seconds_since(start_) >= share) return false;
    return options_.cases || options_.seconds || cases.count() || number < kDefaultCases;
  }

  RunOptions run_options(std::uint64_t number) const {
    return RunOptions{.compare_with_kernel = number % kKernelViewEvery == 0};
  }

  void play(const Trace& trace, std::uint64_t number) {
    const RunResult result = oracle::run(*subject_, trace, profile_, run_options(number));
    ++report_.cases;
    report_.operations += result.operations;
    report_.met |= result.met;
    report_.seconds = seconds_since(start_);
    for (const auto& [deviation, count] : result.deviations)
      report_
          .deviations[fmt::format("{}: {} [{}]", text_of(deviation->rule).id, deviation->reason, deviation->source)] +=
          count;
    if (result.failure) report_.failure = fmt::format("case {}: {}", number, result.failure->what);
    if (result.verdict == Verdict::kUnjudged) ++report_.unjudged;
    if (result.finding) found(trace, *result.finding, number);
    progress_.show(report_);
  }

  void found(const Trace& trace, const Finding& finding, std::uint64_t number) {
    for (Violation& known : report_.violations) {
      if (!same_kind(known.finding, finding)) continue;
      ++known.count;
      return;
    }
    Violation violation{.subject = report_.subject, .finding = finding, .trace = trace, .count = 1};
    make_small(violation, number);
    if (const auto file = save_violation(violation, options_.out)) violation.file = *file;
    report_.violations.push_back(std::move(violation));
  }

  void make_small(Violation& violation, std::uint64_t number) {
    const Finding wanted = violation.finding;
    violation.trace = shrink(violation.trace, [&](const Trace& candidate) {
      const RunResult result = oracle::run(*subject_, candidate, profile_, run_options(number));
      if (!result.finding || !same_kind(*result.finding, wanted)) return false;
      violation.finding = *result.finding;
      return true;
    });
  }

  const CheckOptions& options_;
  Progress& progress_;
  SubjectReport report_;
  std::unique_ptr<Subject> subject_;
  Profile profile_;
  Clock::time_point start_;
};

}  // namespace

ExitStatus check(const CheckOptions& options) {
  const CasesOrError cases = cases_of(options);
  if (!cases.error.empty()) {
    fmt::print(stderr, "ovlspec: {}\n", cases.error);
    return ExitStatus::kUsage;
  }
  for (const std::string& subject : options.subjects) {
    const SubjectOrError made = make_subject(subject);
    if (made.subject != nullptr || !made.error.usage) continue;
    fmt::print(stderr, "ovlspec: {}\n", made.error.what);
    return ExitStatus::kUsage;
  }
  std::vector<SubjectReport> reports;
  {
    Progress progress;
    for (const std::string& subject : options.subjects)
      reports.push_back(Campaign(options, subject, progress).run(*cases.cases));
  }
  fmt::print("{}", report_text(reports));
  return exit_status(reports);
}

ExitStatus replay(const Trace& trace, const std::vector<std::string>& subjects) {
  ExitStatus status = ExitStatus::kConforms;
  for (const std::string& name : subjects) {
    const SubjectOrError made = make_subject(name);
    const ProfileOrError profile = profile_of(name);
    if (made.subject == nullptr) {
      fmt::print(stderr, "ovlspec: {}\n", made.error.what);
      return made.error.usage ? ExitStatus::kUsage : ExitStatus::kEnvironment;
    }
    const RunResult result = run(*made.subject, trace, profile.profile, RunOptions{.compare_with_kernel = true});
    if (result.finding) {
      fmt::print("{}", violation_text(Violation{.subject = name, .finding = *result.finding, .trace = trace}));
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

ExitStatus shrink_command(const Trace& trace, const std::vector<std::string>& subjects) {
  for (const std::string& name : subjects) {
    const SubjectOrError made = make_subject(name);
    const ProfileOrError profile = profile_of(name);
    if (made.subject == nullptr) {
      fmt::print(stderr, "ovlspec: {}\n", made.error.what);
      return made.error.usage ? ExitStatus::kUsage : ExitStatus::kEnvironment;
    }
    const RunOptions options{.compare_with_kernel = true};
    const RunResult result = run(*made.subject, trace, profile.profile, options);
    if (!result.finding) continue;
    const Trace small = shrink(trace, [&](const Trace& candidate) {
      const RunResult again = run(*made.subject, candidate, profile.profile, options);
      return again.finding && same_kind(*again.finding, *result.finding);
    });
    fmt::print("{}", print_text(small));
    return ExitStatus::kViolation;
  }
  fmt::print(stderr, "ovlspec: the trace shows no violation on {}\n", fmt::join(subjects, ", "));
  return ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
