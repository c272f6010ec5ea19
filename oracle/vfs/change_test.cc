// chmod, chown, utimens, and what writes take away.
#include "oracle/vfs/change.h"

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class ChangeAttributes : public VfsFixture {
 protected:
  static Target at(std::string path) { return Target::at(std::move(path)); }
};

TEST_F(ChangeAttributes, ChmodIsForOwnersAndCapFowner) {
  lower("f", file("x", 0644, kAlice));
  EXPECT_EQ(error_as(user(kBob), Chmod{at("f"), 0600}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kAlice), Chmod{at("f"), 0600}), Errno::kOk);
  EXPECT_EQ(error_as(user_with(kBob, Capability::kFowner), Chmod{at("f"), 0640}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 0640U);
}

TEST_F(ChangeAttributes, ChmodClearsSetGroupIdForThoseOutsideTheGroup) {
  model::Inode other_group = file("x", 0644, kAlice);
  other_group.gid = 50;
  lower("f", other_group);
  EXPECT_EQ(error_as(user(kAlice), Chmod{at("f"), 06755}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 04755U);
  EXPECT_EQ(error_as(user(kAlice, {50}), Chmod{at("f"), 06755}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 06755U);
}

TEST_F(ChangeAttributes, ChmodOfASymlinkItselfIsEopnotsupp) {
  lower("l", symlink("nowhere"));
  EXPECT_EQ(error(Chmod{Target::at("l", Follow::kNoFollow), 0600}), Errno::kEOPNOTSUPP);
}

TEST_F(ChangeAttributes, ChownToAnotherUserNeedsCapChown) {
  lower("f", file("x", 0644, kAlice));
  EXPECT_EQ(error_as(user(kAlice), Chown{at("f"), kBob, {}}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kAlice), Chown{at("f"), kAlice, {}}), Errno::kOk);
  EXPECT_EQ(error_as(user_with(kBob, Capability::kChown), Chown{at("f"), kBob, {}}), Errno::kOk);
  EXPECT_EQ(stat("f").uid, kBob);
}

TEST_F(ChangeAttributes, OwnerMayGiveAFileToAGroupOfTheirs) {
  lower("f", file("x", 0644, kAlice));
  EXPECT_EQ(error_as(user(kAlice, {50}), Chown{at("f"), {}, 50}), Errno::kOk);
  EXPECT_EQ(error_as(user(kAlice, {50}), Chown{at("f"), {}, 51}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kBob, {50}), Chown{at("f"), {}, 50}), Errno::kEPERM);
}

TEST_F(ChangeAttributes, ChownTakesSetIdBitsEvenFromRootsCall) {
  lower("f", file("x", 06755, kAlice));
  EXPECT_EQ(error(Chown{at("f"), kBob, {}}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 0755U);
}

TEST_F(ChangeAttributes, ChownKeepsSetGroupIdWithoutGroupExecute) {
  lower("f", file("x", 02745, kAlice));
  EXPECT_EQ(error(Chown{at("f"), kBob, {}}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 02745U);
}

TEST_F(ChangeAttributes, ChownOfADirectoryKeepsItsBits) {
  lower("d", directory(06755, kAlice));
  EXPECT_EQ(error(Chown{at("d"), kBob, kBob}), Errno::kOk);
  EXPECT_EQ(mode_of("d"), 06755U);
}

TEST_F(ChangeAttributes, ChownOfNothingIsForAnybodyUnlessItTakesABit) {
  lower("plain", file("x", 0644, kAlice));
  lower("special", file("x", 04755, kAlice));
  EXPECT_EQ(error_as(user(kBob), Chown{at("plain"), {}, {}}), Errno::kOk);
  EXPECT_EQ(error_as(user(kBob), Chown{at("special"), {}, {}}), Errno::kEPERM);
}

TEST_F(ChangeAttributes, ChownOfASymlinkChangesTheLinkItself) {
  lower("f", file());
  lower("l", symlink("f"));
  EXPECT_EQ(error(Chown{Target::at("l", Follow::kNoFollow), kAlice, kAlice}), Errno::kOk);
  EXPECT_EQ(stat("l").uid, kAlice);
  EXPECT_EQ(stat("f").uid, 0U);
}

TEST_F(ChangeAttributes, WriteByAnotherTakesSetIdBitsAndRootsWriteDoesNot) {
  lower("f", file("x", 06777, kAlice));
  EXPECT_EQ(error(Open{"f", write_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Write{0, 0, "y"}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 06777U);
  EXPECT_EQ(error_as(user(kAlice), Write{0, 0, ""}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 06777U);
  EXPECT_EQ(error_as(user(kAlice), Write{0, 0, "z"}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 0777U);
}

TEST_F(ChangeAttributes, TruncateTakesSetIdBits) {
  lower("f", file("x", 06777, kAlice));
  EXPECT_EQ(error_as(user(kBob), Truncate{at("f"), 0}), Errno::kOk);
  EXPECT_EQ(mode_of("f"), 0777U);
}

TEST_F(ChangeAttributes, WriteTakesAFileCapabilityEvenFromRootsCall) {
  model::Inode capable = file("x", 0755);
  model::set_xattr(capable, "security.capability", std::string("\x00\x00\x00\x02", 4) + std::string(16, '\0'));
  lower("f", capable);
  EXPECT_EQ(error(GetXattr{at("f"), "security.capability"}), Errno::kOk);
  EXPECT_EQ(error(Open{"f", write_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Write{0, 0, "y"}), Errno::kOk);
  EXPECT_EQ(error(GetXattr{at("f"), "security.capability"}), Errno::kENODATA);
}

TEST_F(ChangeAttributes, SettingTimesIsForOwnersAndNowForWritersToo) {
  lower("f", file("x", 0666, kAlice));
  const TimeChange now{.kind = TimeChange::Kind::kNow, .value = {}};
  const TimeChange set{.kind = TimeChange::Kind::kSet, .value = {.seconds = 5, .nanoseconds = 6}};
  const TimeChange omit;
  EXPECT_EQ(error_as(user(kBob), Utimens{at("f"), now, now}), Errno::kOk);
  EXPECT_EQ(error_as(user(kBob), Utimens{at("f"), now, omit}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kBob), Utimens{at("f"), set, set}), Errno::kEPERM);
  EXPECT_EQ(error_as(user(kAlice), Utimens{at("f"), omit, set}), Errno::kOk);
  EXPECT_EQ(stat("f").modify_time, set.value);
}

TEST_F(ChangeAttributes, TimesToNowWithoutWritePermissionAreEacces) {
  lower("f", file("x", 0644, kAlice));
  const TimeChange now{.kind = TimeChange::Kind::kNow, .value = {}};
  EXPECT_EQ(error_as(user(kBob), Utimens{at("f"), now, now}), Errno::kEACCES);
}

TEST_F(ChangeAttributes, OmittingBothTimesSucceedsWithoutAPath) {
  EXPECT_EQ(error(Utimens{at("absent"), {}, {}}), Errno::kOk);
  EXPECT_EQ(error(Utimens{Target::of(7), {}, {}}), Errno::kOk);
}

TEST_F(ChangeAttributes, SlotsNameTheirObject) {
  lower("f", file("x", 0644));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Rename{"f", "g"}), Errno::kOk);
  EXPECT_EQ(error(Chmod{Target::of(0), 0600}), Errno::kOk);
  EXPECT_EQ(mode_of("g"), 0600U);
  EXPECT_EQ(error(Chmod{Target::of(9), 0600}), Errno::kEBADF);
}

TEST_F(ChangeAttributes, ReadlinkOfWhatIsNoSymlinkIsEinval) {
  lower("f", file());
  lower("l", symlink("a/b"));
  EXPECT_EQ(error(Readlink{"f"}), Errno::kEINVAL);
  EXPECT_EQ(root(Readlink{"l"}).payload, Outcome::Payload(std::string("a/b")));
}

}  // namespace
}  // namespace ovlspec::oracle
