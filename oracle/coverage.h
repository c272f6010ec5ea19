// What a campaign witnessed of the specification: rules, rules that met in one case, and which operation answered which
// error. Counts of several campaigns add up.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "model/rules.h"
#include "model/vocabulary/errno.h"

namespace ovlspec::oracle {

// An operation, by its index in the variant, and its answer.
using Answered = std::pair<std::size_t, Errno>;

struct Coverage {
  std::array<std::uint64_t, model::kRuleCount> rules{};                // cases that met it
  std::bitset<model::kRuleCount * model::kRuleCount> pairs;            // met in one case; see pair_place
  std::map<Answered, std::uint64_t> answers;                           // of the traces' own operations

  Coverage& operator+=(const Coverage& other);
  bool operator==(const Coverage&) const = default;

  // Adds what one case met.
  void add_case(const model::RuleSet& met);
  model::RuleSet met() const;
};

// Where Coverage::pairs has two rules. REQUIRES: first < second.
constexpr std::size_t pair_place(std::size_t first, std::size_t second) { return first * model::kRuleCount + second; }
inline constexpr std::size_t kPairCount = model::kRuleCount * (model::kRuleCount - 1) / 2;

// Rules that something judges: what coverage can be asked for.
std::size_t judged_rules();
// Of those, how many per cent were met.
double percent_met(const model::RuleSet& met);

}  // namespace ovlspec::oracle
