// Adds up what a subject's cases gave: its report. The same cases in the same order give the same report, whether they
// were played here, by other processes or in an earlier run. Those of several shards add up to the union of violations
// by their keys.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "oracle/known_issues.h"
#include "oracle/played.h"

namespace ovlspec::oracle {

class Ledger {
 public:
  struct Context {
    const Profile& profile;  // of the subject
    std::vector<KnownIssue> known;
    std::string out;  // where violations are saved
  };
  // What the context refers to outlives it.
  Ledger(std::string subject, Context context);

  // Forgets what is small of violations of which enough is known. To be told of each case before it is added, so that
  // what others played ahead changes nothing.
  void settle(Played& played) const;
  // Of the cases that come next.
  void add(const Played& played);
  // Once there are no more: deviations that should have shown.
  void find_unexpected();

  // Kinds of violation of which no more are made small: they only grow.
  const std::set<std::string>& exhausted() const { return exhausted_; }
  // How many of the last cases, without one between, could not be played.
  std::uint64_t failed_in_a_row() const { return failed_in_a_row_; }

  SubjectReport& report() { return report_; }
  const SubjectReport& report() const { return report_; }

 private:
  // What is left to find out about violations of one rule by one operation.
  struct Kind {
    unsigned nothing_new = 0;  // how many in a row had a key that was there already
    std::size_t last = 0;      // of report_.violations: where the last of them was counted
  };
  void add(const Sighting& sighting);
  void keep(Violation violation, Kind& kind);

  Context context_;
  SubjectReport report_;
  std::map<std::size_t, DeviationCount> deviations_;  // by their places in the profile
  std::map<std::string, Kind> kinds_;
  std::set<std::string> exhausted_;
  std::uint64_t failed_in_a_row_ = 0;
};

}  // namespace ovlspec::oracle
