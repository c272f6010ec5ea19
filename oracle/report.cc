#include "oracle/report.h"

#include <fmt/format.h>
#include <algorithm>

#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

std::string verdict_of(const SubjectReport& report) {
  if (!report.violations.empty()) return "violations";
  if (report.failure) return report.cases == 0 ? "not run" : "inconclusive";
  return "conforms";
}

std::string table(const std::vector<SubjectReport>& reports) {
  std::string text = fmt::format("{:<44} {:<12} {:>8} {:>11} {:>9} {:>10} {:>11} {:>9}\n", "subject", "verdict",
                                 "cases", "operations", "per s", "deviations", "ended early", "rules");
  for (const SubjectReport& report : reports) {
    std::uint64_t deviations = 0;
    for (const auto& [name, count] : report.deviations) deviations += count;
    const double rate = report.seconds > 0 ? static_cast<double>(report.operations) / report.seconds : 0;
    text += fmt::format("{:<44} {:<12} {:>8} {:>11} {:>9.0f} {:>10} {:>11} {:>5}/{}\n",
                        report.subject + (report.gated ? "" : " (reported)"), verdict_of(report), report.cases,
                        report.operations, rate, deviations, report.unjudged, report.met.count(), model::kRuleCount);
  }
  return text;
}

std::string deviations_text(const SubjectReport& report) {
  std::string text;
  for (const auto& [name, count] : report.deviations) text += fmt::format("  {:>9} times  {}\n", count, name);
  return text.empty() ? text : "\nDeviations met by " + report.subject + ":\n" + text;
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

std::string violation_text(const Violation& violation) {
  const Finding& finding = violation.finding;
  const model::RuleText& rule = text_of(finding.rule);
  std::string text =
      fmt::format("\n{} breaks {}: {}\n  source: {}\n", violation.subject, rule.id, rule.sentence, rule.source);
  const std::string place = finding.operation ? operation_text(*finding.operation) : "the layers, or the mount";
  text += fmt::format("  seen at event {}{}: {}\n  {}\n", finding.event + 1,
                      finding.observed ? ", in the walk through the tree" : "", place, finding.what);
  if (violation.count > 1) text += fmt::format("  in {} cases\n", violation.count);
  std::string shown = print_text(violation.trace);
  constexpr std::size_t kShown = 4000;
  if (shown.size() > kShown) shown = shown.substr(0, kShown) + "\n... (cut)\n";
  text += indented(shown) + "\n";
  if (!violation.file.empty())
    text += fmt::format("  to repeat: ovlspec replay {} --subject '{}'\n", violation.file, violation.subject);
  return text;
}

std::string report_text(const std::vector<SubjectReport>& reports) {
  std::string text;
  for (const SubjectReport& report : reports)
    for (const Violation& violation : report.violations) text += violation_text(violation);
  text += "\n" + table(reports);
  for (const SubjectReport& report : reports) {
    text += deviations_text(report);
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

ExitStatus exit_status(const std::vector<SubjectReport>& reports) {
  ExitStatus status = ExitStatus::kConforms;
  for (const SubjectReport& report : reports) {
    if (!report.gated) continue;
    if (!report.violations.empty()) return ExitStatus::kViolation;
    if (!report.failure) continue;
    status = report.cases == 0 ? ExitStatus::kEnvironment : ExitStatus::kInconclusive;
  }
  return status;
}

}  // namespace ovlspec::oracle
