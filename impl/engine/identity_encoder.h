// The persistent number of an object (st_ino, d_ino and node id) as a function of its backing:
//
//   bit 63     zero
//   bit 62     0: direct, 1: hashed
//   bits 61-59 displacement, 0..7
//   direct:    bits 58-37 the file system's tag, bits 36-0 the inode number
//   hashed:    bits 58-0 a hash over (file system, inode)
//
// Properties (proved over solver terms, see value_domain.h for D):
//   - 0 and 1 are never issued, bit 63 is never set;
//   - direct numbers are injective: equal numbers mean equal tag, inode and displacement;
//   - no direct number equals a hashed one; numbers of different displacement differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ovlspec::impl::identity {

inline constexpr unsigned kInodeBits = 37;
inline constexpr unsigned kTagBits = 22;
inline constexpr unsigned kHashBits = 59;
inline constexpr unsigned kTagShift = kInodeBits;
inline constexpr unsigned kDisplacementShift = 59;
inline constexpr unsigned kHashedShift = 62;
inline constexpr std::uint64_t kInodeLimit = std::uint64_t{1} << kInodeBits;  // first inode that does not fit
inline constexpr std::uint64_t kTagLimit = std::uint64_t{1} << kTagBits;
inline constexpr std::uint64_t kHashMask = (std::uint64_t{1} << kHashBits) - 1;
inline constexpr std::uint64_t kDisplacementMask = 7;
inline constexpr std::size_t kDisplacements = 8;

// What a number is derived from.
template <typename D>
struct Source {
  typename D::Word tag;        // the file system's, by convention 1 .. kTagLimit - 1; another value is hashed
  typename D::Word inode;      // the backing inode number
  typename D::Word hash;       // over (file system, inode); its low 59 bits count
  typename D::Bool tag_owned;  // no other file system of the stack has the tag directly
};

// Whether the number carries tag and inode themselves.
template <typename D>
typename D::Bool is_direct(const Source<D>& source) {
  const auto tag_fits =
      D::both(D::less_unsigned(source.tag, D::constant(kTagLimit)), D::negate(D::equal(source.tag, D::constant(0))));
  const auto inode_fits = D::less_unsigned(source.inode, D::constant(kInodeLimit));
  return D::both(source.tag_owned, D::both(tag_fits, inode_fits));
}

// The number of `source` at `displacement`, of which the low three bits count.
template <typename D>
typename D::Word encode(const Source<D>& source, const typename D::Word& displacement) {
  const auto direct = D::bit_or(D::shift_left(source.tag, kTagShift), source.inode);
  const auto hashed =
      D::bit_or(D::shift_left(D::constant(1), kHashedShift), D::bit_and(source.hash, D::constant(kHashMask)));
  const auto displaced = D::shift_left(D::bit_and(displacement, D::constant(kDisplacementMask)), kDisplacementShift);
  return D::bit_or(D::select(is_direct<D>(source), direct, hashed), displaced);
}

// What a direct number was made from. REQUIRES: it is one.
template <typename D>
struct DirectParts {
  typename D::Word tag;
  typename D::Word inode;
};

template <typename D>
DirectParts<D> direct_parts(const typename D::Word& number) {
  return {.tag = D::bit_and(D::shift_right(number, kTagShift), D::constant(kTagLimit - 1)),
          .inode = D::bit_and(number, D::constant(kInodeLimit - 1))};
}

// Which displacement an object takes.
template <typename D>
struct Choice {
  typename D::Word displacement;  // the smallest that is free; 0 where none is
  typename D::Bool found;
};

// taken[k]: another object holds the number of displacement k.
template <typename D>
Choice<D> choose(const std::array<typename D::Bool, kDisplacements>& taken) {
  Choice<D> choice{D::constant(0), D::truth(false)};
  for (std::size_t k = kDisplacements; k-- > 0;) {
    const auto is_free = D::negate(taken[k]);
    choice.displacement = D::select(is_free, D::constant(k), choice.displacement);
    choice.found = D::either(is_free, choice.found);
  }
  return choice;
}

}  // namespace ovlspec::impl::identity
