#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;
using Entries = std::vector<DirectoryEntry>;

DirectoryEntry entry(std::string name, FileType type = FileType::kRegular) {
  return DirectoryEntry{.name = std::move(name), .number = 1, .type = type, .type_known = true};
}
DirectoryEntry dot() { return entry(".", FileType::kDirectory); }
DirectoryEntry dots() { return entry("..", FileType::kDirectory); }

class DirectoriesOperation : public testing::Bench {
 protected:
  DirectoriesOperation() {
    directory("d");
    file("d/a");
    file("d/b");
    symlink("d/s", "a");
    file("f");
  }
  static constexpr ReadDirectory kRest{.slot = 0, .count = 0};
  static constexpr ReadDirectory kTwo{.slot = 0, .count = 2};
  void open() { run(Open{"d", {}, 0, 0}); }
  void read(const Entries& entries, const ReadDirectory& operation = kTwo) {
    EXPECT_EQ(mismatch(operation, entries), "");
    run(superuser(), operation, Outcome::success(entries));
  }
};

TEST_F(DirectoriesOperation, ListShowsEachNameOnce) {
  const ListDirectory list{"d"};
  EXPECT_EQ(permitted(alice(), list), ok(Rule::kList));
  EXPECT_EQ(mismatch(list, Entries{dots(), entry("b"), entry("s", FileType::kSymlink), dot(), entry("a")}), "");
  EXPECT_EQ(mismatch(list, Entries{dot(), dots(), entry("a"), entry("b")}), "OVL-RD-1: the name \"s\" is missing");
  EXPECT_EQ(mismatch(list, Entries{dot(), entry("a"), entry("b"), entry("s", FileType::kSymlink)}),
            "OVL-RD-1: the name \"..\" is missing");
  EXPECT_EQ(mismatch(list, Entries{dot(), dots(), entry("a"), entry("a")}), "OVL-RD-1: the name \"a\" appears twice");
  EXPECT_EQ(mismatch(list, Entries{dot(), dots(), entry("x")}), "OVL-RD-1: the name \"x\" should not be there");
  EXPECT_EQ(mismatch(list, {}), "OVL-RD-1: the answer lacks entries");
}

TEST_F(DirectoriesOperation, ListTellsTheTypeOrThatItIsUnknown) {
  const ListDirectory list{"d"};
  const DirectoryEntry unknown{.name = "s", .number = 1, .type = FileType::kRegular, .type_known = false};
  EXPECT_EQ(mismatch(list, Entries{dot(), dots(), entry("a"), entry("b"), unknown}), "");
  EXPECT_EQ(mismatch(list, Entries{dot(), dots(), entry("a"), entry("b"), entry("s")}),
            std::string(text_of(Rule::kListType).id) + ": d_type of \"s\" file, expected symlink");
}

TEST_F(DirectoriesOperation, ListNeedsAReadableDirectory) {
  EXPECT_EQ(permitted(ListDirectory{"f"}), fails(Errno::kENOTDIR, Rule::kListNotDirectory));
  EXPECT_EQ(permitted(ListDirectory{"x"}), fails(Errno::kENOENT, Rule::kPathMissing));
  at("d").mode = 0711;
  EXPECT_EQ(permitted(alice(), ListDirectory{"d"}), fails(Errno::kEACCES, Rule::kListPermission));
}

TEST_F(DirectoriesOperation, ReadInPiecesShowsEachNameOnce) {
  open();
  EXPECT_EQ(permitted(kTwo), ok(Rule::kList));
  read({dot(), entry("b")});
  EXPECT_EQ(mismatch(kTwo, Entries{entry("b"), dots()}), "OVL-RD-1: the name \"b\" appears twice");
  EXPECT_EQ(mismatch(kTwo, Entries{entry("x"), dots()}), "OVL-RD-1: the name \"x\" should not be there");
  read({dots(), entry("s", FileType::kSymlink)});
  EXPECT_EQ(mismatch(kTwo, Entries{}), "OVL-RD-1: the name \"a\" is missing");
  read({entry("a")});
  read({});
}

TEST_F(DirectoriesOperation, ReadToTheEndMissesNothing) {
  open();
  EXPECT_EQ(mismatch(kRest, Entries{dot(), dots(), entry("a"), entry("b")}), "OVL-RD-1: the name \"s\" is missing");
  read({dot(), dots(), entry("a"), entry("b"), entry("s", FileType::kSymlink)}, kRest);
}

// Rule::kListChanged.
TEST_F(DirectoriesOperation, WhatCameOrWentSinceMayAppearOnceOrNot) {
  open();
  run(Unlink{"d/a"});
  run(Mknod{"d/new", FileType::kFifo, 0, {}});
  const Entries rest{dot(), dots(), entry("b"), entry("s", FileType::kSymlink)};
  EXPECT_EQ(mismatch(kRest, rest), "");
  Entries more = rest;
  more.push_back(entry("a"));
  more.push_back(entry("new", FileType::kFifo));
  EXPECT_EQ(mismatch(kRest, more), "");
  more.push_back(entry("a"));
  EXPECT_EQ(mismatch(kRest, more), "OVL-RD-2: the name \"a\" appears twice");
}

TEST_F(DirectoriesOperation, RewindShowsTheDirectoryAsItIsThen) {
  open();
  read({dot(), dots()});
  run(Unlink{"d/a"});
  EXPECT_EQ(permitted(RewindDirectory{0}), ok(Rule::kListRewind));
  run(RewindDirectory{0});
  EXPECT_EQ(mismatch(kRest, Entries{dot(), dots(), entry("b"), entry("s", FileType::kSymlink)}), "");
  EXPECT_EQ(mismatch(kRest, Entries{dot(), dots(), entry("a"), entry("b"), entry("s", FileType::kSymlink)}),
            "OVL-RD-1: the name \"a\" should not be there");
}

TEST_F(DirectoriesOperation, RewindOfAPipeIsRefused) {
  special("p", FileType::kFifo);
  run(Open{"p", {}, 0, 1});
  run(Open{"f", {}, 0, 2});
  EXPECT_EQ(permitted(RewindDirectory{1}), fails(Errno::kESPIPE, Rule::kReadSpecial));
  EXPECT_EQ(permitted(RewindDirectory{2}), ok(Rule::kListRewind));
  EXPECT_EQ(permitted(RewindDirectory{3}), fails(Errno::kEBADF, Rule::kSlotClosed));
}

TEST_F(DirectoriesOperation, ARemovedDirectoryListsNothing) {
  directory("gone");
  run(Open{"gone", {}, 0, 0});
  run(Rmdir{"gone"});
  EXPECT_EQ(permitted(kRest), (Answers{{Errno::kOk, Rule::kList}, {Errno::kENOENT, Rule::kListRemoved}}));
  EXPECT_EQ(mismatch(kRest, Entries{}), "");
  EXPECT_EQ(mismatch(kRest, Entries{dot(), dots()}), "");
  EXPECT_EQ(mismatch(kRest, Entries{entry("x")}), "OVL-RD-1: the name \"x\" should not be there");
}

TEST_F(DirectoriesOperation, ReadOfAnotherTypeIsRefused) {
  run(Open{"f", {}, 0, 0});
  EXPECT_EQ(permitted(kRest), fails(Errno::kENOTDIR, Rule::kListNotDirectory));
  EXPECT_EQ(permitted(ReadDirectory{9, 0}), fails(Errno::kEBADF, Rule::kSlotClosed));
}

}  // namespace
}  // namespace ovlspec::model
