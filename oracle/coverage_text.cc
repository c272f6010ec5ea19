#include <fmt/format.h>

#include <set>

#include "oracle/summary.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

std::string rules_by_subject(const std::vector<SubjectReport>& reports, const Coverage& all) {
  std::string text = "\nCases that met each rule:\n";
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    if (all.rules[i] == 0) continue;
    text += fmt::format("  {:<14}", model::kRules[i].id);
    for (const SubjectReport& report : reports) text += fmt::format(" {:>10}", report.coverage.rules[i]);
    text += "\n";
  }
  return text;
}

std::string answers_text(const Coverage& all) {
  std::string text = "\nAnswers by operation:\n";
  std::string_view last;
  for (const auto& [answered, count] : all.answers) {
    const std::string_view word = operation_word(operation_from_index(answered.first));
    text += word == last ? "," : fmt::format("{}  {:<10}", last.empty() ? "" : "\n", word);
    text += fmt::format(" {} {}", errno_name(answered.second), count);
    last = word;
  }
  return text + "\n";
}

std::string unmet_text(const Coverage& all) {
  std::string text;
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    const model::RuleText& rule = model::kRules[i];
    if (all.rules[i] > 0 || rule.judged == model::Judged::kNotYet) continue;
    text += fmt::format("  {:<14} {}\n", rule.id, rule.sentence);
  }
  return text.empty() ? text : "\nRules that no case met:\n" + text;
}

// Of the rules that were met, those that never met another.
std::string lonely_text(const Coverage& all) {
  std::size_t missing = 0;
  std::string text;
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    if (all.rules[i] == 0) continue;
    std::size_t without = 0;
    for (std::size_t j = 0; j < model::kRuleCount; ++j)
      if (j != i && all.rules[j] > 0 && !all.pairs.test(i < j ? pair_place(i, j) : pair_place(j, i))) ++without;
    missing += without;
    if (without > 0) text += fmt::format("  {:<14} never with {} others\n", model::kRules[i].id, without);
  }
  return fmt::format("\nPairs of met rules that no case had together: {}\n", missing / 2) + text;
}

}  // namespace

std::string coverage_text(const std::vector<SubjectReport>& reports) {
  Coverage all;
  for (const SubjectReport& report : reports) all += report.coverage;
  std::string text = fmt::format("\nWitnessed: {:.1f} % of {} rules, {} of {} pairs of rules in one case\n",
                                 percent_met(all.met()), judged_rules(), all.pairs.count(), kPairCount);
  text += "\nSubjects:\n";
  for (const SubjectReport& report : reports)
    text += fmt::format("  {:<44} {:5.1f} % of the rules, {} pairs\n", report.subject,
                        percent_met(report.coverage.met()), report.coverage.pairs.count());
  return text + rules_by_subject(reports, all) + answers_text(all) + unmet_text(all) + lonely_text(all);
}

}  // namespace ovlspec::oracle
