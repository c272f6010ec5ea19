#include "oracle/identity_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "oracle/broken_guarantees.h"
#include "oracle/cases.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

const std::vector<std::string> kSubjects = {"engine",
                                            "engine:identity=upfront",
                                            "engine:identity=on-lookup",
                                            "engine:identity=volatile",
                                            "fuse",
                                            "kernel",
                                            "kernel:xino=on",
                                            "kernel:index=on,nfs_export=on,redirect_dir=on,xino=on"};

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
  const Profile profile = counting_guarantees(known.profile);
  for (; column.cases < count; ++column.cases) {
    const BrokenGuarantees seen = broken_guarantees(*made.subject, cases.make(column.cases), profile, RunOptions{});
    if (seen.failure) {
      column.failure = seen.failure->what;
      return column;
    }
    for (const Rule rule : kGuarantees) column.broken[rule] += seen.broken.test(static_cast<std::size_t>(rule)) ? 1 : 0;
    column.met |= seen.met;
  }
  return column;
}

std::string cell(const Column& column, Rule rule) {
  const auto broken = column.broken.find(rule);
  if (broken != column.broken.end() && broken->second > 0) return fmt::format("{}", broken->second);
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
