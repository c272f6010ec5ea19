#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class OpenCall : public VfsFixture {};

TEST_F(OpenCall, CreateAndDirectoryTogetherAreEinvalBeforeThePathIsSeen) {
  OpenFlags flags = creating();
  flags.directory = true;
  EXPECT_EQ(error(Open{"", flags, 0644, 0}), Errno::kEINVAL);
}

TEST_F(OpenCall, ExclusiveCreationOfATakenNameIsEexist) {
  lower("f", file());
  lower("d", directory());
  lower("dangling", symlink("absent"));
  for (const char* path : {"f", "d", "dangling", ".", "/", ".."})
    EXPECT_EQ(error(Open{path, exclusively(), 0644, 0}), Errno::kEEXIST) << path;
}

TEST_F(OpenCall, ExclusiveWithoutCreateMeansNothing) {
  lower("f", file("x"));
  OpenFlags flags;
  flags.exclusive = true;
  EXPECT_EQ(error(Open{"f", flags, 0, 0}), Errno::kOk);
}

TEST_F(OpenCall, CreateMakesTheTargetOfADanglingSymlink) {
  lower("d", directory());
  lower("l", symlink("d/new"));
  EXPECT_EQ(error(Open{"l", creating(), 0600, 0}), Errno::kOk);
  EXPECT_EQ(stat("d/new").type, FileType::kRegular);
  EXPECT_EQ(stat("l").type, FileType::kSymlink);
}

TEST_F(OpenCall, CreateThroughASymlinkIntoNowhereIsEnoent) {
  lower("l", symlink("absent/new"));
  EXPECT_EQ(error(Open{"l", creating(), 0600, 0}), Errno::kENOENT);
}

TEST_F(OpenCall, CreateWithATrailingSlashIsEisdir) {
  lower("d", directory());
  EXPECT_EQ(error(Open{"new/", creating(), 0600, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"d/", creating(Access::kRead), 0600, 0}), Errno::kEISDIR);
}

TEST_F(OpenCall, DirectoryCannotBeCreatedOrWritten) {
  lower("d", directory());
  EXPECT_EQ(error(Open{"d", creating(Access::kRead), 0600, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"d", write_only(), 0, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"d", read_write(), 0, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"d", OpenFlags{.access = Access::kRead, .truncate = true}, 0, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"d", read_only(), 0, 0}), Errno::kOk);
}

TEST_F(OpenCall, DirectoryFlagRefusesFilesAndUnfollowedSymlinks) {
  lower("f", file());
  lower("d", directory());
  lower("l", symlink("d"));
  OpenFlags flags;
  flags.directory = true;
  EXPECT_EQ(error(Open{"f", flags, 0, 0}), Errno::kENOTDIR);
  EXPECT_EQ(error(Open{"l", flags, 0, 0}), Errno::kOk);
  flags.no_follow = true;
  EXPECT_EQ(error(Open{"l", flags, 0, 0}), Errno::kENOTDIR);
}

TEST_F(OpenCall, UnfollowedSymlinkIsEloop) {
  lower("f", file());
  lower("l", symlink("f"));
  OpenFlags flags;
  flags.no_follow = true;
  EXPECT_EQ(error(Open{"l", flags, 0, 0}), Errno::kELOOP);
  flags.create = true;
  EXPECT_EQ(error(Open{"l", flags, 0, 0}), Errno::kELOOP);
}

TEST_F(OpenCall, ModeIsCheckedForWhatIsWanted) {
  lower("r", file("x", 0444, kAlice));
  lower("w", file("x", 0222, kAlice));
  EXPECT_EQ(error_as(user(kBob), Open{"r", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error_as(user(kBob), Open{"r", write_only(), 0, 0}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Open{"w", read_only(), 0, 0}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Open{"w", read_write(), 0, 0}), Errno::kEACCES);
  OpenFlags truncating;
  truncating.truncate = true;
  EXPECT_EQ(error_as(user(kBob), Open{"r", truncating, 0, 0}), Errno::kEACCES);
}

TEST_F(OpenCall, CreatedFileIsOpenWhateverItsMode) {
  lower("d", directory(0777));
  EXPECT_EQ(error_as(user(kAlice), Open{"d/f", creating(Access::kReadWrite), 0, 3}), Errno::kOk);
  EXPECT_EQ(as(user(kAlice), Write{3, 0, "abc"}).payload, Outcome::Payload(std::uint64_t{3}));
  EXPECT_EQ(error_as(user(kAlice), Open{"d/f", read_only(), 0, 4}), Errno::kEACCES);
}

TEST_F(OpenCall, CreationNeedsWritePermissionOnTheDirectoryOnlyWhereTheNameIsFree) {
  lower("d", directory(0755));
  lower("d/f", file("x", 0666));
  EXPECT_EQ(error_as(user(kAlice), Open{"d/f", creating(), 0600, 0}), Errno::kOk);
  EXPECT_EQ(error_as(user(kAlice), Open{"d/new", creating(), 0600, 0}), Errno::kEACCES);
}

TEST_F(OpenCall, UmaskAppliesToCreatedFiles) {
  Caller caller = superuser();
  caller.umask = 027;
  EXPECT_EQ(error_as(caller, Open{"f", creating(), 07777, 0}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 07750U);
}

TEST_F(OpenCall, SetGroupIdDirectoryGivesItsGroupAndTakesTheBitFromStrangers) {
  model::Inode shared = directory(02777);
  shared.gid = 50;
  lower("d", shared);
  EXPECT_EQ(error_as(user(kAlice), Open{"d/f", creating(), 02755, 0}), Errno::kOk);
  EXPECT_EQ(stat("d/f").gid, 50U);
  EXPECT_EQ(mode_of("d/f"), 0755U);
  EXPECT_EQ(error_as(user(kAlice, {50}), Open{"d/g", creating(), 02755, 0}), Errno::kOk);
  EXPECT_EQ(mode_of("d/g"), 02755U);
  EXPECT_EQ(error_as(user(kAlice), Open{"d/h", creating(), 02644, 0}), Errno::kOk);
  EXPECT_EQ(mode_of("d/h"), 02644U);
}

TEST_F(OpenCall, TruncateEmptiesAndKeepsTheOpenFile) {
  lower("f", file("abc"));
  OpenFlags flags = read_write();
  flags.truncate = true;
  EXPECT_EQ(error(Open{"f", flags, 0, 0}), Errno::kOk);
  EXPECT_EQ(stat("f").size, 0U);
}

TEST_F(OpenCall, TruncateTakesSetIdBitsFromOthersFiles) {
  lower("f", file("abc", 06777));
  OpenFlags flags = write_only();
  flags.truncate = true;
  EXPECT_EQ(error_as(user(kAlice), Open{"f", flags, 0, 0}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 0777U);
}

TEST_F(OpenCall, FifoForWritingAloneNeedsAReader) {
  lower("p", an_inode(FileType::kFifo, 0666, 0));
  EXPECT_EQ(error(Open{"p", write_only(), 0, 0}), Errno::kENXIO);
  EXPECT_EQ(error(Open{"p", read_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(Open{"p", write_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Close{0}), Errno::kOk);
  EXPECT_EQ(error(Close{1}), Errno::kOk);
  EXPECT_EQ(error(Open{"p", write_only(), 0, 0}), Errno::kENXIO);
  EXPECT_EQ(error(Open{"p", read_write(), 0, 0}), Errno::kOk);
}

TEST_F(OpenCall, SocketIsEnxioAndADeviceIsEaccesAfterNothingElseFailed) {
  lower("s", an_inode(FileType::kSocket, 0600, kAlice));
  model::Inode device = an_inode(FileType::kCharDevice, 0666, 0);
  device.device = {.major = 1, .minor = 3};
  lower("c", device);
  EXPECT_EQ(error(Open{"s", read_only(), 0, 0}), Errno::kENXIO);
  EXPECT_EQ(error_as(user(kBob), Open{"s", read_only(), 0, 0}), Errno::kEACCES);
  EXPECT_EQ(error(Open{"c", read_only(), 0, 0}), Errno::kEACCES);
}

TEST_F(OpenCall, OpenSlotIsReplacedOnSuccessAndKeptOnFailure) {
  lower("f", file("f"));
  lower("g", file("g"));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 2}), Errno::kOk);
  EXPECT_EQ(error(Open{"absent", read_only(), 0, 2}), Errno::kENOENT);
  EXPECT_EQ(root(Read{2, 0, 9}).payload, Outcome::Payload(std::string("f")));
  EXPECT_EQ(error(Open{"g", read_only(), 0, 2}), Errno::kOk);
  EXPECT_EQ(root(Read{2, 0, 9}).payload, Outcome::Payload(std::string("g")));
  EXPECT_EQ(error(Open{"g", read_only(), 0, 2}), Errno::kOk);
  EXPECT_EQ(error(Close{2}), Errno::kOk);
  EXPECT_EQ(error(Close{2}), Errno::kEBADF);
}

TEST_F(OpenCall, UnlinkedFileStaysReadableThroughItsSlot) {
  lower("f", file("abc"));
  EXPECT_EQ(error(Open{"f", read_write(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Unlink{"f"}), Errno::kOk);
  vfs().drop_caches();
  EXPECT_EQ(root(Read{0, 0, 10}).payload, Outcome::Payload(std::string("abc")));
  EXPECT_EQ(root(Write{0, 3, "d"}).error, Errno::kOk);
  const Outcome outcome = root(Stat{Target::of(0)});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(std::get<Attributes>(outcome.payload).links, 0U);
}

}  // namespace
}  // namespace ovlspec::oracle
