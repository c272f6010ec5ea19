#include "oracle/coverage.h"

#include <algorithm>

namespace ovlspec::oracle {
namespace {

bool is_judged(const model::RuleText& rule) { return rule.judged == model::Judged::kJudged; }

}  // namespace

Coverage& Coverage::operator+=(const Coverage& other) {
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i] += other.rules[i];
  pairs |= other.pairs;
  for (const auto& [answered, count] : other.answers) answers[answered] += count;
  return *this;
}

void Coverage::add_case(const model::RuleSet& met) {
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    if (!met.test(i)) continue;
    ++rules[i];
    for (std::size_t j = i + 1; j < model::kRuleCount; ++j)
      if (met.test(j)) pairs.set(pair_place(i, j));
  }
}

model::RuleSet Coverage::met() const {
  model::RuleSet met;
  for (std::size_t i = 0; i < rules.size(); ++i) met.set(i, rules[i] > 0);
  return met;
}

std::size_t judged_rules() {
  return static_cast<std::size_t>(std::count_if(model::kRules.begin(), model::kRules.end(), is_judged));
}

double percent_met(const model::RuleSet& met) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < model::kRuleCount; ++i)
    if (met.test(i) && is_judged(model::kRules[i])) ++count;
  return 100.0 * static_cast<double>(count) / static_cast<double>(judged_rules());
}

}  // namespace ovlspec::oracle
