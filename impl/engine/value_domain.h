// The value domain that the engine runs its decision kernels in. A kernel is a function template over a domain D and
// uses nothing but D's named operations, so that the same text runs on words and is proved on solver terms.
//
// A domain has: types Word (64 bits, unsigned) and Bool; static operations
//   constant(std::uint64_t) -> Word        truth(bool) -> Bool
//   bit_and, bit_or(Word, Word) -> Word
//   shift_left, shift_right(Word, unsigned) -> Word, zeros come in; REQUIRES: the count is below 64
//   equal, less_unsigned(Word, Word) -> Bool
//   both, either(Bool, Bool) -> Bool       negate(Bool) -> Bool
//   select(Bool, Word, Word) -> Word       the first Word where the Bool holds, else the second
#pragma once

#include <cstdint>

namespace ovlspec::impl {

struct WordDomain {
  using Word = std::uint64_t;
  using Bool = bool;
  static constexpr Word constant(std::uint64_t value) { return value; }
  static constexpr Bool truth(bool value) { return value; }
  static constexpr Word bit_and(Word a, Word b) { return a & b; }
  static constexpr Word bit_or(Word a, Word b) { return a | b; }
  static constexpr Word shift_left(Word word, unsigned count) { return word << count; }
  static constexpr Word shift_right(Word word, unsigned count) { return word >> count; }
  static constexpr Bool equal(Word a, Word b) { return a == b; }
  static constexpr Bool less_unsigned(Word a, Word b) { return a < b; }
  static constexpr Bool both(Bool a, Bool b) { return a && b; }
  static constexpr Bool either(Bool a, Bool b) { return a || b; }
  static constexpr Bool negate(Bool a) { return !a; }
  static constexpr Word select(Bool condition, Word then, Word otherwise) { return condition ? then : otherwise; }
};

}  // namespace ovlspec::impl
