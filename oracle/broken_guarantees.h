// Which of the guarantees ID-1 to ID-10 a subject breaks in a case. The case goes on after a breach, so that all of
// them are seen.
#pragma once

#include <array>
#include <optional>

#include "model/rules.h"
#include "oracle/profile.h"
#include "oracle/runner.h"

namespace ovlspec::oracle {

inline constexpr std::array kGuarantees = {
    model::Rule::kUnique,     model::Rule::kOneDevice,     model::Rule::kConstant, model::Rule::kReaddirAgrees,
    model::Rule::kPersistent, model::Rule::kOfflineChange, model::Rule::kHandles,  model::Rule::kHardLinks,
    model::Rule::kCost,       model::Rule::kStackChange};

// Has each breach of a guarantee counted. What else a subject is known not to keep stays the deviation that it is.
Profile counting_guarantees(const Profile& known);

struct BrokenGuarantees {
  model::RuleSet broken;  // a mount that is refused, and a visible name that answers EIO or ESTALE, break ID-6
  model::RuleSet met;
  std::optional<Failure> failure;  // the subject could not be run
};
// `counting`: from counting_guarantees; the rest as run().
BrokenGuarantees broken_guarantees(Subject& subject, const Trace& trace, const Profile& counting,
                                   const RunOptions& options);

}  // namespace ovlspec::oracle
