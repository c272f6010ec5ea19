// Which cases a campaign plays next: those of the kinds (emphasis.h) that showed most of what no case had shown before.
//
// Cases come in epochs. What one dwells on is drawn from what the epochs before it showed, and from the seed and its
// place: the same for the same campaign, however many processes play it, and however often it is gone on with.
#pragma once

#include <array>
#include <cstdint>

#include "oracle/coverage.h"
#include "oracle/emphasis.h"

namespace ovlspec::oracle {

// Of the cases with one emphasis.
struct ShownCases {
  std::uint64_t cases = 0;
  std::uint64_t novelty = 0;
  bool operator==(const ShownCases&) const = default;
};
using ShownByEmphasis = std::array<ShownCases, kEmphases>;

// How much of what a case witnessed nothing before had: a rule counts for most, then an operation's answer, then a pair
// of rules.
std::uint64_t novelty_of(const Coverage& before, const Coverage& of_case);

class Steering {
 public:
  static constexpr std::uint64_t kEpoch = 64;  // cases

  explicit Steering(std::uint64_t seed) : seed_(seed) {}

  // REQUIRES: the epoch of `place` was begun, or is the first.
  Emphasis of(std::uint64_t place) const;
  // What cases of the epoch showed. Once all of it were told, the next begins.
  void learn(const ShownByEmphasis& shown);
  // The first place of an epoch that was not begun.
  std::uint64_t end() const { return end_; }

 private:
  std::uint64_t seed_;
  std::uint64_t told_ = 0;  // cases
  std::uint64_t end_ = kEpoch;
  ShownByEmphasis shown_{};                                                  // by all that was told
  std::array<std::uint64_t, kEmphases> chances_ = {4, 1, 1, 1, 1, 1, 1, 1};  // of this epoch, in proportion
};

}  // namespace ovlspec::oracle
