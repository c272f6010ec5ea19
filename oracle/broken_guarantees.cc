#include "oracle/broken_guarantees.h"

#include <algorithm>

namespace ovlspec::oracle {
namespace {

using model::Rule;

bool is_guarantee(Rule rule) { return std::find(kGuarantees.begin(), kGuarantees.end(), rule) != kGuarantees.end(); }

// The guarantee that a violation breaks; nothing where it is none of identity.
std::optional<Rule> guarantee_of(Rule rule) {
  if (is_guarantee(rule)) return rule;
  if (rule == Rule::kMount || rule == Rule::kVisibleNames) return Rule::kOfflineChange;
  return std::nullopt;
}

}  // namespace

Profile counting_guarantees(const Profile& known) {
  Profile profile;
  for (const Rule rule : kGuarantees) profile.deviations.push_back(Deviation{.rule = rule});
  for (const Deviation& deviation : known.deviations)
    if (!is_guarantee(deviation.rule) || deviation.action != Action::kRelax) profile.deviations.push_back(deviation);
  return profile;
}

BrokenGuarantees broken_guarantees(Subject& subject, const Trace& trace, const Profile& counting,
                                   const RunOptions& options) {
  const RunResult result = run(subject, trace, counting, options);
  BrokenGuarantees seen{.broken = {}, .met = result.met, .failure = result.failure};
  const auto add = [&](Rule rule) { seen.broken.set(static_cast<std::size_t>(rule)); };
  for (const auto& [deviation, times] : result.deviations)
    if (deviation->action == Action::kRelax && is_guarantee(deviation->rule)) add(deviation->rule);
  if (result.finding)
    if (const auto rule = guarantee_of(result.finding->rule)) add(*rule);
  return seen;
}

}  // namespace ovlspec::oracle
