// Where generators take their decisions from: a seed, RapidCheck (which then shrinks them), or a fuzzer's bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace ovlspec::model::testing {

class Choices {
 public:
  virtual ~Choices() = default;
  // REQUIRES: end > 0. Smaller numbers are simpler.
  virtual std::uint32_t below(std::uint32_t end) = 0;

  bool one_in(std::uint32_t end) { return below(end) == end - 1; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }
  template <typename T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[below(static_cast<std::uint32_t>(from.size()))];
  }
};

class SeededChoices : public Choices {
 public:
  explicit SeededChoices(std::uint64_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t end) override { return static_cast<std::uint32_t>(engine_() % end); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace ovlspec::model::testing
