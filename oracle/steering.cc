#include "oracle/steering.h"

#include <numeric>

#include "oracle/random.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint64_t kOfRule = 50;
constexpr std::uint64_t kOfAnswer = 10;
constexpr std::uint64_t kScale = 1000;
constexpr std::uint64_t kAtLeast = 100;  // none is given up
// What was shown long ago counts for less.
constexpr std::uint64_t kKeptOf16 = 15;

}  // namespace

std::uint64_t novelty_of(const Coverage& before, const Coverage& of_case) {
  std::uint64_t novelty = (of_case.pairs & ~before.pairs).count();
  novelty += kOfRule * (of_case.met() & ~before.met()).count();
  for (const auto& [answered, count] : of_case.answers)
    if (before.answers.count(answered) == 0) novelty += kOfAnswer;
  return novelty;
}

Emphasis Steering::of(std::uint64_t place) const {
  Random random(seed_ * 0x9e3779b97f4a7c15ULL + place);
  const std::uint64_t sum = std::accumulate(chances_.begin(), chances_.end(), std::uint64_t{0});
  std::uint64_t drawn = random.next() % sum;
  std::size_t emphasis = 0;
  while (drawn >= chances_[emphasis]) drawn -= chances_[emphasis++];
  return static_cast<Emphasis>(emphasis);
}

void Steering::learn(const ShownByEmphasis& shown) {
  for (std::size_t i = 0; i < kEmphases; ++i) {
    shown_[i].cases += kScale * shown[i].cases;
    shown_[i].novelty += kScale * shown[i].novelty;
    told_ += shown[i].cases;
  }
  if (told_ < end_) return;
  end_ += kEpoch;
  for (std::size_t i = 0; i < kEmphases; ++i) {
    chances_[i] = kAtLeast + kScale * shown_[i].novelty / (shown_[i].cases + kScale);
    shown_[i].cases = shown_[i].cases * kKeptOf16 / 16;
    shown_[i].novelty = shown_[i].novelty * kKeptOf16 / 16;
  }
}

}  // namespace ovlspec::oracle
