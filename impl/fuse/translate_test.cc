#include "impl/fuse/translate.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

namespace ovlspec::fuse {
namespace {

constexpr FileType kTypes[] = {FileType::kRegular,     FileType::kDirectory, FileType::kSymlink, FileType::kCharDevice,
                               FileType::kBlockDevice, FileType::kFifo,      FileType::kSocket};

TEST(Translate, TypesSurviveTheWayThroughTheModeBits) {
  for (const FileType type : kTypes) EXPECT_EQ(type_of(type_bits(type) | 0644), type);
  EXPECT_EQ(type_of(0644), FileType::kRegular);
  EXPECT_EQ(type_of(S_IFMT | 0644), std::nullopt);
}

TEST(Translate, AttributesAreShownAsTheyAre) {
  const Attributes attributes{.type = FileType::kCharDevice,
                              .mode = 04751,
                              .links = 3,
                              .uid = 1,
                              .gid = 2,
                              .device = {.major = 300, .minor = 70000},
                              .size = 5,
                              .blocks = 8,
                              .access_time = {.seconds = -1, .nanoseconds = 10},
                              .modify_time = {.seconds = 2, .nanoseconds = 20},
                              .change_time = {.seconds = 3, .nanoseconds = 999'999'999},
                              .number = 1ULL << 62,
                              .file_system = 9};
  const struct stat status = stat_of(attributes, {});
  EXPECT_EQ(status.st_mode, S_IFCHR | 04751U);
  EXPECT_EQ(status.st_ino, 1ULL << 62);
  EXPECT_EQ(status.st_nlink, 3U);
  EXPECT_EQ(device_of(status.st_rdev), attributes.device);
  EXPECT_EQ(status.st_atim.tv_sec, -1);
  EXPECT_EQ(status.st_ctim.tv_nsec, 999'999'999);
  const fuse_entry_out wire = wire_entry_of({.node = 4, .generation = 6, .attributes = attributes}, {});
  EXPECT_EQ(wire.nodeid, 4U);
  EXPECT_EQ(wire.generation, 6U);
  EXPECT_EQ(wire.attr.ino, 1ULL << 62);
  EXPECT_EQ(wire.attr.mode, status.st_mode);
  EXPECT_EQ(wire.attr.rdev, static_cast<std::uint32_t>(status.st_rdev));
}

TEST(Translate, OnlyWhatSetattrAsksForChanges) {
  struct stat wanted {};
  wanted.st_mode = S_IFREG | 0640;
  wanted.st_uid = 7;
  wanted.st_size = 9;
  wanted.st_atim = {.tv_sec = 1, .tv_nsec = 2};
  const impl::AttributeChange nothing = change_of(wanted, 0);
  EXPECT_FALSE(nothing.mode || nothing.uid || nothing.gid || nothing.size);
  EXPECT_EQ(nothing.access_time.kind, TimeChange::Kind::kOmit);

  const impl::AttributeChange change =
      change_of(wanted, FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_ATIME |
                            FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW);
  EXPECT_EQ(change.mode, Mode{0640});
  EXPECT_EQ(change.uid, Uid{7});
  EXPECT_FALSE(change.gid.has_value());
  EXPECT_EQ(change.size, FileSize{9});
  EXPECT_EQ(change.access_time,
            (TimeChange{.kind = TimeChange::Kind::kSet, .value = {.seconds = 1, .nanoseconds = 2}}));
  EXPECT_EQ(change.modify_time.kind, TimeChange::Kind::kNow);
}

TEST(Translate, FlagsThatTheSystemDoesNotHaveAreNothing) {
  EXPECT_EQ(rename_mode_of(0), RenameMode::kReplace);
  EXPECT_EQ(rename_mode_of(RENAME_NOREPLACE), RenameMode::kNoReplace);
  EXPECT_EQ(rename_mode_of(RENAME_EXCHANGE), RenameMode::kExchange);
  EXPECT_EQ(rename_mode_of(RENAME_WHITEOUT), RenameMode::kWhiteout);
  EXPECT_EQ(rename_mode_of(RENAME_NOREPLACE | RENAME_EXCHANGE), std::nullopt);
  EXPECT_EQ(xattr_mode_of(XATTR_CREATE), XattrMode::kCreate);
  EXPECT_EQ(xattr_mode_of(XATTR_REPLACE), XattrMode::kReplace);
  EXPECT_EQ(xattr_mode_of(XATTR_CREATE | XATTR_REPLACE), std::nullopt);
}

TEST(Translate, AccessIsThatOfTheOpenFlags) {
  EXPECT_EQ(access_of(O_RDONLY | O_NOFOLLOW), Access::kRead);
  EXPECT_EQ(access_of(O_WRONLY | O_APPEND), Access::kWrite);
  EXPECT_EQ(access_of(O_RDWR | O_TRUNC), Access::kReadWrite);
}

TEST(Translate, AMissingNameIsRememberedAsLongAsAFoundOne) {
  EXPECT_EQ(no_entry().ino, 0U);
  EXPECT_EQ(no_entry().entry_timeout, entry_of({}, {}).entry_timeout);
}

TEST(Translate, ANewObjectBelongsToTheCaller) {
  const fuse_ctx caller{.uid = 10, .gid = 20, .pid = 1, .umask = 022};
  const impl::NewInode inode = new_inode(caller, FileType::kFifo, S_IFIFO | 0666);
  EXPECT_EQ(inode.uid, 10U);
  EXPECT_EQ(inode.gid, 20U);
  EXPECT_EQ(inode.mode, 0666U);
}

TEST(Translate, RangesThatTheKernelDoesNotPassOnAreNone) {
  EXPECT_EQ(range_change_of(0), impl::RangeChange::kAllocate);
  EXPECT_EQ(range_change_of(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE), impl::RangeChange::kPunchHole);
  EXPECT_EQ(range_change_of(FALLOC_FL_COLLAPSE_RANGE), std::nullopt);
  EXPECT_EQ(range_change_of(FALLOC_FL_INSERT_RANGE), std::nullopt);
}

}  // namespace
}  // namespace ovlspec::fuse
