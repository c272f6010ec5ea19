#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

class AttributesOperation : public testing::Bench {
 protected:
  AttributesOperation() {
    world.tree[kRoot].mode = 0777;
    put_owned("mine", testing::file_inode("text", 0644), 1000, 1000);
    file("roots", 0666);
    directory("d");
    symlink("s", "mine");
    at("mine").modify_time = FreeTime::at(Time{7, 0});
  }
  // What stat of `path` should show.
  Attributes shown(const std::string& path) {
    const Inode& inode = at(path);
    return Attributes{.type = inode.type,
                      .mode = inode.mode,
                      .links = inode.links,
                      .uid = inode.uid,
                      .gid = inode.gid,
                      .device = inode.device,
                      .size = inode.content.size(),
                      .modify_time = inode.modify_time.value};
  }
  std::string seen(const std::string& path, void (*change)(Attributes&)) {
    Attributes attributes = shown(path);
    change(attributes);
    return mismatch(Stat{Target::at(path, Follow::kNoFollow)}, attributes);
  }
};

constexpr TimeChange kNow{.kind = TimeChange::Kind::kNow, .value = {}};
constexpr TimeChange kOmit{};
constexpr TimeChange kSet{.kind = TimeChange::Kind::kSet, .value = {9, 1}};

TEST_F(AttributesOperation, StatShowsWhatTheTreeSays) {
  EXPECT_EQ(permitted(alice(), Stat{Target::at("roots")}), ok(Rule::kStat));
  EXPECT_EQ(seen("mine", [](Attributes&) {}), "");
  EXPECT_EQ(seen("s", [](Attributes&) {}), "");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.mode = 0600; }), "OVL-STAT-1: mode 600, expected 644");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.uid = 5; }), "OVL-STAT-1: uid 5, expected 1000");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.gid = 5; }), "OVL-STAT-1: gid 5, expected 1000");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.size = 5; }), "OVL-STAT-1: size 5, expected 4");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.type = FileType::kFifo; }), "OVL-STAT-1: type fifo, expected file");
}

// Rule::kStatLinks, Rule::kStatModifyTime.
TEST_F(AttributesOperation, StatShowsLinksAndTheModificationTime) {
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.links = 2; }), "OVL-STAT-2: link count 2, expected 1");
  EXPECT_EQ(seen("mine",
                 [](Attributes& a) {
                   a.modify_time = Time{8, 0};
                 }),
            "OVL-STAT-5: mtime 8.000000000, expected 7.000000000");
  at("mine").modify_time = FreeTime::unknown();
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.modify_time = Time{8, 0}; }), "");
}

TEST_F(AttributesOperation, StatOfHiddenLinksIsFreeUntilTheyAreSeen) {
  at("mine").hidden_links.reset();
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.links = 9; }), "");
  at("mine").hidden_links = 2;
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.links = 3; }), "");
  EXPECT_EQ(seen("mine", [](Attributes& a) { a.links = 1; }),
            std::string(text_of(Rule::kStatHiddenLinks).id) + ": link count 1, expected 3");
}

TEST_F(AttributesOperation, StatIsNotJudgedByWhatIdentityAndHistoryDecide) {
  EXPECT_EQ(seen("d",
                 [](Attributes& a) {
                   a.links = 9;
                   a.number = 77;
                   a.size = 4096;
                   a.change_time = Time{1, 1};
                 }),
            "");
}

TEST_F(AttributesOperation, StatOfADeviceShowsIt) {
  put("c", Inode{.type = FileType::kCharDevice, .mode = 0600, .device = Device{1, 3}});
  EXPECT_EQ(seen("c", [](Attributes&) {}), "");
  EXPECT_EQ(seen("c", [](Attributes& a) { a.device.minor = 4; }), "OVL-STAT-1: device 1:4, expected 1:3");
}

TEST_F(AttributesOperation, StatOfASlotNeedsItOpen) {
  EXPECT_EQ(permitted(Stat{Target::of(0)}), fails(Errno::kEBADF, Rule::kSlotClosed));
  EXPECT_EQ(permitted(Stat{Target::at("x")}), fails(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(AttributesOperation, StatFileSystemAnswersForEachPath) {
  EXPECT_EQ(permitted(StatFileSystem{"s"}), ok(Rule::kStatFileSystem));
  EXPECT_EQ(permitted(StatFileSystem{"x"}), fails(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(mismatch(StatFileSystem{"d"}, FileSystemStatus{.name_max = 255}), "");
  EXPECT_EQ(mismatch(StatFileSystem{"d"}, FileSystemStatus{.name_max = 14}), "OVL-STAT-6: NAME_MAX 14, expected 255");
}

TEST_F(AttributesOperation, ChmodSetsTheMode) {
  EXPECT_EQ(permitted(alice(), Chmod{Target::at("mine"), 04711}), ok(Rule::kChmod));
  run(alice(), Chmod{Target::at("s"), 0104711});
  EXPECT_EQ(at("mine").mode, 04711U);
}

TEST_F(AttributesOperation, ChmodDropsSetGidOfAnothersGroup) {
  at("mine").gid = 5;
  run(alice(), Chmod{Target::at("mine"), 06755});
  EXPECT_EQ(at("mine").mode, 04755U);
  run(with(alice(), Capability::kFsetid), Chmod{Target::at("mine"), 06755});
  EXPECT_EQ(at("mine").mode, 06755U);
  at("mine").gid = 2000;
  run(alice(), Chmod{Target::at("mine"), 02755});
  EXPECT_EQ(at("mine").mode, 02755U);
}

TEST_F(AttributesOperation, ChmodIsForTheOwner) {
  EXPECT_EQ(permitted(alice(), Chmod{Target::at("roots"), 0}), fails(Errno::kEPERM, Rule::kChmodOwner));
  EXPECT_EQ(permitted(with(alice(), Capability::kFowner), Chmod{Target::at("roots"), 0}), ok(Rule::kChmod));
}

TEST_F(AttributesOperation, ChmodOfASymlinkIsRefused) {
  EXPECT_EQ(permitted(Chmod{Target::at("s", Follow::kNoFollow), 0}), fails(Errno::kEOPNOTSUPP, Rule::kChmodSymlink));
}

TEST_F(AttributesOperation, ChownSetsOwnerAndGroupOfTheLinkItself) {
  EXPECT_EQ(permitted(Chown{Target::at("mine"), 5, 6}), ok(Rule::kChown));
  run(Chown{Target::at("s", Follow::kNoFollow), 5, std::nullopt});
  EXPECT_EQ(at("s").uid, 5U);
  EXPECT_EQ(at("s").gid, 0U);
  EXPECT_EQ(at("mine").uid, 1000U);
}

TEST_F(AttributesOperation, ChownByTheOwnerIsToAGroupOfHis) {
  EXPECT_EQ(permitted(alice(), Chown{Target::at("mine"), std::nullopt, 2000}), ok(Rule::kChown));
  EXPECT_EQ(permitted(alice(), Chown{Target::at("mine"), 1000, 1000}), ok(Rule::kChown));
  EXPECT_EQ(permitted(alice(), Chown{Target::at("mine"), std::nullopt, 7}), fails(Errno::kEPERM, Rule::kChownOwner));
  EXPECT_EQ(permitted(alice(), Chown{Target::at("mine"), 1001, std::nullopt}), fails(Errno::kEPERM, Rule::kChownOwner));
  EXPECT_EQ(permitted(alice(), Chown{Target::at("roots"), std::nullopt, 2000}),
            fails(Errno::kEPERM, Rule::kChownOwner));
}

TEST_F(AttributesOperation, ChownClearsSetIdBitsOfFilesAlone) {
  at("mine").mode = 06755;
  run(Chown{Target::at("mine"), std::nullopt, std::nullopt});
  EXPECT_EQ(at("mine").mode, 0755U);
  at("d").mode = 06755;
  run(Chown{Target::at("d"), 3, 3});
  EXPECT_EQ(at("d").mode, 06755U);
}

TEST_F(AttributesOperation, ChownKeepsSetGidOfANonExecutableForMembers) {
  at("mine").mode = 02644;
  run(alice(), Chown{Target::at("mine"), std::nullopt, 2000});
  EXPECT_EQ(at("mine").mode, 02644U);
  at("mine").mode = 06644;
  const Caller caller = with(with(alice(), Capability::kChown), Capability::kFowner);
  run(caller, Chown{Target::at("mine"), std::nullopt, 7});
  EXPECT_EQ(at("mine").mode, 0644U);
}

TEST_F(AttributesOperation, ChownOfASetIdFileMayAskForItsOwner) {
  at("roots").mode = 04755;
  EXPECT_EQ(permitted(with(alice(), Capability::kChown), Chown{Target::at("roots"), 5, std::nullopt}),
            (Answers{{Errno::kOk, Rule::kChown}, {Errno::kEPERM, Rule::kChmodOwner}}));
}

TEST_F(AttributesOperation, UtimensSetsTheTimesThatItNames) {
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("mine"), kOmit, kSet}), ok(Rule::kUtimens));
  run(alice(), Utimens{Target::at("mine"), kOmit, kSet});
  EXPECT_EQ(at("mine").modify_time, FreeTime::at(Time{9, 1}));
  run(alice(), Utimens{Target::at("mine"), kSet, kNow});
  EXPECT_FALSE(at("mine").modify_time.known);
  EXPECT_EQ(at("mine").access_time, FreeTime::at(Time{9, 1}));
}

TEST_F(AttributesOperation, UtimensIsForTheOwnerUnlessBothAreNow) {
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("roots"), kNow, kOmit}), fails(Errno::kEPERM, Rule::kUtimensOwner));
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("roots"), kNow, kSet}), fails(Errno::kEPERM, Rule::kUtimensOwner));
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("roots"), kNow, kNow}), ok(Rule::kUtimens));
  at("roots").mode = 0644;
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("roots"), kNow, kNow}), fails(Errno::kEACCES, Rule::kUtimensOwner));
}

TEST_F(AttributesOperation, UtimensOfNothingNeedNotLookAtThePath) {
  EXPECT_EQ(permitted(Utimens{Target::at("x"), kOmit, kOmit}),
            (Answers{{Errno::kOk, Rule::kUtimens}, {Errno::kENOENT, Rule::kPathMissing}}));
  run(Utimens{Target::at("x"), kOmit, kOmit});
  EXPECT_EQ(permitted(alice(), Utimens{Target::at("roots"), kOmit, kOmit}), ok(Rule::kUtimens));
}

}  // namespace
}  // namespace ovlspec::model
