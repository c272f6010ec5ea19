#include "oracle/progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ovlspec::oracle {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0), next_(Clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (terminal_ && shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::show(const SubjectReport& report) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::seconds(1) : std::chrono::seconds(10));
  shown_ = true;
  const double rate = report.seconds > 0 ? static_cast<double>(report.operations) / report.seconds : 0;
  fmt::print(stderr, "{}{}: {} cases, {:.0f} operations/s, {} of {} rules, {} kinds of violation{}",
             terminal_ ? "\r\033[K" : "", report.subject, report.cases, rate, report.met.count(), model::kRuleCount,
             report.violations.size(), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace ovlspec::oracle
