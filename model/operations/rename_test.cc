#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

class RenameOperation : public testing::Bench {
 protected:
  RenameOperation() {
    world.tree[kRoot].mode = 0777;
    directory("d", 0777);
    directory("d/e", 0777);
    file("d/e/f", 0644, "deep");
    directory("empty", 0777);
    file("f", 0644, "f");
    file("g", 0644, "g");
  }
  static Rename exchange(std::string from, std::string to) { return Rename{from, to, RenameMode::kExchange}; }
};

TEST_F(RenameOperation, MovesAFile) {
  EXPECT_EQ(permitted(Rename{"f", "d/new"}), ok(Rule::kRename));
  run(Rename{"f", "d/new"});
  EXPECT_FALSE(there("f"));
  EXPECT_EQ(at("d/new").content.all(), "f");
  EXPECT_FALSE(at("d").modify_time.known);
}

TEST_F(RenameOperation, MovesADirectoryWithWhatLiesBelow) {
  run(Rename{"d/e/", "empty/e/"});
  EXPECT_EQ(at("empty/e/f").content.all(), "deep");
  EXPECT_EQ(at("empty/e").parent, world.tree.at("empty").value());
}

TEST_F(RenameOperation, ReplacesAFileWhichLivesWhileOpen) {
  run(Open{"g", {}, 0, 0});
  run(Rename{"f", "g"});
  EXPECT_EQ(at("g").content.all(), "f");
  EXPECT_EQ(mismatch(Read{0, 0, 9}, std::string("g")), "");
}

TEST_F(RenameOperation, ReplacesAnEmptyDirectory) {
  run(Open{"empty", {}, 0, 0});
  run(Rename{"d", "empty"});
  EXPECT_TRUE(there("empty/e/f"));
  EXPECT_TRUE(world.slots[0].stream.removed);
}

TEST_F(RenameOperation, AMovedDirectoryThatIsOpenWasNotRemoved) {
  run(Open{"d/e", {}, 0, 0});
  run(Rename{"d/e", "x"});
  EXPECT_FALSE(world.slots[0].stream.removed);
}

TEST_F(RenameOperation, OfTwoNamesOfOneObjectDoesNothing) {
  run(Link{"f", "d/hard"});
  EXPECT_EQ(permitted(Rename{"f", "d/hard"}), ok(Rule::kRename)) << text_of(Rule::kRenameSame).id;
  run(Rename{"f", "d/hard"});
  EXPECT_TRUE(there("f") && there("d/hard"));
  EXPECT_EQ(permitted(Rename{"f", "f"}), ok(Rule::kRename));
}

TEST_F(RenameOperation, OfADirectoryToItselfDoesNothing) {
  EXPECT_EQ(permitted(Rename{"d", "d"}), ok(Rule::kRename));
  run(Rename{"d", "d"});
  EXPECT_TRUE(there("d/e/f"));
}

TEST_F(RenameOperation, OfOneObjectMayStillAskForPermissions) {
  at("").mode = 0755;
  EXPECT_EQ(permitted(alice(), Rename{"f", "f"}),
            (Answers{{Errno::kOk, Rule::kRename}, {Errno::kEACCES, Rule::kParentWrite}}));
}

TEST_F(RenameOperation, ADirectoryReplacesOnlyADirectory) {
  EXPECT_EQ(permitted(Rename{"d", "f"}), fails(Errno::kENOTDIR, Rule::kRenameType));
  EXPECT_EQ(permitted(Rename{"f", "empty"}), fails(Errno::kEISDIR, Rule::kRenameType));
}

TEST_F(RenameOperation, ADirectoryWithNamesIsNotReplaced) {
  EXPECT_EQ(permitted(Rename{"empty", "d"}),
            (Answers{{Errno::kENOTEMPTY, Rule::kRenameNotEmpty}, {Errno::kEEXIST, Rule::kRenameNotEmpty}}));
}

TEST_F(RenameOperation, ADirectoryIsNotMovedIntoItself) {
  EXPECT_EQ(permitted(Rename{"d", "d/e/x"}), fails(Errno::kEINVAL, Rule::kRenameInside));
  EXPECT_EQ(permitted(Rename{"d/e/f", "d"}), (Answers{{Errno::kEISDIR, Rule::kRenameType},
                                                      {Errno::kENOTEMPTY, Rule::kRenameNotEmpty},
                                                      {Errno::kEEXIST, Rule::kRenameNotEmpty},
                                                      {Errno::kENOTEMPTY, Rule::kRenameInside}}));
  EXPECT_EQ(permitted(exchange("d/e/f", "d")), fails(Errno::kEINVAL, Rule::kRenameInside));
  EXPECT_EQ(permitted(exchange("d", "d/e")), fails(Errno::kEINVAL, Rule::kRenameInside));
}

TEST_F(RenameOperation, OfWhatIsNotThereIsRefused) {
  EXPECT_EQ(permitted(Rename{"x", "y"}), fails(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(permitted(Rename{"x", std::string(256, 'n')}),
            (Answers{{Errno::kENAMETOOLONG, Rule::kPathNameLong}, {Errno::kENOENT, Rule::kPathMissing}}));
}

TEST_F(RenameOperation, OfDotsAndTheRootIsRefused) {
  const Answers dots{{Errno::kEBUSY, Rule::kNameDots}, {Errno::kEINVAL, Rule::kNameDots}};
  for (const char* path : {"d/.", "d/..", "/"}) {
    EXPECT_EQ(permitted(Rename{path, "x"}), dots) << path;
    EXPECT_EQ(permitted(Rename{"f", path}), dots) << path;
  }
}

TEST_F(RenameOperation, ASlashIsForDirectories) {
  EXPECT_EQ(permitted(Rename{"f/", "x"}), fails(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(permitted(Rename{"f", "x/"}), fails(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(permitted(Rename{"d", "x/"}), ok(Rule::kRename));
  EXPECT_EQ(permitted(exchange("f", "empty/")), ok(Rule::kRenameExchange));
  EXPECT_EQ(permitted(exchange("empty", "f/")), fails(Errno::kENOTDIR, Rule::kPathNotDirectory));
}

TEST_F(RenameOperation, NoReplaceDoesNotReplace) {
  EXPECT_EQ(permitted(Rename{"f", "g", RenameMode::kNoReplace}), fails(Errno::kEEXIST, Rule::kRenameNoReplace));
  EXPECT_EQ(permitted(Rename{"f", "f", RenameMode::kNoReplace}), fails(Errno::kEEXIST, Rule::kRenameNoReplace));
  EXPECT_EQ(permitted(Rename{"f", "x", RenameMode::kNoReplace}), ok(Rule::kRename));
}

TEST_F(RenameOperation, ExchangeSwapsNamesOfAnyType) {
  EXPECT_EQ(permitted(exchange("f", "d")), ok(Rule::kRenameExchange));
  run(exchange("f", "d/e"));
  EXPECT_EQ(at("f/f").content.all(), "deep");
  EXPECT_EQ(at("d/e").content.all(), "f");
  EXPECT_EQ(at("f").parent, kRoot);
}

TEST_F(RenameOperation, ExchangeNeedsBoth) {
  EXPECT_EQ(permitted(exchange("f", "x")), fails(Errno::kENOENT, Rule::kRenameExchange));
}

TEST_F(RenameOperation, WithWhiteoutIsRefused) {
  EXPECT_EQ(permitted(Rename{"f", "x", RenameMode::kWhiteout}), fails(Errno::kEINVAL, Rule::kRenameWhiteout));
  EXPECT_EQ(permitted(alice(), Rename{"f", "x", RenameMode::kWhiteout}),
            (Answers{{Errno::kEPERM, Rule::kMknodPrivilege}, {Errno::kEINVAL, Rule::kRenameWhiteout}}));
}

TEST_F(RenameOperation, NeedsBothDirectoriesWritable) {
  at("d").mode = 0755;
  EXPECT_EQ(permitted(alice(), Rename{"f", "d/x"}), fails(Errno::kEACCES, Rule::kParentWrite));
  file("d/g");
  EXPECT_EQ(permitted(alice(), Rename{"d/g", "x"}), fails(Errno::kEACCES, Rule::kParentWrite));
}

TEST_F(RenameOperation, FromOrOverAnothersInAStickyDirectoryIsRefused) {
  at("").mode = 01777;
  EXPECT_EQ(permitted(alice(), Rename{"f", "x"}), fails(Errno::kEPERM, Rule::kParentSticky));
  at("f").uid = 1000;
  EXPECT_EQ(permitted(alice(), Rename{"f", "x"}), ok(Rule::kRename));
  EXPECT_EQ(permitted(alice(), Rename{"f", "g"}), fails(Errno::kEPERM, Rule::kParentSticky));
}

TEST_F(RenameOperation, ToAnotherParentNeedsAWritableDirectory) {
  at("empty").mode = 0555;
  EXPECT_EQ(permitted(alice(), Rename{"empty", "d/x"}), fails(Errno::kEACCES, Rule::kRenameDirectoryWrite));
  EXPECT_EQ(permitted(alice(), Rename{"empty", "x"}), ok(Rule::kRename));
  EXPECT_EQ(permitted(alice(), exchange("d/e", "empty")), fails(Errno::kEACCES, Rule::kRenameDirectoryWrite));
}

}  // namespace
}  // namespace ovlspec::model
