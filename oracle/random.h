// Numbers that are the same for a seed on every machine: xoshiro256**, seeded by splitmix64 (public domain algorithms
// by Blackman and Vigna).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ovlspec::oracle {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
      word = mixed ^ (mixed >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // 0 to end - 1. REQUIRES: 0 < end <= 2^32.
  std::uint32_t below(std::uint64_t end) { return static_cast<std::uint32_t>(((next() >> 32) * end) >> 32); }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename Table>
  const auto& pick(const Table& table) {
    return table[below(table.size())];
  }

 private:
  static std::uint64_t rotate(std::uint64_t word, unsigned bits) { return word << bits | word >> (64 - bits); }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ovlspec::oracle
