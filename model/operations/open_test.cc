#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

constexpr OpenFlags kReads{};
constexpr OpenFlags kWrites{.access = Access::kWrite};
constexpr OpenFlags kCreates{.access = Access::kWrite, .create = true};

class OpenOperation : public testing::Bench {
 protected:
  OpenOperation() {
    file("f", 0644, "text");
    directory("d", 0777);
    symlink("s", "f");
    symlink("dangling", "d/new");
  }
  static Open open(std::string path, OpenFlags flags, Mode mode = 0644) {
    return Open{std::move(path), flags, mode, 0};
  }
};

TEST_F(OpenOperation, OfAFileMakesADescriptor) {
  EXPECT_EQ(permitted(open("f", kReads)), ok(Rule::kOpen));
  run(open("s", OpenFlags{.access = Access::kReadWrite, .append = true}));
  EXPECT_TRUE(world.slots[0].open && world.slots[0].readable && world.slots[0].writable && world.slots[0].append);
  EXPECT_EQ(world.slots[0].object, world.tree.at("f").value());
}

TEST_F(OpenOperation, CreatesARegularFileOfTheCallers) {
  Caller caller = alice();
  caller.umask = 027;
  run(caller, open("d/new", kCreates, 0666));
  EXPECT_EQ(at("d/new").mode, 0640U);
  EXPECT_EQ(at("d/new").uid, 1000U);
  EXPECT_TRUE(at("d/new").is(FileType::kRegular));
}

TEST_F(OpenOperation, CreatesThroughADanglingSymlink) {
  run(open("dangling", kCreates));
  EXPECT_TRUE(there("d/new"));
}

TEST_F(OpenOperation, ExclusiveCreationOfWhatExistsIsRefused) {
  const OpenFlags exclusive{.access = Access::kWrite, .create = true, .exclusive = true};
  EXPECT_EQ(permitted(open("f", exclusive)), fails(Errno::kEEXIST, Rule::kOpenExists));
  EXPECT_EQ(permitted(open("dangling", exclusive)),
            (Answers{{Errno::kELOOP, Rule::kOpenNoFollow}, {Errno::kEEXIST, Rule::kOpenExists}}));
  EXPECT_EQ(permitted(open("f", OpenFlags{.exclusive = true})), ok(Rule::kOpen));
}

TEST_F(OpenOperation, OfADirectoryIsForReadingOnly) {
  EXPECT_EQ(permitted(open("d", kReads)), ok(Rule::kOpen));
  EXPECT_EQ(permitted(open("d", kWrites)), fails(Errno::kEISDIR, Rule::kOpenDirectory));
  EXPECT_EQ(permitted(open("d", OpenFlags{.truncate = true})), fails(Errno::kEISDIR, Rule::kOpenDirectory));
  EXPECT_EQ(permitted(open("d", OpenFlags{.create = true})), fails(Errno::kEISDIR, Rule::kOpenDirectory));
  EXPECT_EQ(permitted(open("d/.", OpenFlags{.create = true})), fails(Errno::kEISDIR, Rule::kOpenDirectory));
  EXPECT_EQ(permitted(open("d/new/", kCreates)), fails(Errno::kEISDIR, Rule::kOpenDirectory));
}

TEST_F(OpenOperation, CreationAtAFileWithASlashIsOneOfTwoErrors) {
  EXPECT_EQ(permitted(open("f/", kCreates)),
            (Answers{{Errno::kENOTDIR, Rule::kPathNotDirectory}, {Errno::kEISDIR, Rule::kOpenDirectory}}));
}

TEST_F(OpenOperation, WithDirectoryFlagNeedsADirectory) {
  EXPECT_EQ(permitted(open("f", OpenFlags{.directory = true})), fails(Errno::kENOTDIR, Rule::kOpenNotDirectory));
  EXPECT_EQ(permitted(open("d", OpenFlags{.directory = true})), ok(Rule::kOpen));
  EXPECT_EQ(permitted(open("x", OpenFlags{.create = true, .directory = true})),
            fails(Errno::kEINVAL, Rule::kOpenFlags));
}

TEST_F(OpenOperation, WithoutFollowingDoesNotOpenASymlink) {
  EXPECT_EQ(permitted(open("s", OpenFlags{.no_follow = true})), fails(Errno::kELOOP, Rule::kOpenNoFollow));
  EXPECT_EQ(permitted(open("f", OpenFlags{.no_follow = true})), ok(Rule::kOpen));
}

TEST_F(OpenOperation, OfNothingIsRefused) {
  EXPECT_EQ(permitted(open("x", kReads)), fails(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(permitted(open("dangling", kReads)), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(OpenOperation, NeedsThePermissionsOfItsAccess) {
  EXPECT_EQ(permitted(alice(), open("f", kReads)), ok(Rule::kOpen));
  EXPECT_EQ(permitted(alice(), open("f", kWrites)), fails(Errno::kEACCES, Rule::kOpenPermission));
  EXPECT_EQ(permitted(alice(), open("f", OpenFlags{.truncate = true})), fails(Errno::kEACCES, Rule::kOpenPermission));
  at("f").mode = 0622;
  EXPECT_EQ(permitted(alice(), open("f", kReads)), fails(Errno::kEACCES, Rule::kOpenPermission));
  EXPECT_EQ(permitted(alice(), open("f", kWrites)), ok(Rule::kOpen));
}

TEST_F(OpenOperation, CreationNeedsAWritableDirectoryButNoMode) {
  at("d").mode = 0755;
  EXPECT_EQ(permitted(alice(), open("d/new", kCreates)), fails(Errno::kEACCES, Rule::kParentWrite));
  at("d").mode = 0777;
  EXPECT_EQ(permitted(alice(), open("d/new", kCreates, 0)), ok(Rule::kOpen));
}

TEST_F(OpenOperation, TruncationEmptiesAndClearsSetIdBits) {
  put_owned("mine", testing::file_inode("data", 06775), 1000, 1000);
  run(alice(), open("mine", OpenFlags{.access = Access::kWrite, .truncate = true}));
  EXPECT_EQ(at("mine").content.size(), 0U);
  EXPECT_EQ(at("mine").mode, 0775U) << text_of(Rule::kOpenTruncate).id;
  EXPECT_FALSE(at("mine").modify_time.known);
}

TEST_F(OpenOperation, OfAFifoNeedsAReaderToWrite) {
  special("p", FileType::kFifo);
  EXPECT_EQ(permitted(open("p", kWrites)), fails(Errno::kENXIO, Rule::kOpenSpecial));
  EXPECT_EQ(permitted(open("p", OpenFlags{.access = Access::kReadWrite})), ok(Rule::kOpen));
  run(Open{"p", kReads, 0, 1});
  EXPECT_EQ(permitted(open("p", kWrites)), ok(Rule::kOpen));
}

TEST_F(OpenOperation, OfAFifoMayAskForThePermissionToTruncate) {
  special("p", FileType::kFifo, 0444);
  EXPECT_EQ(permitted(alice(), open("p", OpenFlags{.truncate = true})),
            (Answers{{Errno::kOk, Rule::kOpen}, {Errno::kEACCES, Rule::kOpenPermission}}));
}

TEST_F(OpenOperation, OfSocketsAndDevicesIsRefused) {
  special("socket", FileType::kSocket);
  special("device", FileType::kCharDevice);
  EXPECT_EQ(permitted(open("socket", kReads)), fails(Errno::kENXIO, Rule::kOpenSpecial));
  EXPECT_EQ(permitted(open("device", kReads)),
            (Answers{{Errno::kEACCES, Rule::kOpenSpecial}, {Errno::kENXIO, Rule::kOpenSpecial}}));
}

TEST_F(OpenOperation, CreationOverAnothersFileInAStickyDirectoryMayBeRefused) {
  directory("t", 01777);
  put_owned("t/bobs", testing::file_inode("", 0666), 1001, 1001);
  EXPECT_EQ(permitted(alice(), open("t/bobs", kCreates)),
            (Answers{{Errno::kOk, Rule::kOpen}, {Errno::kEACCES, Rule::kOpenProtected}}));
  EXPECT_EQ(permitted(alice(), open("t/bobs", kWrites)), ok(Rule::kOpen));
  EXPECT_EQ(permitted(bob(), open("t/bobs", kCreates)), ok(Rule::kOpen));
}

TEST_F(OpenOperation, ForWritingOnAReadOnlyStackIsRefused) {
  world.writable = Writable::kNo;
  special("p", FileType::kFifo);
  EXPECT_EQ(permitted(open("f", kReads)), ok(Rule::kOpen));
  EXPECT_EQ(permitted(open("f", kWrites)), fails(Errno::kEROFS, Rule::kReadOnly));
  EXPECT_EQ(permitted(open("new", kCreates)), fails(Errno::kEROFS, Rule::kReadOnly));
  EXPECT_EQ(permitted(open("p", OpenFlags{.access = Access::kReadWrite})), ok(Rule::kOpen));
}

TEST_F(OpenOperation, ReplacesWhatTheSlotHadOnSuccess) {
  run(open("f", kReads));
  run(open("d", kReads));
  EXPECT_EQ(world.slots[0].object, world.tree.at("d").value());
  EXPECT_EQ(world.slots[0].stream.expected.size(), 2U);
}

TEST_F(OpenOperation, CloseFreesTheSlot) {
  run(open("f", kReads));
  EXPECT_EQ(permitted(Close{0}), ok(Rule::kClose));
  run(Close{0});
  EXPECT_EQ(permitted(Close{0}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Close{kSlots}), fails(Errno::kEBADF, Rule::kSlotClosed));
}

}  // namespace
}  // namespace ovlspec::model
