// What the faulty store does to the calls that go through it.
#include "impl/store/faulty_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "impl/store/memory_store.h"

namespace ovlspec::impl {
namespace {

constexpr std::string_view kTemporary = "temporary";

class FaultyStoreTest : public ::testing::Test {
 protected:
  InodeRef root() { return memory_.root(); }
  InodeRef file() { return faulty_.lookup(root(), "file")->inode; }

  void SetUp() override {
    ASSERT_TRUE(memory_.create(root(), "file", {.type = FileType::kRegular, .mode = 0644}));
    ASSERT_TRUE(memory_.create(root(), "directory", {.type = FileType::kDirectory, .mode = 0755}));
    open_ = *memory_.open(file(), Access::kReadWrite);
  }

  // Every counted call, in an order in which each one succeeds.
  std::vector<std::function<Errno()>> counted_calls() {
    StoreChange change;
    change.mode = 0600;
    return {[this] { return faulty_.create(root(), kTemporary, {}).error(); },
            [this] { return faulty_.link(file(), root(), "link").error(); },
            [this] { return faulty_.unlink(root(), "link").error(); },
            [this] { return faulty_.remove_directory(root(), "directory").error(); },
            [this] { return faulty_.rename(root(), kTemporary, root(), "b", StoreRename::kReplace).error(); },
            [this, change] { return faulty_.change(file(), change).error(); },
            [this] { return faulty_.set_xattr(file(), "user.a", "1", XattrMode::kAny).error(); },
            [this] { return faulty_.remove_xattr(file(), "user.a").error(); },
            [this] { return faulty_.set_flags(file(), 0).error(); },
            [this] { return faulty_.write(open_, "data", 0).error(); },
            [this] { return faulty_.change_range(open_, RangeChange::kAllocate, {.begin = 0, .end = 1}).error(); },
            [this] {
              return faulty_.copy_range({open_, 0}, {open_, 100}, 4).error();
            },
            [this] { return faulty_.sync(open_).error(); },
            [this] { return faulty_.sync_inode(root()).error(); }};
  }

  std::vector<std::function<Errno()>> reading_calls() {
    return {[this] { return faulty_.file_system(root()).error(); },
            [this] { return faulty_.status(root()).error(); },
            [this] { return faulty_.lookup(root(), "file").error(); },
            [this] { return faulty_.attributes(root()).error(); },
            [this] { return faulty_.entries(root()).error(); },
            [this] { return faulty_.symlink_target(root()).error(); },
            [this] { return faulty_.xattr(root(), "user.a").error(); },
            [this] { return faulty_.xattr_names(root()).error(); },
            [this] { return faulty_.flags(root()).error(); },
            [this] { return faulty_.protection(root()).error(); },
            [this] { return faulty_.handle(root()).error(); },
            [this] { return faulty_.by_handle(root(), {}).error(); },
            [this] { return faulty_.open(open_inode_, Access::kRead).error(); },
            [this] { return faulty_.read(open_, &byte_, 1, 0).error(); },
            [this] { return faulty_.next_data(open_, 0).error(); }};
  }

  MemoryStore memory_;
  FaultyStore faulty_{memory_};
  FileRef open_;
  InodeRef open_inode_ = memory_.root();
  char byte_ = 0;
};

TEST_F(FaultyStoreTest, EveryMutatingOrSyncingCallIsCountedOnceAndReadsAreNot) {
  std::uint64_t expected = 0;
  for (const auto& call : counted_calls()) {
    EXPECT_EQ(call(), Errno::kOk);
    EXPECT_EQ(faulty_.counted_calls(), ++expected);
  }
  for (const auto& call : reading_calls()) EXPECT_NE(call(), Errno::kEIO);
  EXPECT_EQ(faulty_.counted_calls(), expected);
}

TEST_F(FaultyStoreTest, OneCallFailsWithTheGivenErrorAndIsNotMade) {
  faulty_.set_fault({.kind = FaultKind::kFailOnce, .at = 2, .error = Errno::kENOSPC});
  EXPECT_TRUE(faulty_.create(root(), "a", {}));
  EXPECT_EQ(faulty_.create(root(), "b", {}).error(), Errno::kENOSPC);
  EXPECT_TRUE(faulty_.create(root(), "c", {}));
  EXPECT_EQ(faulty_.lookup(root(), "b").error(), Errno::kENOENT);
  EXPECT_TRUE(faulty_.lookup(root(), "c"));
}

TEST_F(FaultyStoreTest, AllCallsFailFromOneOnWhileReadsGoOn) {
  faulty_.set_fault({.kind = FaultKind::kFailFrom, .at = 2, .error = Errno::kENOSPC});
  EXPECT_TRUE(faulty_.create(root(), "a", {}));
  for (const auto& call : counted_calls()) EXPECT_EQ(call(), Errno::kENOSPC);
  EXPECT_TRUE(faulty_.lookup(root(), "a"));
  EXPECT_TRUE(faulty_.lookup(root(), "directory"));
}

TEST_F(FaultyStoreTest, AfterACrashNothingIsAnsweredAndNothingHappens) {
  const std::vector<std::function<Errno()>> mutating = counted_calls();
  const std::vector<std::function<Errno()>> reading = reading_calls();
  const InodeRef held = file();
  faulty_.set_fault({.kind = FaultKind::kCrash, .at = 1});
  EXPECT_FALSE(faulty_.crashed());
  EXPECT_EQ(faulty_.create(root(), "a", {}).error(), Errno::kEIO);
  EXPECT_TRUE(faulty_.crashed());
  for (const auto& call : reading) EXPECT_EQ(call(), Errno::kEIO);
  EXPECT_EQ(faulty_.unlink(root(), "file").error(), Errno::kEIO);
  EXPECT_EQ(faulty_.write(open_, "data", 0).error(), Errno::kEIO);
  EXPECT_EQ(memory_.entries(root())->size(), 2U);
  faulty_.set_fault({});
  EXPECT_TRUE(faulty_.create(root(), "a", {}));
}

TEST_F(FaultyStoreTest, ACrashAtEachCallLeavesExactlyTheCallsBeforeIt) {
  const std::size_t all = 6;
  for (std::size_t at = 1; at <= all; ++at) {
    MemoryStore memory;
    FaultyStore faulty(memory, {.kind = FaultKind::kCrash, .at = at});
    for (std::size_t i = 0; i < all; ++i) {
      EXPECT_EQ(faulty.create(memory.root(), std::to_string(i), {}).ok(), i + 1 < at);
    }
    EXPECT_EQ(memory.entries(memory.root())->size(), at - 1);
  }
}

}  // namespace
}  // namespace ovlspec::impl
