#include "oracle/check.h"

#include <fmt/format.h>

#include <chrono>

#include "oracle/campaign.h"
#include "oracle/cases.h"
#include "oracle/journal.h"
#include "oracle/progress.h"
#include "oracle/report.h"
#include "oracle/report_files.h"
#include "oracle/report_reproduce.h"

namespace ovlspec::oracle {
namespace {

// Why the campaign cannot be begun; nothing where it can.
std::optional<std::string> refusal(const CheckOptions& options, const CasesOrError& cases,
                                   const KnownIssuesOrError& known) {
  if (!cases.error.empty()) return cases.error;
  if (!known.error.empty()) return known.error;
  if (options.steered && !cases.cases->can_be_steered()) return "only generated cases are steered";
  for (const std::string& subject : options.subjects) {
    const SubjectOrError made = make_subject(subject, options.settings);
    if (made.subject == nullptr && made.error.usage) return made.error.what;
    if (const ProfileOrError profile = profile_of(subject, options.profiles); !profile.error.empty())
      return profile.error;
  }
  return std::nullopt;
}

using Clock = std::chrono::steady_clock;

// When reproducers are no longer made: with a time limit, at its end.
Clock::time_point end_of_reproducers(const CheckOptions& options, Clock::time_point start) {
  constexpr double kSeconds = 600;
  const auto from = options.seconds ? start : Clock::now();
  const std::chrono::duration<double> seconds(options.seconds.value_or(kSeconds));
  return from + std::chrono::duration_cast<Clock::duration>(seconds);
}

}  // namespace

ExitStatus check(const CheckOptions& options) {
  const auto start = Clock::now();
  const CasesOrError cases = cases_of(options);
  const KnownIssuesOrError known = options.known.empty() ? KnownIssuesOrError{} : load_known_issues(options.known);
  if (const auto why = refusal(options, cases, known)) {
    fmt::print(stderr, "ovlspec: {}\n", *why);
    return ExitStatus::kUsage;
  }
  Journal journal;
  if (!options.journal.empty()) {
    const JournalHead head = journal_head(options, digest_of(*cases.cases));
    if (const auto why = Journal::open(options.journal, head, journal)) {
      fmt::print(stderr, "ovlspec: {}\n", *why);
      return ExitStatus::kUsage;
    }
  }
  std::vector<SubjectReport> reports;
  {
    Progress progress;
    const CampaignContext context{.options = options, .cases = *cases.cases, .known = known.issues};
    Journal* const kept = options.journal.empty() ? nullptr : &journal;
    for (const std::string& subject : options.subjects)
      reports.push_back(Campaign(context, subject, progress, kept).run());
  }
  if (options.reproducers) add_reproducers(reports, options, end_of_reproducers(options, start));
  fmt::print("{}", report_text(reports));
  if (const auto why = write_report_files(reports, options.out)) fmt::print(stderr, "ovlspec: {}\n", *why);
  return exit_status(reports);
}

}  // namespace ovlspec::oracle
