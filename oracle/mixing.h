// Digests in 64 bits for telling values apart, not against malice. They are the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ovlspec::oracle {

// A bijective mixing of 64 bits, and of what was there with more.
constexpr std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  word = (word ^ (word >> 27U)) * 0x94d049bb133111ebULL;
  return word ^ (word >> 31U);
}
constexpr std::uint64_t mixed(std::uint64_t before, std::uint64_t word) {
  return mixed(before ^ mixed(word + 0x9e3779b97f4a7c15ULL)) + before * 31;
}

// Of a sequence of words and texts: two that differ have the same value with a probability of 2^-64.
class Mixing {
 public:
  void add(std::uint64_t word) { state_ = mixed(state_, word); }
  void add(std::string_view bytes) {
    add(std::uint64_t{bytes.size()});
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      std::uint64_t word = 0;
      for (const char byte : bytes.substr(at, 8)) word = word << 8U | static_cast<unsigned char>(byte);
      add(word);
    }
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3ULL;
};

}  // namespace ovlspec::oracle
