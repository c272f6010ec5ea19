#include "impl/engine/identity_encoder.h"

#include <set>

#include <gtest/gtest.h>

#include "impl/engine/value_domain.h"

namespace ovlspec::impl::identity {
namespace {

using Words = Source<WordDomain>;

std::uint64_t number(const Words& source, std::uint64_t displacement = 0) {
  return encode<WordDomain>(source, displacement);
}

bool is_hashed(std::uint64_t value) { return (value >> kHashedShift & 1) != 0; }

TEST(IdentityEncoder, ADirectNumberCarriesTagInodeAndDisplacement) {
  const Words source{.tag = 5, .inode = 9, .hash = 0, .tag_owned = true};
  EXPECT_EQ(number(source, 3), std::uint64_t{3} << 59 | std::uint64_t{5} << 37 | 9);
}

TEST(IdentityEncoder, WhatDoesNotFitIsHashed) {
  EXPECT_FALSE(is_hashed(number({.tag = 1, .inode = kInodeLimit - 1, .hash = 7, .tag_owned = true})));
  EXPECT_TRUE(is_hashed(number({.tag = 1, .inode = kInodeLimit, .hash = 7, .tag_owned = true})));
  EXPECT_TRUE(is_hashed(number({.tag = kTagLimit, .inode = 1, .hash = 7, .tag_owned = true})));
  EXPECT_TRUE(is_hashed(number({.tag = 0, .inode = 1, .hash = 7, .tag_owned = true})));
  EXPECT_TRUE(is_hashed(number({.tag = 1, .inode = 1, .hash = 7, .tag_owned = false})));
}

TEST(IdentityEncoder, NeverSetsBit63AndNeverIssuesZeroOrOne) {
  for (const std::uint64_t tag : {std::uint64_t{0}, std::uint64_t{1}, kTagLimit - 1, ~std::uint64_t{0}}) {
    for (const std::uint64_t inode : {std::uint64_t{0}, std::uint64_t{1}, kInodeLimit - 1, ~std::uint64_t{0}}) {
      for (std::uint64_t k = 0; k < kDisplacements; ++k) {
        const Words source{.tag = tag, .inode = inode, .hash = ~std::uint64_t{0}, .tag_owned = true};
        const std::uint64_t value = number(source, k);
        EXPECT_EQ(value >> 63, 0U);
        EXPECT_GT(value, 1U);
      }
    }
  }
}

TEST(IdentityEncoder, NumbersOfDifferentDisplacementDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t k = 0; k < kDisplacements; ++k) {
    seen.insert(number({.tag = 1, .inode = 2, .hash = 3, .tag_owned = true}, k));
    seen.insert(number({.tag = 1, .inode = 2, .hash = 3, .tag_owned = false}, k));
  }
  EXPECT_EQ(seen.size(), 2 * kDisplacements);
}

TEST(IdentityEncoder, ChoosesTheSmallestFreeDisplacement) {
  std::array<bool, kDisplacements> taken{};
  EXPECT_EQ(choose<WordDomain>(taken).displacement, 0U);
  taken[0] = taken[1] = taken[3] = true;
  EXPECT_EQ(choose<WordDomain>(taken).displacement, 2U);
  EXPECT_TRUE(choose<WordDomain>(taken).found);
  taken.fill(true);
  EXPECT_FALSE(choose<WordDomain>(taken).found);
}

}  // namespace
}  // namespace ovlspec::impl::identity
