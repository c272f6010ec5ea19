#include "oracle/played.h"

#include "oracle/finding_key.h"

namespace ovlspec::oracle {

std::string kind_of(const Finding& finding) {
  return std::string(text_of(finding.rule).id) + " " + operation_of(finding);
}

void Played::add(const Played& later) {
  failed_at_end = later.failed_at_end == later.cases ? failed_at_end + later.failed_at_end : later.failed_at_end;
  cases += later.cases;
  operations += later.operations;
  unjudged += later.unjudged;
  coverage += later.coverage;
  for (const auto& [place, count] : later.deviations) {
    deviations[place].ideal += count.ideal;
    deviations[place].shown += count.shown;
  }
  for (const auto& [word, count] : later.declined) declined[word] += count;
  for (const auto& [what, count] : later.failures) failures[what] += count;
  for (std::size_t i = 0; i < kEmphases; ++i) {
    shown[i].cases += later.shown[i].cases;
    shown[i].novelty += later.shown[i].novelty;
  }
  sightings.insert(sightings.end(), later.sightings.begin(), later.sightings.end());
}

}  // namespace ovlspec::oracle
