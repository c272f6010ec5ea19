#include "model/permission.h"

#include <gtest/gtest.h>

namespace ovlspec::model {
namespace {

constexpr Wish kReads{.read = true};
constexpr Wish kWrites{.write = true};
constexpr Wish kSearches{.execute = true};

Caller user(Uid uid, Gid gid) {
  return Caller{.uid = uid, .gid = gid, .groups = {2000}, .umask = 0, .capabilities = {}};
}
Caller capable(Capability capability) {
  Caller caller = user(7, 7);
  caller.capabilities = caller.capabilities.with(capability);
  return caller;
}
Inode owned(Mode mode, FileType type = FileType::kRegular) {
  return Inode{.type = type, .mode = mode, .uid = 1000, .gid = 1000};
}

TEST(May, AsksTheOwnersBitsOfTheOwnerAlone) {
  EXPECT_TRUE(may(user(1000, 5), owned(0400), kReads));
  EXPECT_FALSE(may(user(1000, 1000), owned(0044), kReads));
}

TEST(May, AsksTheGroupsBitsOfMembers) {
  Inode inode = owned(0040);
  EXPECT_TRUE(may(user(5, 1000), inode, kReads));
  inode.gid = 2000;
  EXPECT_TRUE(may(user(5, 5), inode, kReads));
  inode.mode = 0004;
  EXPECT_FALSE(may(user(5, 5), inode, kReads));
}

TEST(May, AsksTheOthersBitsOfAllElse) {
  EXPECT_TRUE(may(user(5, 5), owned(0002), kWrites));
  EXPECT_FALSE(may(user(5, 5), owned(0660), kWrites));
  EXPECT_FALSE(may(user(5, 5), owned(0004), Wish{.read = true, .write = true}));
}

TEST(May, DacOverrideDoesAllButExecuteWhatNobodyMay) {
  const Caller caller = capable(Capability::kDacOverride);
  EXPECT_TRUE(may(caller, owned(0), Wish{.read = true, .write = true}));
  EXPECT_FALSE(may(caller, owned(0666), kSearches));
  EXPECT_TRUE(may(caller, owned(0010), kSearches));
  EXPECT_TRUE(may(caller, owned(0, FileType::kDirectory), kSearches));
}

TEST(May, DacReadSearchReadsFilesAndSearchesDirectories) {
  const Caller caller = capable(Capability::kDacReadSearch);
  EXPECT_TRUE(may(caller, owned(0), kReads));
  EXPECT_FALSE(may(caller, owned(0), kWrites));
  EXPECT_FALSE(may(caller, owned(0), kSearches));
  EXPECT_TRUE(may(caller, owned(0, FileType::kDirectory), Wish{.read = true, .execute = true}));
  EXPECT_FALSE(may(caller, owned(0, FileType::kDirectory), kWrites));
}

TEST(May, RootWithoutCapabilitiesIsAnybody) { EXPECT_FALSE(may(user(0, 0), owned(0600), kReads)); }

TEST(StickyForbids, AllButTheOwnersOfFileAndDirectoryAndFowner) {
  const Inode object = owned(0644);
  Inode directory{.type = FileType::kDirectory, .mode = 01777, .uid = 3, .gid = 3};
  EXPECT_TRUE(sticky_forbids(user(5, 5), directory, object));
  EXPECT_FALSE(sticky_forbids(user(1000, 5), directory, object));
  EXPECT_FALSE(sticky_forbids(user(3, 5), directory, object));
  EXPECT_FALSE(sticky_forbids(capable(Capability::kFowner), directory, object));
  EXPECT_TRUE(sticky_forbids(capable(Capability::kDacOverride), directory, object));
  directory.mode = 0777;
  EXPECT_FALSE(sticky_forbids(user(5, 5), directory, object));
}

Inode written(const Caller& caller, Inode inode) {
  clear_set_id(caller, inode);
  return inode;
}

// Rule::kWriteSetId.
TEST(SetIdAfterWrite, IsClearedWithoutFsetid) {
  EXPECT_EQ(written(user(1000, 1000), owned(04755)).mode, 0755U);
  EXPECT_EQ(written(user(1000, 1000), owned(06775)).mode, 0775U);
  EXPECT_EQ(written(capable(Capability::kFsetid), owned(06775)).mode, 06775U);
  EXPECT_EQ(written(user(1000, 1000), owned(06775, FileType::kFifo)).mode, 06775U);
}

// Rule::kWriteSetGid.
TEST(SetIdAfterWrite, OfANonExecutableStaysForMembersAndIsFreeForOthers) {
  EXPECT_EQ(written(user(5, 1000), owned(02664)).mode, 02664U);
  EXPECT_FALSE(written(user(5, 1000), owned(02664)).set_gid_free);
  EXPECT_TRUE(written(user(5, 5), owned(02664)).set_gid_free);
}

class NewInode : public ::testing::Test {
 protected:
  Caller caller_ = user(1000, 1000);
  Inode directory_{.type = FileType::kDirectory, .mode = 0777, .uid = 3, .gid = 2000};
  Inode made(FileType type, Mode mode) const { return new_inode(caller_, directory_, type, mode); }
};

// Rule::kCreateOwner.
TEST_F(NewInode, IsTheCallersWithTheUmaskApplied) {
  caller_.umask = 022;
  const Inode file = made(FileType::kRegular, 0100666);
  EXPECT_EQ(file.mode, 0644U);
  EXPECT_EQ(file.uid, 1000U);
  EXPECT_EQ(file.gid, 1000U);
  EXPECT_FALSE(file.modify_time.known);
}

TEST_F(NewInode, TakesTheGroupOfASetGidDirectory) {
  directory_.mode = 02777;
  EXPECT_EQ(made(FileType::kRegular, 0644).gid, 2000U);
  EXPECT_EQ(made(FileType::kSymlink, 0777).gid, 2000U);
}

// Rule::kCreateSetGid.
TEST_F(NewInode, DirectoriesInheritSetGidAndHaveNoOther) {
  EXPECT_EQ(made(FileType::kDirectory, 07755).mode, 01755U);
  directory_.mode = 02777;
  EXPECT_EQ(made(FileType::kDirectory, 0755).mode, 02755U);
}

TEST_F(NewInode, AnExecutableLosesSetGidWhereTheCallerIsNotInTheGroup) {
  directory_.mode = 02777;
  EXPECT_EQ(made(FileType::kRegular, 02775).mode, 02775U);
  directory_.gid = 4;
  EXPECT_EQ(made(FileType::kRegular, 02775).mode, 0775U);
  EXPECT_EQ(made(FileType::kRegular, 02664).mode, 02664U);
  caller_.umask = 0010;  // looked at before the umask
  EXPECT_EQ(made(FileType::kRegular, 02775).mode, 0765U);
  caller_ = capable(Capability::kFsetid);
  EXPECT_EQ(made(FileType::kRegular, 02775).mode, 02775U);
}

TEST_F(NewInode, SymlinksHaveMode777WhateverTheUmask) {
  caller_.umask = 077;
  EXPECT_EQ(made(FileType::kSymlink, 0).mode, 0777U);
}

}  // namespace
}  // namespace ovlspec::model
