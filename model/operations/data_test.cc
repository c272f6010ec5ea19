#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

constexpr OpenFlags kBoth{.access = Access::kReadWrite};

class DataOperation : public testing::Bench {
 protected:
  DataOperation() {
    file("f", 0666, "0123456789");
    directory("d");
    special("p", FileType::kFifo);
    run(Open{"f", kBoth, 0, 0});
    run(Open{"d", {}, 0, 1});
    run(Open{"p", kBoth, 0, 2});
    run(Open{"f", {}, 0, 3});
    run(Open{"f", OpenFlags{.access = Access::kWrite, .append = true}, 0, 4});
  }
};

TEST_F(DataOperation, ReadReturnsTheBytesThatAreThere) {
  EXPECT_EQ(permitted(Read{0, 2, 3}), ok(Rule::kRead));
  EXPECT_EQ(mismatch(Read{0, 2, 3}, std::string("234")), "");
  EXPECT_EQ(mismatch(Read{0, 8, 9}, std::string("89")), "");
  EXPECT_EQ(mismatch(Read{0, 10, 1}, std::string()), "");
  EXPECT_EQ(mismatch(Read{0, 2, 3}, std::string("23")), "OVL-READ-1: 2 bytes (expected 3) \"23\", expected \"234\"");
  EXPECT_EQ(mismatch(Read{0, 2, 3}, {}), "OVL-READ-1: the answer lacks bytes");
}

TEST_F(DataOperation, ReadNeedsASlotOpenForReading) {
  EXPECT_EQ(permitted(Read{9, 0, 1}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Read{4, 0, 1}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Read{1, 0, 1}), fails(Errno::kEISDIR, Rule::kReadDirectory));
  EXPECT_EQ(permitted(Read{2, 0, 1}), fails(Errno::kESPIPE, Rule::kReadSpecial));
}

TEST_F(DataOperation, WriteChangesJustThoseBytes) {
  EXPECT_EQ(permitted(Write{0, 2, "ab"}), ok(Rule::kWrite));
  EXPECT_EQ(mismatch(Write{0, 2, "ab"}, std::uint64_t{1}), "OVL-WRITE-1: bytes written 1, expected 2");
  run(Write{0, 2, "ab"});
  EXPECT_EQ(at("f").content.all(), "01ab456789");
  EXPECT_FALSE(at("f").modify_time.known);
}

TEST_F(DataOperation, WriteToAnAppendingSlotGoesToTheEnd) {
  run(Write{4, 0, "end"});
  EXPECT_EQ(at("f").content.all(), "0123456789end");
}

TEST_F(DataOperation, WriteOfNothingChangesNothing) {
  at("f").mode = 06777;
  run(alice(), Write{0, 99, ""});
  EXPECT_EQ(at("f").content.size(), 10U);
  EXPECT_EQ(at("f").mode, 06777U);
  EXPECT_TRUE(at("f").modify_time.known);
}

TEST_F(DataOperation, WriteNeedsASlotOpenForWriting) {
  EXPECT_EQ(permitted(Write{3, 0, "x"}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Write{9, 0, "x"}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Write{2, 0, "x"}), fails(Errno::kESPIPE, Rule::kReadSpecial));
}

TEST_F(DataOperation, WriteByAnotherClearsSetIdBits) {
  at("f").mode = 06777;
  run(alice(), Write{0, 0, "x"});
  EXPECT_EQ(at("f").mode, 0777U) << text_of(Rule::kWriteSetId).id;
}

TEST_F(DataOperation, WriteToAFileWithoutNamesIsRead) {
  run(Unlink{"f"});
  run(Write{0, 0, "gone"});
  EXPECT_EQ(mismatch(Read{3, 0, 6}, std::string("gone45")), "");
}

TEST_F(DataOperation, TruncateSetsTheSize) {
  EXPECT_EQ(permitted(Truncate{Target::at("f"), 3}), ok(Rule::kTruncate));
  run(Truncate{Target::at("f"), 3});
  run(Truncate{Target::of(0), 5});
  EXPECT_EQ(at("f").content.all(), std::string("012\0\0", 5));
}

TEST_F(DataOperation, TruncateByPathIsForWritableRegularFiles) {
  EXPECT_EQ(permitted(Truncate{Target::at("d"), 0}), fails(Errno::kEISDIR, Rule::kTruncateType));
  EXPECT_EQ(permitted(Truncate{Target::at("p"), 0}), fails(Errno::kEINVAL, Rule::kTruncateType));
  EXPECT_EQ(permitted(Truncate{Target::at("x"), 0}), fails(Errno::kENOENT, Rule::kPathMissing));
  at("f").mode = 0444;
  EXPECT_EQ(permitted(alice(), Truncate{Target::at("f"), 0}), fails(Errno::kEACCES, Rule::kTruncatePermission));
}

TEST_F(DataOperation, TruncateByPathFollowsSymlinksWhateverIsWished) {
  symlink("s", "f");
  run(Truncate{Target::at("s", Follow::kNoFollow), 1});
  EXPECT_EQ(at("f").content.size(), 1U);
}

TEST_F(DataOperation, TruncateBySlotNeedsOneOpenForWriting) {
  EXPECT_EQ(permitted(Truncate{Target::of(3), 0}),
            (Answers{{Errno::kEINVAL, Rule::kSlotClosed}, {Errno::kEBADF, Rule::kSlotClosed}}));
  EXPECT_EQ(permitted(Truncate{Target::of(2), 0}), fails(Errno::kEINVAL, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Truncate{Target::of(9), 0}), fails(Errno::kEBADF, Rule::kSlotClosed));
}

TEST_F(DataOperation, TruncateOnAReadOnlyStackIsRefused) {
  world.writable = Writable::kNo;
  EXPECT_EQ(permitted(Truncate{Target::at("f"), 0}), fails(Errno::kEROFS, Rule::kReadOnly));
}

TEST_F(DataOperation, SyncSucceedsAndMayRefuseSpecialFiles) {
  EXPECT_EQ(permitted(Sync{0, false}), ok(Rule::kSync));
  EXPECT_EQ(permitted(Sync{1, true}), ok(Rule::kSync));
  EXPECT_EQ(permitted(Sync{2, false}), (Answers{{Errno::kOk, Rule::kSync}, {Errno::kEINVAL, Rule::kSyncSpecial}}));
  EXPECT_EQ(permitted(Sync{9, false}), fails(Errno::kEBADF, Rule::kSlotClosed));
}

TEST_F(DataOperation, LocksAreSharedOrAlone) {
  run(Lock{0, LockKind::kShared});
  EXPECT_EQ(permitted(Lock{3, LockKind::kShared}), ok(Rule::kLock));
  EXPECT_EQ(permitted(Lock{3, LockKind::kExclusive}), fails(Errno::kEAGAIN, Rule::kLockConflict));
  EXPECT_EQ(permitted(Lock{0, LockKind::kExclusive}), ok(Rule::kLock));
  EXPECT_EQ(permitted(Lock{1, LockKind::kExclusive}), ok(Rule::kLock));
  EXPECT_EQ(permitted(Lock{9, LockKind::kUnlock}), fails(Errno::kEBADF, Rule::kSlotClosed));
  run(Close{0});
  EXPECT_EQ(permitted(Lock{3, LockKind::kExclusive}), ok(Rule::kLock));
}

TEST_F(DataOperation, ARefusedConversionLosesTheLock) {
  run(Lock{0, LockKind::kShared});
  run(Lock{3, LockKind::kShared});
  EXPECT_EQ(permitted(Lock{3, LockKind::kExclusive}), fails(Errno::kEAGAIN, Rule::kLockConflict));
  refuse(world, Lock{3, LockKind::kExclusive}, Errno::kEAGAIN);
  EXPECT_EQ(permitted(Lock{0, LockKind::kExclusive}), ok(Rule::kLock));
}

}  // namespace
}  // namespace ovlspec::model
