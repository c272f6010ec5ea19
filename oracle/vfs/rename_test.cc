#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class RenameCall : public VfsFixture {
 protected:
  Errno rename(std::string from, std::string to, RenameMode mode = RenameMode::kReplace) {
    return error(Rename{std::move(from), std::move(to), mode});
  }
  Errno rename_as(Uid uid, std::string from, std::string to, RenameMode mode = RenameMode::kReplace) {
    return error_as(user(uid), Rename{std::move(from), std::move(to), mode});
  }
};

TEST_F(RenameCall, DotsAndTheRootAreEbusy) {
  lower("d", directory());
  EXPECT_EQ(rename("d/.", "e"), Errno::kEBUSY);
  EXPECT_EQ(rename("/", "e"), Errno::kEBUSY);
  EXPECT_EQ(rename("d", "."), Errno::kEBUSY);
  EXPECT_EQ(rename("absent", ".."), Errno::kEBUSY);
  EXPECT_EQ(rename("d", "..", RenameMode::kNoReplace), Errno::kEEXIST);
}

TEST_F(RenameCall, BothParentsAreWalkedBeforeTheNamesAreLookedAt) {
  EXPECT_EQ(rename("absent", "nowhere/x"), Errno::kENOENT);
  EXPECT_EQ(rename(".", "nowhere/x"), Errno::kENOENT);
}

TEST_F(RenameCall, DirectoryIntoItselfIsEinvalAndOntoItsAncestorEnotempty) {
  lower("a", directory());
  lower("a/b", directory());
  lower("a/b/c", directory());
  EXPECT_EQ(rename("a", "a/b/x"), Errno::kEINVAL);
  EXPECT_EQ(rename("a", "a/b"), Errno::kEINVAL);
  EXPECT_EQ(rename("a/b/c", "a"), Errno::kENOTEMPTY);
  EXPECT_EQ(rename("a/b/c", "a", RenameMode::kExchange), Errno::kEINVAL);
}

TEST_F(RenameCall, TwoNamesOfOneObjectStay) {
  lower("d", directory(0755));
  lower("f", file("x"));
  EXPECT_EQ(error(Link{"f", "g"}), Errno::kOk);
  EXPECT_EQ(rename("f", "g"), Errno::kOk);
  EXPECT_EQ(stat("f").number, stat("g").number);
  EXPECT_EQ(rename("d", "d"), Errno::kOk);
}

TEST_F(RenameCall, SameObjectIsFoundBeforePermissions) {
  lower("f", file("x"));
  EXPECT_EQ(rename_as(kAlice, "f", "f"), Errno::kOk);
}

TEST_F(RenameCall, TypesMustAgree) {
  lower("d", directory());
  lower("f", file());
  EXPECT_EQ(rename("f", "d"), Errno::kEISDIR);
  EXPECT_EQ(rename("d", "f"), Errno::kENOTDIR);
  EXPECT_EQ(rename("d", "f", RenameMode::kExchange), Errno::kOk);
  EXPECT_EQ(stat("f").type, FileType::kDirectory);
}

TEST_F(RenameCall, TargetDirectoryMustBeEmpty) {
  lower("d", directory());
  lower("e", directory());
  lower("e/f", file());
  EXPECT_EQ(rename("d", "e"), Errno::kENOTEMPTY);
  EXPECT_EQ(rename("e", "d"), Errno::kOk);
  EXPECT_EQ(stat("d/f").type, FileType::kRegular);
}

TEST_F(RenameCall, TrailingSlashesAreForDirectories) {
  lower("d", directory());
  lower("f", file());
  lower("g", file());
  EXPECT_EQ(rename("f/", "x"), Errno::kENOTDIR);
  EXPECT_EQ(rename("f", "x/"), Errno::kENOTDIR);
  EXPECT_EQ(rename("d/", "x/"), Errno::kOk);
  EXPECT_EQ(rename("x", "g/", RenameMode::kExchange), Errno::kENOTDIR);
  EXPECT_EQ(rename("f", "x/", RenameMode::kExchange), Errno::kOk);
}

TEST_F(RenameCall, NoReplaceRefusesATakenName) {
  lower("f", file());
  lower("g", file());
  EXPECT_EQ(rename("absent", "g", RenameMode::kNoReplace), Errno::kENOENT);
  EXPECT_EQ(rename("f", "g", RenameMode::kNoReplace), Errno::kEEXIST);
  EXPECT_EQ(rename("f", "f", RenameMode::kNoReplace), Errno::kEEXIST);
  EXPECT_EQ(rename("f", "h", RenameMode::kNoReplace), Errno::kOk);
}

TEST_F(RenameCall, ExchangeNeedsBothNames) {
  lower("f", file("f"));
  lower("g", file("g"));
  EXPECT_EQ(rename("f", "absent", RenameMode::kExchange), Errno::kENOENT);
  EXPECT_EQ(rename("f", "g", RenameMode::kExchange), Errno::kOk);
  EXPECT_EQ(content("f"), "g");
  EXPECT_EQ(content("g"), "f");
}

TEST_F(RenameCall, WhiteoutFlagIsEinvalAndLeavesEverything) {
  lower("f", file("f"));
  EXPECT_EQ(rename("f", "g", RenameMode::kWhiteout), Errno::kEINVAL);
  EXPECT_EQ(content("f"), "f");
}

TEST_F(RenameCall, BothDirectoriesMustBeWritable) {
  lower("mine", directory(0755, kAlice));
  lower("mine/f", file("x", 0644, kAlice));
  lower("other", directory(0755, kBob));
  EXPECT_EQ(rename_as(kAlice, "mine/f", "other/f"), Errno::kEACCES);
  EXPECT_EQ(rename_as(kBob, "mine/f", "other/f"), Errno::kEACCES);
  EXPECT_EQ(rename_as(kAlice, "mine/f", "mine/g"), Errno::kOk);
}

TEST_F(RenameCall, MovingADirectoryToAnotherParentNeedsWritePermissionOnIt) {
  lower("w", directory(0777));
  lower("v", directory(0777));
  lower("w/d", directory(0755, kBob));
  EXPECT_EQ(rename_as(kAlice, "w/d", "w/e"), Errno::kOk);
  EXPECT_EQ(rename_as(kAlice, "w/e", "v/e"), Errno::kEACCES);
  EXPECT_EQ(rename_as(kBob, "w/e", "v/e"), Errno::kOk);
}

TEST_F(RenameCall, StickyProtectsSourceAndTarget) {
  lower("s", directory(01777));
  lower("s/a", file("a", 0644, kAlice));
  lower("s/b", file("b", 0644, kBob));
  EXPECT_EQ(rename_as(kAlice, "s/b", "s/c"), Errno::kEPERM);
  EXPECT_EQ(rename_as(kAlice, "s/a", "s/b"), Errno::kEPERM);
  EXPECT_EQ(rename_as(kAlice, "s/a", "s/b", RenameMode::kExchange), Errno::kEPERM);
  EXPECT_EQ(rename_as(kAlice, "s/a", "s/c"), Errno::kOk);
}

TEST_F(RenameCall, SymlinksAreMovedNotFollowed) {
  lower("f", file());
  lower("l", symlink("f"));
  EXPECT_EQ(rename("l", "m"), Errno::kOk);
  EXPECT_EQ(stat("m").type, FileType::kSymlink);
}

TEST_F(RenameCall, NumberStaysWithTheObject) {
  lower("d", directory());
  lower("d/f", file("x"));
  const InodeNumber number = stat("d/f").number;
  EXPECT_EQ(rename("d", "e"), Errno::kOk);
  EXPECT_EQ(stat("e/f").number, number);
  vfs().drop_caches();
  EXPECT_EQ(stat("e/f").number, number);
}

}  // namespace
}  // namespace ovlspec::oracle
