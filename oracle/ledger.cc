#include "oracle/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "oracle/finding_file.h"

namespace ovlspec::oracle {
namespace {

constexpr unsigned kNothingNewAtMost = 3;  // after which violations of a kind are counted, not made small

void add_counts(std::map<std::string, std::uint64_t>& into, const std::map<std::string, std::uint64_t>& counts) {
  for (const auto& [what, count] : counts) into[what] += count;
}

std::string deviation_text(const Deviation& deviation) {
  return fmt::format("{}: {} [{}]", text_of(deviation.rule).id, deviation.reason, deviation.source);
}

auto find_key(std::vector<Violation>& violations, const std::string& key) {
  return std::find_if(violations.begin(), violations.end(), [&](const Violation& other) { return other.key == key; });
}

}  // namespace

Ledger::Ledger(std::string subject, Context context) : context_(std::move(context)) {
  report_.subject = std::move(subject);
}

void Ledger::settle(Played& played) const {
  for (Sighting& sighting : played.sightings)
    if (exhausted_.count(sighting.kind) != 0) sighting.small.reset();
}

void Ledger::add(const Played& played) {
  failed_in_a_row_ =
      played.failed_at_end == played.cases ? failed_in_a_row_ + played.failed_at_end : played.failed_at_end;
  report_.cases += played.cases;
  report_.operations += played.operations;
  report_.unjudged += played.unjudged;
  report_.coverage += played.coverage;
  report_.met = report_.coverage.met();
  for (const auto& [place, times] : played.deviations) {
    DeviationCount& sum = report_.deviations[deviation_text(context_.profile.deviations.at(place))];
    for (DeviationCount* count : {&sum, &deviations_[place]}) {
      count->ideal += times.ideal;
      count->shown += times.shown;
    }
  }
  add_counts(report_.declined, played.declined);
  add_counts(report_.failures, played.failures);
  for (const Sighting& sighting : played.sightings) add(sighting);
}

void Ledger::add(const Sighting& sighting) {
  Kind& kind = kinds_[sighting.kind];
  if (sighting.small) {
    keep(*sighting.small, kind);
  } else {
    ++report_.violations[kind.last].likely;
  }
  if (kind.nothing_new >= kNothingNewAtMost) exhausted_.insert(sighting.kind);
}

void Ledger::keep(Violation violation, Kind& kind) {
  violation.subject = report_.subject;
  if (const auto same = find_key(report_.violations, violation.key); same != report_.violations.end()) {
    ++same->count;
    // What was seen again once is not flaky.
    if (same->steadiness.is_flaky()) {
      same->steadiness.replays += violation.steadiness.replays;
      same->steadiness.shown += violation.steadiness.shown;
    }
    ++kind.nothing_new;
    kind.last = static_cast<std::size_t>(same - report_.violations.begin());
    return;
  }
  for (const KnownIssue& issue : context_.known)
    if (is_of(issue, report_.subject) && issue.key == violation.key && !has_expired(issue, today()))
      violation.known = issue;
  if (const auto file = save_violation(violation, context_.out)) violation.file = *file;
  kind.nothing_new = 0;
  kind.last = report_.violations.size();
  report_.violations.push_back(std::move(violation));
}

void Ledger::find_unexpected() {
  for (const auto& [place, times] : deviations_) {
    const Deviation& deviation = context_.profile.deviations[place];
    const bool never = times.shown == 0 && times.ideal >= kTriggersWithoutDeviation;
    if (!(deviation.shows == Shows::kAlways && times.ideal > 0) && !(deviation.shows == Shows::kSometimes && never))
      continue;
    report_.unexpected.push_back(fmt::format("{}: the ideal was seen {} times, the deviation {} times",
                                             deviation_text(deviation), times.ideal, times.shown));
  }
}

}  // namespace ovlspec::oracle
