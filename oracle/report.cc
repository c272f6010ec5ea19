#include "oracle/report.h"

#include <fmt/format.h>
#include <algorithm>

#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

bool all_known(const SubjectReport& report) {
  return std::all_of(report.violations.begin(), report.violations.end(),
                     [](const Violation& violation) { return violation.known.has_value(); });
}

std::string table(const std::vector<SubjectReport>& reports) {
  std::string text = fmt::format("{:<44} {:<12} {:>8} {:>11} {:>9} {:>10} {:>11} {:>9}\n", "subject", "verdict",
                                 "cases", "operations", "per s", "deviations", "ended early", "rules");
  for (const SubjectReport& report : reports) {
    std::uint64_t deviations = 0;
    for (const auto& [name, count] : report.deviations) deviations += count.shown;
    const double rate = report.seconds > 0 ? static_cast<double>(report.operations) / report.seconds : 0;
    text += fmt::format("{:<44} {:<12} {:>8} {:>11} {:>9.0f} {:>10} {:>11} {:>5}/{}\n",
                        report.subject + (report.gated ? "" : " (reported)"), verdict_of(report), report.cases,
                        report.operations, rate, deviations, report.unjudged, report.met.count(), model::kRuleCount);
  }
  return text;
}

std::string deviations_text(const SubjectReport& report) {
  std::string text;
  for (const auto& [name, count] : report.deviations)
    if (count.shown > 0) text += fmt::format("  {:>9} times  {}\n", count.shown, name);
  return text.empty() ? text : "\nDeviations met by " + report.subject + ":\n" + text;
}

std::string list_text(const std::string& heading, const std::vector<std::string>& lines) {
  return lines.empty() ? "" : fmt::format("\n{}:\n  {}\n", heading, fmt::join(lines, "\n  "));
}

std::string counts_text(const std::string& heading, const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::string> lines;
  for (const auto& [name, count] : counts) lines.push_back(fmt::format("{:>9} times  {}", count, name));
  return list_text(heading, lines);
}

std::string known_text(const SubjectReport& report) {
  std::vector<std::string> lines;
  for (const Violation& violation : report.violations)
    if (violation.known)
      lines.push_back(fmt::format("{:>9} cases  {}: {} [{}]", violation.count + violation.likely, violation.key,
                                  violation.known->reason, violation.known->link));
  return list_text("Known violations by " + report.subject, lines);
}

std::string not_judged_yet() {
  std::string ids;
  for (const model::RuleText& rule : model::kRules)
    if (rule.judged == model::Judged::kNotYet) ids += (ids.empty() ? "" : ", ") + std::string(rule.id);
  return ids.empty() ? ids : "\nNot judged yet: " + ids + ".\n";
}

std::string indented(const std::string& text) {
  std::string result = "    ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "    ";
  }
  return result;
}

}  // namespace

std::string verdict_of(const SubjectReport& report) {
  if (std::any_of(report.violations.begin(), report.violations.end(), fails)) return "violations";
  if (!report.stale.empty() || !report.unexpected.empty()) return "lists wrong";
  if (report.stopped) return "interrupted";
  if (report.failure) return report.cases == 0 ? "not run" : "inconclusive";
  if (!report.failures.empty()) return "inconclusive";
  if (!report.violations.empty()) return all_known(report) ? "known" : "flaky";
  return "conforms";
}

std::string violation_text(const Violation& violation) {
  const Finding& finding = violation.finding;
  const model::RuleText& rule = text_of(finding.rule);
  std::string text =
      fmt::format("\n{} breaks {}: {}\n  source: {}\n", violation.subject, rule.id, rule.sentence, rule.source);
  const std::string place = finding.operation ? operation_text(*finding.operation) : "the layers, or the mount";
  text += fmt::format("  seen at event {}{}: {}\n  {}\n", finding.event + 1,
                      finding.observed ? ", in the walk through the tree" : "", place, finding.what);
  if (!violation.key.empty()) text += fmt::format("  key: {}\n", violation.key);
  if (violation.count > 1) text += fmt::format("  in {} cases\n", violation.count);
  if (violation.likely > 0)
    text +=
        fmt::format("  {} more cases broke this rule with this operation, and were not made small\n", violation.likely);
  const Steadiness& steadiness = violation.steadiness;
  if (steadiness.is_flaky()) {
    text += fmt::format("  flaky: not seen again in {} replays\n", steadiness.replays);
  } else if (steadiness.shown < steadiness.replays) {
    text += fmt::format("  seen again in {} of {} replays\n", steadiness.shown, steadiness.replays);
  }
  std::string shown = print_text(violation.trace);
  constexpr std::size_t kShown = 4000;
  if (shown.size() > kShown) shown = shown.substr(0, kShown) + "\n... (cut)\n";
  text += indented(shown) + "\n";
  if (!violation.file.empty())
    text += fmt::format("  to repeat: ovlspec replay {} --subject '{}'\n", violation.file, violation.subject);
  for (const Reproducer& reproducer : violation.reproducers)
    text += fmt::format("  {}: {}{}\n", words_of(reproducer.language),
                        reproducer.file.empty() ? "" : reproducer.file + ", ", words_of(reproducer));
  return text;
}

std::string report_text(const std::vector<SubjectReport>& reports) {
  std::string text;
  for (const SubjectReport& report : reports)
    for (const Violation& violation : report.violations)
      if (!violation.known) text += violation_text(violation);
  text += "\n" + table(reports);
  for (const SubjectReport& report : reports) {
    text += deviations_text(report) + known_text(report);
    text += list_text("Known violations of " + report.subject + " that no longer show, to be taken out of the list",
                      report.stale);
    text += list_text("Deviations of " + report.subject + " that do not show, to be taken out of its profile",
                      report.unexpected);
    text += counts_text("Operations that " + report.subject + " does not have, which were not judged", report.declined);
    text += counts_text("Cases on " + report.subject + " that could not be played", report.failures);
    if (report.failure) text += fmt::format("\n{}: {}\n", report.subject, *report.failure);
  }
  return text + not_judged_yet();
}

std::string rules_text(const model::RuleSet* met) {
  std::string text;
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    const model::RuleText& rule = model::kRules[i];
    std::string mark;
    if (met != nullptr) mark = met->test(i) ? "met      " : "not met  ";
    if (rule.judged == model::Judged::kNotYet) mark += "(not judged yet) ";
    text += fmt::format("{:<14} {}{} [{}]\n", rule.id, mark, rule.sentence, rule.source);
  }
  return text;
}

bool fails(const Violation& violation) { return !violation.known && !violation.steadiness.is_flaky(); }

ExitStatus exit_status(const std::vector<SubjectReport>& reports) {
  ExitStatus status = ExitStatus::kConforms;
  for (const SubjectReport& report : reports) {
    if (!report.gated) continue;
    const bool lists_are_wrong = !report.stale.empty() || !report.unexpected.empty();
    if (lists_are_wrong || std::any_of(report.violations.begin(), report.violations.end(), fails))
      return ExitStatus::kViolation;
    if (report.failure && report.cases == 0) {
      status = ExitStatus::kEnvironment;
    } else if (report.failure || report.stopped || !report.failures.empty() || !all_known(report)) {
      status = std::max(status, ExitStatus::kInconclusive);
    }
  }
  return status;
}

}  // namespace ovlspec::oracle
