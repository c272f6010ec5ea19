#include "oracle/vfs/permission.h"

#include <gtest/gtest.h>

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle::vfs {
namespace {

Attributes object(FileType type, Mode mode, Uid uid, Gid gid) {
  Attributes attributes;
  attributes.type = type;
  attributes.mode = mode;
  attributes.uid = uid;
  attributes.gid = gid;
  return attributes;
}

TEST(Permission, OwnersClassCountsAloneForTheOwner) {
  EXPECT_FALSE(permits(user(kAlice), object(FileType::kRegular, 0077, kAlice, kAlice), kWantRead).ok());
  EXPECT_TRUE(permits(user(kAlice), object(FileType::kRegular, 0400, kAlice, 0), kWantRead).ok());
}

TEST(Permission, GroupsClassCountsAloneForMembers) {
  const Attributes shared = object(FileType::kRegular, 0604, 0, 50);
  EXPECT_FALSE(permits(user(kAlice, {50}), shared, kWantRead).ok());
  EXPECT_TRUE(permits(user(kAlice), shared, kWantRead).ok());
}

TEST(Permission, DacReadSearchReadsFilesAndSearchesDirectoriesOnly) {
  const Caller reader = user_with(kAlice, Capability::kDacReadSearch);
  EXPECT_TRUE(permits(reader, object(FileType::kRegular, 0, 0, 0), kWantRead).ok());
  EXPECT_FALSE(permits(reader, object(FileType::kRegular, 0, 0, 0), kWantRead | kWantWrite).ok());
  EXPECT_TRUE(permits(reader, object(FileType::kDirectory, 0, 0, 0), kWantRead | kWantSearch).ok());
  EXPECT_FALSE(permits(reader, object(FileType::kDirectory, 0, 0, 0), kWantWrite).ok());
}

TEST(Permission, DacOverrideExecutesAFileOnlyWhereSomebodyMay) {
  const Caller caller = user_with(kAlice, Capability::kDacOverride);
  EXPECT_TRUE(permits(caller, object(FileType::kRegular, 0, 0, 0), kWantRead | kWantWrite).ok());
  EXPECT_FALSE(permits(caller, object(FileType::kRegular, 0, 0, 0), kWantSearch).ok());
  EXPECT_TRUE(permits(caller, object(FileType::kRegular, 0100, 0, 0), kWantSearch).ok());
  EXPECT_TRUE(permits(caller, object(FileType::kDirectory, 0, 0, 0), kWantWrite | kWantSearch).ok());
}

TEST(Permission, RootWithoutCapabilitiesIsLikeAnybody) {
  EXPECT_EQ(permits(user(0), object(FileType::kRegular, 0600, kAlice, kAlice), kWantRead).error(), Errno::kEACCES);
}

TEST(Permission, StickyDirectoryKeepsOthersNames) {
  const Attributes sticky = object(FileType::kDirectory, 01777, 0, 0);
  const Attributes of_alice = object(FileType::kRegular, 0666, kAlice, kAlice);
  EXPECT_EQ(permits_removal(user(kBob), sticky, of_alice).error(), Errno::kEPERM);
  EXPECT_TRUE(permits_removal(user(kAlice), sticky, of_alice).ok());
  EXPECT_TRUE(permits_removal(user_with(kBob, Capability::kFowner), sticky, of_alice).ok());
  EXPECT_TRUE(permits_removal(user(kBob), object(FileType::kDirectory, 01777, kBob, 0), of_alice).ok());
  EXPECT_TRUE(permits_removal(user(kBob), object(FileType::kDirectory, 0777, 0, 0), of_alice).ok());
}

TEST(Permission, ProtectedLinksNeedOwnershipOrAHarmlessFile) {
  const auto linking = [](Uid caller, FileType type, Mode mode) {
    return permits_protected_link(user(caller), object(type, mode, kAlice, kAlice)).error();
  };
  EXPECT_EQ(linking(kBob, FileType::kRegular, 0666), Errno::kOk);
  EXPECT_EQ(linking(kBob, FileType::kRegular, 0644), Errno::kEPERM);
  EXPECT_EQ(linking(kBob, FileType::kRegular, 04666), Errno::kEPERM);
  EXPECT_EQ(linking(kBob, FileType::kFifo, 0666), Errno::kEPERM);
  EXPECT_EQ(linking(kAlice, FileType::kFifo, 0), Errno::kOk);
}

}  // namespace
}  // namespace ovlspec::oracle::vfs
