#include "oracle/identity_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "oracle/cases.h"
#include "oracle/runner.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

constexpr std::array kGuarantees = {Rule::kUnique,     Rule::kOneDevice,     Rule::kConstant, Rule::kReaddirAgrees,
                                    Rule::kPersistent, Rule::kOfflineChange, Rule::kHandles,  Rule::kHardLinks,
                                    Rule::kCost,       Rule::kStackChange};

const std::vector<std::string> kSubjects = {"engine",
                                            "engine:identity=upfront",
                                            "engine:identity=on-lookup",
                                            "engine:identity=volatile",
                                            "fuse",
                                            "kernel",
                                            "kernel:xino=on",
                                            "kernel:index=on,nfs_export=on,redirect_dir=on,xino=on"};

bool is_guarantee(Rule rule) { return std::find(kGuarantees.begin(), kGuarantees.end(), rule) != kGuarantees.end(); }

// The guarantee that a violation breaks; nothing where it is none of identity.
std::optional<Rule> guarantee_of(Rule rule) {
  if (is_guarantee(rule)) return rule;
  if (rule == Rule::kMount || rule == Rule::kVisibleNames) return Rule::kOfflineChange;
  return std::nullopt;
}

// A breach of a guarantee is counted, and the case goes on; what else a subject is known not to keep stays a deviation.
Profile counting(const Profile& known) {
  Profile profile;
  for (const Rule rule : kGuarantees) profile.deviations.push_back(Deviation{.rule = rule});
  for (const Deviation& deviation : known.deviations)
    if (!is_guarantee(deviation.rule) || deviation.action != Action::kRelax) profile.deviations.push_back(deviation);
  return profile;
}

struct Column {
  std::string subject;
  std::uint64_t cases = 0;
  std::map<Rule, std::uint64_t> broken;  // in how many cases
  model::RuleSet met;
  std::string failure;
};

Column column_of(const std::string& name, const Cases& cases, std::uint64_t count) {
  Column column{.subject = name};
  SubjectOrError made = make_subject(name);
  const ProfileOrError known = profile_of(name);
  if (made.subject == nullptr) column.failure = made.error.what;
  if (!known.error.empty()) column.failure = known.error;
  if (!column.failure.empty()) return column;
  const Profile profile = counting(known.profile);
  for (; column.cases < count; ++column.cases) {
    const RunResult result = run(*made.subject, cases.make(column.cases), profile, RunOptions{});
    if (result.failure) {
      column.failure = result.failure->what;
      return column;
    }
    std::map<Rule, bool> broken;
    for (const auto& [deviation, times] : result.deviations)
      if (deviation->action == Action::kRelax && is_guarantee(deviation->rule)) broken[deviation->rule] = true;
    if (result.finding)
      if (const auto rule = guarantee_of(result.finding->rule)) broken[*rule] = true;
    for (const auto& [rule, is_broken] : broken) column.broken[rule] += is_broken ? 1 : 0;
    column.met |= result.met;
  }
  return column;
}

std::string cell(const Column& column, Rule rule) {
  const auto broken = column.broken.find(rule);
  if (broken != column.broken.end()) return fmt::format("{}", broken->second);
  return column.met.test(static_cast<std::size_t>(rule)) ? "" : "?";
}

}  // namespace

ExitStatus print_identity_table(const IdentityTableOptions& options) {
  CheckOptions campaign;
  campaign.seed = options.seed;
  campaign.cases = options.cases;
  const CasesOrError cases = cases_of(campaign);
  std::vector<Column> columns;
  for (const std::string& subject : options.subjects.empty() ? kSubjects : options.subjects)
    columns.push_back(column_of(subject, *cases.cases, options.cases));
  fmt::print("Cases in which a guarantee was broken, of {} each.\n\n", options.cases);
  std::size_t number = 0;
  for (const Column& column : columns)
    fmt::print("{:>2}  {}{}\n", ++number, column.subject, column.failure.empty() ? "" : ": " + column.failure);
  fmt::print("\n{:7}", "");
  for (std::size_t i = 1; i <= columns.size(); ++i) fmt::print("{:>6}", i);
  for (const Rule rule : kGuarantees) {
    fmt::print("\n{:7}", text_of(rule).id);
    for (const Column& column : columns) fmt::print("{:>6}", column.failure.empty() ? cell(column, rule) : "-");
  }
  fmt::print("\n");
  const bool failed = std::all_of(columns.begin(), columns.end(), [](const Column& c) { return !c.failure.empty(); });
  return failed ? ExitStatus::kEnvironment : ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
