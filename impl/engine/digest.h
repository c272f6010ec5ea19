// A 64-bit digest of bytes, the same in every build and on every machine: persistent numbers are made of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace ovlspec::impl {

// Not cryptographic. `seed` makes digests of different meaning independent.
std::uint64_t digest(std::string_view bytes, std::uint64_t seed);

// Well mixed: each bit of the result depends on each bit of `word`. A bijection.
constexpr std::uint64_t mix(std::uint64_t word) {
  word ^= word >> 30;
  word *= 0xbf58476d1ce4e5b9ULL;
  word ^= word >> 27;
  word *= 0x94d049bb133111ebULL;
  return word ^ (word >> 31);
}

}  // namespace ovlspec::impl
