// What playing cases gave, and how it adds up: one case, a batch of a journal and a whole campaign are the same kind of
// value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/check.h"
#include "oracle/coverage.h"
#include "oracle/steering.h"

namespace ovlspec::oracle {

// A violation that a case showed. Made small, but where three others of its kind in a row had been nothing new.
struct Sighting {
  std::string kind;  // kind_of its finding
  std::optional<Violation> small;
};

// "OVL-RENAME-1 rename": its rule and operation.
std::string kind_of(const Finding& finding);

struct Played {
  std::uint64_t cases = 0;
  std::uint64_t operations = 0;
  std::uint64_t unjudged = 0;
  std::uint64_t failed_at_end = 0;  // how many of the last cases, without one between, could not be played
  Coverage coverage;
  std::map<std::size_t, DeviationCount> deviations;  // by their places in the subject's profile
  std::map<std::string, std::uint64_t> declined;
  std::map<std::string, std::uint64_t> failures;
  ShownByEmphasis shown{};          // of a campaign that is steered
  std::vector<Sighting> sightings;  // in the order of cases

  // Adds what came later.
  void add(const Played& later);
};

// Played as one line of JSON, without its line feed, and back; nothing for another text. The violations' subject,
// file, counts and known issue are not told: whoever adds them up knows.
std::string print_played(const Played& played);
std::optional<Played> parse_played(const std::string& text);

}  // namespace ovlspec::oracle
