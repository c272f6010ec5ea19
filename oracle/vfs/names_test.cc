// mkdir, mknod, symlink, link, rmdir, unlink.
#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class Names : public VfsFixture {};

TEST_F(Names, MkdirOfDotsAndTheRootIsEexist) {
  for (const char* path : {".", "..", "/", "./"}) EXPECT_EQ(error(Mkdir{path, 0755}), Errno::kEEXIST) << path;
}

TEST_F(Names, MkdirTakesATrailingSlashAndOthersDoNot) {
  EXPECT_EQ(error(Mkdir{"d/", 0755}), Errno::kOk);
  EXPECT_EQ(error(Mknod{"f/", FileType::kRegular, 0644, {}}), Errno::kENOENT);
  EXPECT_EQ(error(Symlink{"x", "l/"}), Errno::kENOENT);
  EXPECT_EQ(error(Mknod{"d/", FileType::kRegular, 0644, {}}), Errno::kEEXIST);
}

TEST_F(Names, MkdirDropsSetIdBitsAndTheUmaskKeepsSticky) {
  Caller caller = superuser();
  caller.umask = 022;
  EXPECT_EQ(error_as(caller, Mkdir{"d", 07777}), Errno::kOk);
  EXPECT_EQ(mode_of("d"), 01755U);
}

TEST_F(Names, DirectoryInASetGroupIdDirectoryInheritsTheBit) {
  model::Inode shared = directory(02777);
  shared.gid = 50;
  lower("d", shared);
  EXPECT_EQ(error_as(user(kAlice), Mkdir{"d/e", 0755}), Errno::kOk);
  EXPECT_EQ(mode_of("d/e"), 02755U);
  EXPECT_EQ(stat("d/e").gid, 50U);
}

TEST_F(Names, NewObjectsBelongToTheirCaller) {
  lower("d", directory(0777));
  EXPECT_EQ(error_as(user(kAlice), Symlink{"x", "d/l"}), Errno::kOk);
  EXPECT_EQ(stat("d/l").uid, kAlice);
  EXPECT_EQ(stat("d/l").gid, kAlice);
}

TEST_F(Names, TakenNameIsEexistBeforePermission) {
  lower("d", directory(0755));
  lower("d/f", file());
  EXPECT_EQ(error_as(user(kAlice), Mkdir{"d/f", 0755}), Errno::kEEXIST);
  EXPECT_EQ(error_as(user(kAlice), Mkdir{"d/g", 0755}), Errno::kEACCES);
}

TEST_F(Names, DanglingSymlinkTakesItsName) {
  lower("l", symlink("absent"));
  EXPECT_EQ(error(Mkdir{"l", 0755}), Errno::kEEXIST);
}

TEST_F(Names, DeviceNodesNeedCapMknodAndFifosDoNot) {
  lower("d", directory(0777));
  const Device null{.major = 1, .minor = 3};
  EXPECT_EQ(error_as(user(kAlice), Mknod{"d/c", FileType::kCharDevice, 0600, null}), Errno::kEPERM);
  const Caller maker = user_with(kAlice, Capability::kMknod);
  EXPECT_EQ(error_as(maker, Mknod{"d/c", FileType::kCharDevice, 0600, null}), Errno::kOk);
  EXPECT_EQ(stat("d/c").device, null);
  EXPECT_EQ(error_as(user(kAlice), Mknod{"d/p", FileType::kFifo, 0600, null}), Errno::kOk);
  EXPECT_EQ(stat("d/p").device, Device{});
  EXPECT_EQ(error_as(user(kAlice), Mknod{"d/s", FileType::kSocket, 0600, {}}), Errno::kOk);
}

TEST_F(Names, MknodOfADirectoryIsEpermAndOfASymlinkEinval) {
  EXPECT_EQ(error(Mknod{"", FileType::kDirectory, 0755, {}}), Errno::kEPERM);
  EXPECT_EQ(error(Mknod{"x", FileType::kSymlink, 0755, {}}), Errno::kEINVAL);
}

TEST_F(Names, WhiteoutDeviceIsEperm) { EXPECT_EQ(error(Mknod{"w", FileType::kCharDevice, 0, {}}), Errno::kEPERM); }

TEST_F(Names, SymlinkToNothingIsEnoentAndToTooMuchEnametoolong) {
  EXPECT_EQ(error(Symlink{"", "l"}), Errno::kENOENT);
  EXPECT_EQ(error(Symlink{std::string(4096, 'x'), "l"}), Errno::kENAMETOOLONG);
  EXPECT_EQ(error(Symlink{std::string(4095, 'x'), "l"}), Errno::kOk);
}

TEST_F(Names, HardLinkIsTheSameObject) {
  lower("f", file("x"));
  EXPECT_EQ(error(Link{"f", "g"}), Errno::kOk);
  EXPECT_EQ(stat("g").number, stat("f").number);
  EXPECT_EQ(stat("g").links, 2U);
}

TEST_F(Names, HardLinkOfADirectoryIsEpermAfterTheNewNameWasChecked) {
  lower("d", directory(0755, kAlice));
  lower("w", directory(0777));
  EXPECT_EQ(error(Link{"d", "e"}), Errno::kEPERM);
  EXPECT_EQ(error(Link{"d", "w"}), Errno::kEEXIST);
  EXPECT_EQ(error_as(user(kBob), Link{"d", "d/e"}), Errno::kEACCES);
}

TEST_F(Names, HardLinkFollowsASymlinkOnlyWhereAsked) {
  lower("f", file("x"));
  lower("l", symlink("f"));
  EXPECT_EQ(error(Link{"l", "a", Follow::kNoFollow}), Errno::kOk);
  EXPECT_EQ(error(Link{"l", "b", Follow::kFollow}), Errno::kOk);
  EXPECT_EQ(stat("a").type, FileType::kSymlink);
  EXPECT_EQ(stat("b").number, stat("f").number);
}

TEST_F(Names, ProtectedHardLinksRefuseOthersFiles) {
  lower("w", directory(0777));
  lower("f", file("x", 0644, kAlice));
  VfsOptions options;
  options.protected_hard_links = VfsOptions::ProtectedHardLinks::kOn;
  mount(Upper::kPresent, options);
  EXPECT_EQ(error_as(user(kBob), Link{"f", "w/g"}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kAlice), Link{"f", "w/g"}), Errno::kOk);
}

TEST_F(Names, RmdirOfDotsAndTheRootHasItsOwnErrors) {
  lower("d", directory());
  EXPECT_EQ(error(Rmdir{"d/."}), Errno::kEINVAL);
  EXPECT_EQ(error(Rmdir{"d/.."}), Errno::kENOTEMPTY);
  EXPECT_EQ(error(Rmdir{"/"}), Errno::kEBUSY);
}

TEST_F(Names, RmdirIsForEmptyDirectories) {
  lower("d", directory());
  lower("d/f", file());
  lower("l", symlink("d"));
  EXPECT_EQ(error(Rmdir{"d"}), Errno::kENOTEMPTY);
  EXPECT_EQ(error(Rmdir{"d/f"}), Errno::kENOTDIR);
  EXPECT_EQ(error(Rmdir{"l"}), Errno::kENOTDIR);
  EXPECT_EQ(error(Rmdir{"l/"}), Errno::kENOTDIR);
  EXPECT_EQ(error(Unlink{"d/f"}), Errno::kOk);
  EXPECT_EQ(error(Rmdir{"d/"}), Errno::kOk);
  EXPECT_EQ(error(Rmdir{"d"}), Errno::kENOENT);
}

TEST_F(Names, UnlinkRefusesDirectoriesAndTrailingSlashes) {
  lower("d", directory());
  lower("f", file());
  EXPECT_EQ(error(Unlink{"d"}), Errno::kEISDIR);
  EXPECT_EQ(error(Unlink{"d/"}), Errno::kEISDIR);
  EXPECT_EQ(error(Unlink{"."}), Errno::kEISDIR);
  EXPECT_EQ(error(Unlink{"/"}), Errno::kEISDIR);
  EXPECT_EQ(error(Unlink{"f/"}), Errno::kENOTDIR);
  EXPECT_EQ(error(Unlink{"absent/"}), Errno::kENOENT);
}

TEST_F(Names, UnlinkOfASymlinkTakesTheLink) {
  lower("f", file());
  lower("l", symlink("f"));
  EXPECT_EQ(error(Unlink{"l"}), Errno::kOk);
  EXPECT_EQ(stat("f").type, FileType::kRegular);
}

TEST_F(Names, RemovalNeedsTheDirectoryAndRespectsSticky) {
  lower("closed", directory(0755));
  lower("closed/f", file("x", 0644, kAlice));
  lower("sticky", directory(01777));
  lower("sticky/f", file("x", 0666, kAlice));
  EXPECT_EQ(error_as(user(kAlice), Unlink{"closed/f"}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Unlink{"sticky/f"}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kBob), Unlink{"sticky/absent"}), Errno::kENOENT);
  EXPECT_EQ(error_as(user(kAlice), Unlink{"sticky/f"}), Errno::kOk);
}

}  // namespace
}  // namespace ovlspec::oracle
