#include "impl/fuse/presentation.h"

#include <gtest/gtest.h>

namespace ovlspec::fuse {
namespace {

IdMapping mapping(const std::string& text) {
  Attempt<IdMapping> parsed = IdMapping::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.failure().message;
  return parsed ? *parsed : IdMapping();
}

std::string refusal(const std::string& text) {
  const Attempt<IdMapping> parsed = IdMapping::parse(text);
  return parsed ? "accepted" : parsed.failure().message;
}

TEST(IdMapping, WithoutRangesShowsEachIdAsItIs) {
  for (const std::uint32_t id : {0U, 1000U, 0xfffffffeU}) {
    EXPECT_EQ(IdMapping().shown(id), id);
    EXPECT_EQ(IdMapping().stored(id), id);
  }
}

TEST(IdMapping, ShowsStoredIdsAsThoseOfTheNamespace) {
  const IdMapping ids = mapping("0:1000:1:1:110000:65536");
  EXPECT_EQ(ids.shown(0), 1000U);
  EXPECT_EQ(ids.shown(1), 110000U);
  EXPECT_EQ(ids.shown(65536), 175535U);
  EXPECT_EQ(ids.shown(65537), kOverflowId);
}

TEST(IdMapping, WhatIsShownIsStoredAsItWas) {
  const IdMapping ids = mapping("0:1000:1:1:110000:65536");
  for (const std::uint32_t stored : {0U, 1U, 40000U, 65536U}) EXPECT_EQ(ids.stored(ids.shown(stored)), stored);
  for (const std::uint32_t shown : {0U, 999U, 1001U, 109999U, 175536U, kOverflowId}) {
    EXPECT_EQ(ids.stored(shown), std::nullopt) << shown;
  }
}

TEST(IdMapping, MayBeginWithAColonAsContainerEnginesWriteIt) {
  EXPECT_EQ(mapping(":0:1000:1:1:110000:65536"), mapping("0:1000:1:1:110000:65536"));
}

TEST(IdMapping, ReachesTheLargestId) {
  const IdMapping ids = mapping("0:0:4294967295");
  EXPECT_EQ(ids.shown(0xfffffffeU), 0xfffffffeU);
  EXPECT_EQ(ids.stored(0xffffffffU), std::nullopt);
}

TEST(IdMapping, EachRefusalSaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "expected three numbers a range"},
      {":", "expected three numbers a range"},
      {"0", "expected three numbers a range"},
      {"0:1:2:3", "expected three numbers a range"},
      {"0:1:x", R"("x" is no number)"},
      {"0:-1:1", R"("-1" is no number)"},
      {"0:4294967296:1", R"("4294967296" is no number)"},
      {"0:1:0", "a range without ids"},
      {"1:0:4294967295", "a range goes beyond the largest id"},
      {"0:1:4294967295", "a range goes beyond the largest id"},
      {"0:100:10:9:200:10", "an id lies in two ranges"},
      {"0:100:10:20:109:10", "an id lies in two ranges"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(Presentation, SquashedOwnersAreShownInsteadOfMappedOnes) {
  Presentation presentation;
  presentation.users = mapping("0:100:10");
  presentation.squashed_group = 7;
  const Attributes attributes = shown({.uid = 3, .gid = 4}, presentation);
  EXPECT_EQ(attributes.uid, 103U);
  EXPECT_EQ(attributes.gid, 7U);
}

TEST(Presentation, StaticLinkCountsAreThoseOfDirectoriesAlone) {
  Presentation presentation;
  presentation.directory_links = DirectoryLinks::kOne;
  EXPECT_EQ(shown({.type = FileType::kDirectory, .links = 5}, presentation).links, 1U);
  EXPECT_EQ(shown({.type = FileType::kRegular, .links = 5}, presentation).links, 5U);
}

TEST(Presentation, NobodyBecomesOwnerWhoseIdIsNotMapped) {
  Presentation presentation;
  presentation.users = mapping("0:100:10");
  impl::AttributeChange change;
  change.uid = 105;
  change.gid = 105;
  const Result<impl::AttributeChange> mapped = stored(change, presentation);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->uid, Uid{5});
  EXPECT_EQ(mapped->gid, Gid{105});
  change.uid = 5;
  EXPECT_EQ(stored(change, presentation).error(), Errno::kEOVERFLOW);
  EXPECT_TRUE(stored(impl::AttributeChange{}, presentation));
}

TEST(Presentation, WhatACallerWithoutAMappingMakesIsNobodys) {
  Presentation presentation;
  presentation.users = mapping("0:100:10");
  impl::NewInode inode;
  inode.uid = 110;
  inode.gid = 110;
  EXPECT_EQ(stored(inode, presentation).uid, kOverflowId);
  EXPECT_EQ(stored(inode, presentation).gid, Gid{110});
}

}  // namespace
}  // namespace ovlspec::fuse
