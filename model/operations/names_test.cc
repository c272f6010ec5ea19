#include "model/vocabulary/names.h"
#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

class NamesOperation : public testing::Bench {
 protected:
  NamesOperation() {
    world.tree[kRoot].mode = 0777;
    directory("d", 0777);
    directory("d/e", 0777);
    file("f");
    symlink("s", "f");
    directory("locked", 0755);
    file("locked/f");
    directory("empty");
  }
};

TEST_F(NamesOperation, MkdirMakesAnEmptyDirectory) {
  Caller caller = alice();
  caller.umask = 022;
  EXPECT_EQ(permitted(caller, Mkdir{"d/new/", 07777}), ok(Rule::kMkdir));
  run(caller, Mkdir{"d/new/", 07777});
  EXPECT_EQ(at("d/new").mode, 01755U);
  EXPECT_EQ(at("d/new").uid, 1000U);
  EXPECT_FALSE(at("d").modify_time.known);
}

TEST_F(NamesOperation, MkdirInASetGidDirectoryInherits) {
  at("d").mode = 02777;
  at("d").gid = 5;
  run(alice(), Mkdir{"d/new", 0755});
  EXPECT_EQ(at("d/new").mode, 02755U);
  EXPECT_EQ(at("d/new").gid, 5U);
}

TEST_F(NamesOperation, MakingWhatExistsIsRefused) {
  for (const char* path : {"f", "d", "s", "d/.", "d/..", "/"}) {
    EXPECT_EQ(permitted(Mkdir{path, 0}), fails(Errno::kEEXIST, Rule::kExists)) << path;
    EXPECT_EQ(permitted(Symlink{"t", path}), fails(Errno::kEEXIST, Rule::kExists)) << path;
    EXPECT_EQ(permitted(Mknod{path, FileType::kFifo, 0, {}}), fails(Errno::kEEXIST, Rule::kExists)) << path;
    EXPECT_EQ(permitted(Link{"f", path}), fails(Errno::kEEXIST, Rule::kExists)) << path;
  }
}

TEST_F(NamesOperation, MakingInADirectoryThatOneMayNotWriteIsRefused) {
  EXPECT_EQ(permitted(alice(), Mkdir{"locked/x", 0}), fails(Errno::kEACCES, Rule::kParentWrite));
  EXPECT_EQ(permitted(alice(), Symlink{"t", "locked/x"}), fails(Errno::kEACCES, Rule::kParentWrite));
  EXPECT_EQ(permitted(alice(), Mknod{"locked/x", FileType::kFifo, 0, {}}), fails(Errno::kEACCES, Rule::kParentWrite));
}

TEST_F(NamesOperation, ASlashAfterANewNameIsForDirectories) {
  EXPECT_EQ(permitted(Symlink{"t", "x/"}), fails(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(permitted(Mknod{"x/", FileType::kRegular, 0, {}}), fails(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(permitted(Link{"f", "x/"}), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(NamesOperation, RmdirRemovesAnEmptyDirectory) {
  EXPECT_EQ(permitted(Rmdir{"d/e/"}), ok(Rule::kRmdir));
  run(Rmdir{"d/e"});
  EXPECT_FALSE(there("d/e"));
}

TEST_F(NamesOperation, RmdirOfWhatHoldsNamesIsRefused) {
  EXPECT_EQ(permitted(Rmdir{"d"}),
            (Answers{{Errno::kENOTEMPTY, Rule::kRmdirNotEmpty}, {Errno::kEEXIST, Rule::kRmdirNotEmpty}}));
}

TEST_F(NamesOperation, RmdirOfAnotherTypeIsRefused) {
  EXPECT_EQ(permitted(Rmdir{"f"}), fails(Errno::kENOTDIR, Rule::kRmdirType));
  EXPECT_EQ(permitted(Rmdir{"s/"}), fails(Errno::kENOTDIR, Rule::kRmdirType));
  EXPECT_EQ(permitted(Rmdir{"x"}), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(NamesOperation, RmdirOfDotsAndTheRootIsRefused) {
  EXPECT_EQ(permitted(Rmdir{"d/."}), fails(Errno::kEINVAL, Rule::kNameDots));
  EXPECT_EQ(permitted(Rmdir{"d/.."}), fails(Errno::kENOTEMPTY, Rule::kNameDots));
  EXPECT_EQ(permitted(Rmdir{"/"}), fails(Errno::kEBUSY, Rule::kNameDots));
}

TEST_F(NamesOperation, UnlinkTakesOneNameAway) {
  run(Link{"f", "d/g"});
  EXPECT_EQ(permitted(Unlink{"f"}), ok(Rule::kUnlink));
  run(Unlink{"f"});
  EXPECT_FALSE(there("f"));
  EXPECT_EQ(at("d/g").links, 1U);
}

TEST_F(NamesOperation, UnlinkOfASymlinkLeavesItsTarget) {
  run(Unlink{"s"});
  EXPECT_TRUE(there("f"));
}

TEST_F(NamesOperation, UnlinkOfADirectoryIsRefused) {
  for (const char* path : {"d", "d/", "d/.", "/"})
    EXPECT_EQ(permitted(Unlink{path}),
              (Answers{{Errno::kEISDIR, Rule::kUnlinkDirectory}, {Errno::kEPERM, Rule::kUnlinkDirectory}}))
        << path;
  EXPECT_EQ(permitted(Unlink{"f/"}), fails(Errno::kENOTDIR, Rule::kPathNotDirectory));
}

TEST_F(NamesOperation, RemovalNeedsAWritableDirectory) {
  EXPECT_EQ(permitted(alice(), Unlink{"locked/f"}), fails(Errno::kEACCES, Rule::kParentWrite));
}

TEST_F(NamesOperation, RemovalFromAStickyDirectoryIsForOwners) {
  at("d").mode = 01777;
  EXPECT_EQ(permitted(alice(), Rmdir{"d/e"}), fails(Errno::kEPERM, Rule::kParentSticky));
  EXPECT_EQ(permitted(with(alice(), Capability::kFowner), Rmdir{"d/e"}), ok(Rule::kRmdir));
  at("d/e").uid = 1000;
  EXPECT_EQ(permitted(alice(), Rmdir{"d/e"}), ok(Rule::kRmdir));
}

TEST_F(NamesOperation, LinkGivesAnotherName) {
  EXPECT_EQ(permitted(Link{"f", "d/g"}), ok(Rule::kLink));
  run(Link{"f", "d/g"});
  EXPECT_EQ(world.tree.at("f"), world.tree.at("d/g"));
  EXPECT_EQ(at("f").links, 2U);
}

TEST_F(NamesOperation, LinkOfASymlinkLinksItUnlessFollowed) {
  run(Link{"s", "s2"});
  EXPECT_TRUE(at("s2").is(FileType::kSymlink));
  run(Link{"s", "f2", Follow::kFollow});
  EXPECT_EQ(world.tree.at("f2"), world.tree.at("f"));
}

TEST_F(NamesOperation, LinkOfADirectoryIsRefused) {
  EXPECT_EQ(permitted(Link{"d", "x"}), fails(Errno::kEPERM, Rule::kLinkDirectory));
  EXPECT_EQ(permitted(Link{"x", "y"}), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(NamesOperation, LinkOfAnothersFileMayBeRefused) {
  EXPECT_EQ(permitted(alice(), Link{"f", "x"}),
            (Answers{{Errno::kOk, Rule::kLink}, {Errno::kEPERM, Rule::kPrivilegedHardLink}}));
  at("f").mode = 0666;
  EXPECT_EQ(permitted(alice(), Link{"f", "x"}), ok(Rule::kLink));
  at("f").mode = 04666;
  EXPECT_EQ(permitted(alice(), Link{"f", "x"}).size(), 2U);
}

TEST_F(NamesOperation, SymlinkKeepsItsTargetsBytes) {
  EXPECT_EQ(permitted(Symlink{"to/where", "x"}), ok(Rule::kSymlink));
  run(Symlink{"to/where", "x"});
  EXPECT_EQ(at("x").mode, 0777U);
  EXPECT_EQ(permitted(Readlink{"x"}), ok(Rule::kReadlink));
  EXPECT_EQ(mismatch(Readlink{"x"}, std::string("to/where")), "");
  EXPECT_EQ(mismatch(Readlink{"x"}, std::string("to")),
            "OVL-SYMLINK-3: 2 bytes (expected 8) \"to\", expected \"to/where\"");
}

TEST_F(NamesOperation, SymlinkWithoutTargetOrTooLongIsRefused) {
  EXPECT_EQ(permitted(Symlink{"", "x"}), fails(Errno::kENOENT, Rule::kSymlinkTarget));
  EXPECT_EQ(permitted(Symlink{std::string(names::kPathMax, 't'), "x"}), ok(Rule::kSymlink));
  EXPECT_EQ(permitted(Symlink{std::string(names::kPathMax + 1, 't'), "x"}),
            fails(Errno::kENAMETOOLONG, Rule::kSymlinkTarget));
}

TEST_F(NamesOperation, ReadlinkOfAnotherTypeIsRefused) {
  EXPECT_EQ(permitted(Readlink{"f"}), fails(Errno::kEINVAL, Rule::kReadlinkType));
  EXPECT_EQ(permitted(Readlink{"x"}), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(NamesOperation, MknodMakesEachTypeOfNode) {
  EXPECT_EQ(permitted(Mknod{"x", FileType::kCharDevice, 0600, Device{1, 3}}), ok(Rule::kMknod));
  run(Mknod{"device", FileType::kBlockDevice, 0600, Device{8, 1}});
  EXPECT_EQ(at("device").device, (Device{8, 1}));
  run(alice(), Mknod{"p", FileType::kFifo, 0640, Device{9, 9}});
  EXPECT_EQ(at("p").device, Device{});
  run(alice(), Mknod{"file", FileType::kRegular, 0640, {}});
  run(alice(), Mknod{"socket", FileType::kSocket, 0640, {}});
}

TEST_F(NamesOperation, MknodOfADeviceNeedsACapability) {
  EXPECT_EQ(permitted(alice(), Mknod{"x", FileType::kBlockDevice, 0, Device{8, 1}}),
            fails(Errno::kEPERM, Rule::kMknodPrivilege));
  EXPECT_EQ(permitted(with(alice(), Capability::kMknod), Mknod{"x", FileType::kBlockDevice, 0, Device{8, 1}}),
            ok(Rule::kMknod));
}

TEST_F(NamesOperation, MknodOfADirectoryOrSymlinkIsRefused) {
  EXPECT_EQ(permitted(Mknod{"x", FileType::kDirectory, 0, {}}),
            (Answers{{Errno::kEPERM, Rule::kMknodType}, {Errno::kEINVAL, Rule::kMknodType}}));
  EXPECT_EQ(permitted(Mknod{"x", FileType::kSymlink, 0, {}}), fails(Errno::kEINVAL, Rule::kMknodType));
}

TEST_F(NamesOperation, MknodOfAWhiteoutIsRefused) {
  EXPECT_EQ(permitted(Mknod{"x", FileType::kCharDevice, 0, Device{0, 0}}), fails(Errno::kEPERM, Rule::kMknodWhiteout));
  EXPECT_EQ(permitted(Mknod{"x", FileType::kBlockDevice, 0, Device{0, 0}}), ok(Rule::kMknod));
}

TEST_F(NamesOperation, ChangesOfAReadOnlyStackAreRefused) {
  world.writable = Writable::kNo;
  const Operation changes[] = {Mkdir{"x", 0},
                               Rmdir{"empty"},
                               Unlink{"f"},
                               Link{"f", "x"},
                               Symlink{"t", "x"},
                               Rename{"f", "x"},
                               Mknod{"x", FileType::kFifo, 0, {}},
                               Chmod{Target::at("f"), 0},
                               Chown{Target::at("f"), 1, 1}};
  for (const Operation& change : changes)
    EXPECT_EQ(permitted(change), fails(Errno::kEROFS, Rule::kReadOnly)) << change.index();
}

}  // namespace
}  // namespace ovlspec::model
