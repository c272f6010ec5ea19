// The contract of open files.
#include <algorithm>
#include <thread>

#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

constexpr FileSize kFar = 1U << 20;  // a multiple of every block size

std::string read(LayerStore& store, const FileRef& file, FileSize offset, std::size_t size) {
  std::string bytes(size, '?');
  const Result<std::size_t> count = store.read(file, bytes.data(), size, offset);
  EXPECT_EQ(count.error(), Errno::kOk);
  bytes.resize(count ? *count : 0);
  return bytes;
}

TEST_P(StoreContract, OnlyRegularFilesAreOpened) {
  make_file(root(), "file");
  for (const Access access : {Access::kRead, Access::kWrite, Access::kReadWrite}) {
    EXPECT_TRUE(store().open(store().lookup(root(), "file")->inode, access));
    EXPECT_EQ(store().open(root(), access).error(), Errno::kEISDIR);
  }
  EXPECT_EQ(store().open(make(root(), "fifo", FileType::kFifo), Access::kRead).error(), Errno::kEINVAL);
  EXPECT_EQ(store().open(make(root(), "socket", FileType::kSocket), Access::kRead).error(), Errno::kEINVAL);
  EXPECT_EQ(store().open(make_symlink(root(), "symlink", "file"), Access::kRead).error(), Errno::kEINVAL);
}

TEST_P(StoreContract, AFileIsReadAndWrittenOnlyAsItWasOpened) {
  const InodeRef inode = make_file(root(), "file", "data");
  char byte = 0;
  const FileRef reader = *store().open(inode, Access::kRead);
  const FileRef writer = *store().open(inode, Access::kWrite);
  const FileRef both = *store().open(inode, Access::kReadWrite);
  EXPECT_EQ(store().write(reader, "x", 0).error(), Errno::kEBADF);
  EXPECT_EQ(store().read(writer, &byte, 1, 0).error(), Errno::kEBADF);
  EXPECT_EQ(*store().write(writer, "x", 0), 1U);
  EXPECT_EQ(*store().write(both, "y", 1), 1U);
  EXPECT_EQ(read(store(), reader, 0, 10), "xyta");
  EXPECT_EQ(read(store(), both, 0, 10), "xyta");
}

TEST_P(StoreContract, ReadsStopAtTheEnd) {
  const FileRef file = *store().open(make_file(root(), "file", "0123456789"), Access::kRead);
  EXPECT_EQ(read(store(), file, 0, 4), "0123");
  EXPECT_EQ(read(store(), file, 8, 4), "89");
  EXPECT_EQ(read(store(), file, 10, 4), "");
  EXPECT_EQ(read(store(), file, 1000, 4), "");
  EXPECT_EQ(read(store(), file, 0, 0), "");
}

TEST_P(StoreContract, OffsetsBeyondTheLargestFileAreRefused) {
  const FileRef file = *store().open(make_file(root(), "file"), Access::kReadWrite);
  char byte = 0;
  EXPECT_EQ(store().read(file, &byte, 1, ~FileSize{0}).error(), Errno::kEINVAL);
  EXPECT_EQ(store().write(file, "x", ~FileSize{0}).error(), Errno::kEINVAL);
  EXPECT_EQ(store().write(file, "xy", INT64_MAX).error(), Errno::kEFBIG);
}

TEST_P(StoreContract, AWriteBeyondTheEndLeavesZerosBetween) {
  const InodeRef inode = make_file(root(), "file", "ab");
  ASSERT_TRUE(write(inode, "cd", 6));
  EXPECT_EQ(content(inode), std::string("ab\0\0\0\0cd", 8));
  EXPECT_EQ(attributes(inode).size, 8U);
}

TEST_P(StoreContract, WhatWasCutOffNeverComesBack) {
  const InodeRef inode = make_file(root(), "file", std::string(10000, 'x'));
  StoreChange change;
  change.size = 5000;
  ASSERT_TRUE(store().change(inode, change));
  change.size = 10000;
  ASSERT_TRUE(store().change(inode, change));
  EXPECT_EQ(content(inode), std::string(5000, 'x') + std::string(5000, '\0'));
}

TEST_P(StoreContract, AWriteAdvancesTimesAndAnEmptyOneChangesNoSize) {
  const InodeRef inode = make_file(root(), "file", "data");
  const Attributes before = attributes(inode);
  tick();
  ASSERT_TRUE(write(inode, "x", 0));
  EXPECT_GT(attributes(inode).modify_time, before.modify_time);
  EXPECT_GT(attributes(inode).change_time, before.change_time);
  ASSERT_TRUE(write(inode, "", 100));
  EXPECT_EQ(attributes(inode).size, 4U);
}

TEST_P(StoreContract, DataIsFoundBetweenHoles) {
  const InodeRef inode = make_file(root(), "file");
  ASSERT_TRUE(write(inode, std::string(10, 'x'), kFar));
  StoreChange change;
  change.size = 4 * kFar;
  ASSERT_TRUE(store().change(inode, change));
  const FileRef file = *store().open(inode, Access::kRead);
  std::vector<LayerStore::Extent> extents;
  for (FileSize at = 0;;) {
    const auto next = store().next_data(file, at);
    ASSERT_TRUE(next);
    if (!next->has_value()) break;
    ASSERT_GT((**next).end, (**next).begin);
    ASSERT_GE((**next).begin, at);
    extents.push_back(**next);
    at = (**next).end;
  }
  ASSERT_FALSE(extents.empty());
  ASSERT_LE(extents.back().end, 4 * kFar);
  const auto covers = [&](const LayerStore::Extent& extent) { return extent.begin <= kFar && extent.end >= kFar + 10; };
  EXPECT_TRUE(std::any_of(extents.begin(), extents.end(), covers));
}

TEST_P(StoreContract, DataStartsWhereItIsAskedForInsideAnExtent) {
  const FileRef file = *store().open(make_file(root(), "file", std::string(9000, 'x')), Access::kRead);
  const auto whole = store().next_data(file, 0);
  ASSERT_TRUE(whole && whole->has_value());
  EXPECT_EQ((**whole).begin, 0U);
  EXPECT_EQ((**whole).end, 9000U);
  const auto part = store().next_data(file, 5);
  ASSERT_TRUE(part && part->has_value());
  EXPECT_EQ((**part).begin, 5U);
  EXPECT_EQ((**part).end, 9000U);
  EXPECT_FALSE(store().next_data(file, 9000)->has_value());
  EXPECT_FALSE(store().next_data(file, ~FileSize{0})->has_value());
}

TEST_P(StoreContract, AnEmptyFileHasNoData) {
  const FileRef file = *store().open(make_file(root(), "file"), Access::kRead);
  EXPECT_FALSE(store().next_data(file, 0)->has_value());
}

// The content after a change of [begin, end); the error's name where the file system has no such change.
std::string after_change(LayerStore& store, const InodeRef& inode, RangeChange change, LayerStore::Extent range) {
  const FileRef file = *store.open(inode, Access::kReadWrite);
  const Status changed = store.change_range(file, change, range);
  if (!changed) return std::string(errno_name(changed.error()));
  return read(store, file, 0, 1 << 20);
}

TEST_P(StoreContract, APunchedRangeReadsAsZerosAndKeepsTheSize) {
  const InodeRef inode = make_file(root(), "file", std::string(3 * kFar, 'x'));
  const FileRef file = *store().open(inode, Access::kReadWrite);
  const Status punched = store().change_range(file, RangeChange::kPunchHole, {.begin = kFar - 1, .end = 2 * kFar + 1});
  if (punched.error() == Errno::kEOPNOTSUPP) GTEST_SKIP() << "this file system punches no holes";
  ASSERT_TRUE(punched);
  EXPECT_EQ(read(store(), file, kFar - 2, 2), std::string("x\0", 2));
  EXPECT_EQ(read(store(), file, 2 * kFar, 2), std::string("\0x", 2));
  EXPECT_EQ((**store().next_data(file, kFar)).begin, 2 * kFar);
  EXPECT_EQ(attributes(inode).size, 3 * kFar);
  ASSERT_TRUE(store().change_range(file, RangeChange::kPunchHole, {.begin = 0, .end = 10 * kFar}));
  EXPECT_EQ(attributes(inode).size, 3 * kFar);
  EXPECT_FALSE(store().next_data(file, 0)->has_value());
}

TEST_P(StoreContract, AllocationGrowsTheFileUnlessItIsToKeepItsSize) {
  const InodeRef inode = make_file(root(), "file", "data");
  const std::string kept = after_change(store(), inode, RangeChange::kAllocateKeepSize, {.begin = 0, .end = 100});
  if (kept == "EOPNOTSUPP") GTEST_SKIP() << "this file system allocates nothing ahead";
  EXPECT_EQ(kept, "data");
  EXPECT_EQ(after_change(store(), inode, RangeChange::kAllocate, {.begin = 2, .end = 6}), std::string("data\0\0", 6));
  EXPECT_EQ(after_change(store(), inode, RangeChange::kAllocate, {.begin = 0, .end = 1}), std::string("data\0\0", 6));
}

TEST_P(StoreContract, AZeroedRangeGrowsTheFileUnlessItIsToKeepItsSize) {
  const InodeRef inode = make_file(root(), "file", "data");
  const std::string kept = after_change(store(), inode, RangeChange::kZeroKeepSize, {.begin = 2, .end = 100});
  if (kept == "EOPNOTSUPP") GTEST_SKIP() << "this file system zeroes no ranges";
  EXPECT_EQ(kept, std::string("da\0\0", 4));
  EXPECT_EQ(after_change(store(), inode, RangeChange::kZero, {.begin = 1, .end = 6}), std::string("d\0\0\0\0\0", 6));
}

TEST_P(StoreContract, RangesAreChangedOnlyThroughWritersAndOnlyWhereThereCanBeAny) {
  const InodeRef inode = make_file(root(), "file", "data");
  const FileRef reader = *store().open(inode, Access::kRead);
  const FileRef writer = *store().open(inode, Access::kWrite);
  const auto punch = [&](const FileRef& file, LayerStore::Extent range) {
    return store().change_range(file, RangeChange::kPunchHole, range).error();
  };
  EXPECT_EQ(punch(reader, {.begin = 0, .end = 1}), Errno::kEBADF);
  EXPECT_EQ(punch(writer, {.begin = 1, .end = 1}), Errno::kEINVAL);
  EXPECT_EQ(punch(writer, {.begin = 1, .end = ~FileSize{0}}), Errno::kEFBIG);
}

TEST_P(StoreContract, ARangeIsCopiedUpToTheEndOfItsFile) {
  const FileRef from = *store().open(make_file(root(), "from", "0123456789"), Access::kRead);
  const InodeRef target = make_file(root(), "to", "abc");
  const FileRef to = *store().open(target, Access::kReadWrite);
  const Result<std::size_t> count = store().copy_range({from, 7}, {to, 2}, 100);
  if (count.error() == Errno::kEOPNOTSUPP) GTEST_SKIP() << "this file system copies no ranges";
  EXPECT_EQ(*count, 3U);
  EXPECT_EQ(content(target), "ab789");
  EXPECT_EQ(*store().copy_range({from, 10}, {to, 0}, 100), 0U);
  EXPECT_EQ(*store().copy_range({to, 0}, {to, 5}, 2), 2U);
  EXPECT_EQ(content(target), "ab789ab");
  EXPECT_EQ(store().copy_range({to, 0}, {to, 1}, 2).error(), Errno::kEINVAL);
  EXPECT_EQ(store().copy_range({from, 0}, {from, 20}, 2).error(), Errno::kEBADF);
}

TEST_P(StoreContract, AnOpenFileOutlivesItsNameAndItsReference) {
  InodeRef inode = make_file(root(), "file", "data");
  const FileRef file = *store().open(inode, Access::kReadWrite);
  ASSERT_TRUE(store().unlink(root(), "file"));
  inode.reset();
  EXPECT_EQ(*store().write(file, "more", 4), 4U);
  EXPECT_EQ(read(store(), file, 0, 100), "datamore");
}

TEST_P(StoreContract, EverythingCanBeSynced) {
  const InodeRef inode = make_file(root(), "file", "data");
  EXPECT_TRUE(store().sync(*store().open(inode, Access::kWrite)));
  EXPECT_TRUE(store().sync_inode(inode));
  EXPECT_TRUE(store().sync_inode(root()));
  EXPECT_TRUE(store().sync_inode(make_symlink(root(), "symlink", "file")));
  EXPECT_TRUE(store().sync_inode(make(root(), "fifo", FileType::kFifo)));
}

TEST_P(StoreContract, ThreadsThatWorkInOneDirectoryLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 100;
  const InodeRef shared = make_directory(root(), "shared");
  const auto work = [&](int thread) {
    const std::string mine = "t" + std::to_string(thread) + ".";
    for (int round = 0; round < kRounds; ++round) {
      const std::string name = mine + std::to_string(round);
      if (!store().create(shared, name, wanted(FileType::kRegular, 0644))) return;
      if (!store().rename(shared, name, shared, name + ".kept", StoreRename::kReplace)) return;
      if (round % 2 == 1 && !store().unlink(shared, name + ".kept")) return;
      if (!store().entries(shared)) return;
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(names(shared).size(), static_cast<std::size_t>(kThreads * kRounds / 2));
}

}  // namespace
}  // namespace ovlspec::impl
