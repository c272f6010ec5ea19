// Records of objects that take no private attribute: they lie on the directory.
#include "impl/engine/entry_record.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "impl/engine/identity_record.h"
#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

class EntryRecord : public testing::Test {
 protected:
  EntryRecord() : world_(FileSystems::kSeveral, MemoryNumbers::Reuse::kAtOnce) {
    world_.user_xattrs();
    world_.lower().symlink("s", "x").special("fifo", FileType::kFifo).directory("d").directory("e");
  }

  // The records on a directory of the upper layer.
  std::vector<std::string> records(const std::string& directory) {
    auto names = world_.upper().store().xattr_names(world_.upper().find(directory));
    EXPECT_TRUE(names.ok());
    const std::string beginning = world_.private_name(names::kEntryRecords);
    std::erase_if(*names, [&](const std::string& name) { return !name.starts_with(beginning); });
    return *names;
  }
  static bool lists(Mounted& mounted, const std::string& directory, InodeNumber number) {
    const auto entries = mounted.entries(directory);
    return std::any_of(entries.begin(), entries.end(), [=](const auto& entry) { return entry.number == number; });
  }

  World world_;
};

TEST_F(EntryRecord, KeepsTheNumberOverRenamesAndRemounts) {
  InodeNumber symlink = 0;
  InodeNumber fifo = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    fifo = mounted.number("fifo");
    ASSERT_TRUE(mounted.rename("s", "s2"));
    ASSERT_TRUE(mounted.chmod("fifo", 0600));
  }
  for (const auto& [from, path] : {std::pair{"s2", "d/s3"}, std::pair{"d/s3", "e/s4"}}) {
    Mounted mounted(world_);
    EXPECT_EQ(mounted.number(from), symlink);
    ASSERT_TRUE(mounted.rename(from, path));
    mounted.drop_nodes();
    EXPECT_EQ(mounted.number(path), symlink);
    EXPECT_EQ(mounted.number("fifo"), fifo);
  }
  Mounted mounted(world_);
  EXPECT_TRUE(lists(mounted, "e", symlink));
  EXPECT_EQ(mounted.number("e/s4"), symlink);
  EXPECT_TRUE(records("d").empty());
  EXPECT_EQ(records("e").size(), 1U);
}

TEST_F(EntryRecord, OfOneThatTookAnothersNameIsItsOwn) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.chmod("fifo", 0600));
    ASSERT_TRUE(mounted.rename("s", "fifo"));
  }
  EXPECT_EQ(records("").size(), 1U);
  Mounted mounted(world_);
  EXPECT_EQ(mounted.number("fifo"), symlink);
}

TEST_F(EntryRecord, GoesWithTheExchangedName) {
  InodeNumber symlink = 0;
  InodeNumber fifo = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    fifo = mounted.number("fifo");
    ASSERT_TRUE(mounted.rename("s", "d/s"));
    ASSERT_TRUE(mounted.rename("d/s", "fifo", RenameMode::kExchange));
  }
  Mounted mounted(world_);
  EXPECT_EQ(mounted.number("fifo"), symlink);
  EXPECT_EQ(mounted.number("d/s"), fifo);
  EXPECT_EQ(records("").size(), 1U);
  EXPECT_EQ(records("d").size(), 1U);
}

TEST_F(EntryRecord, LiesByEveryNameOfAHardLink) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.link("s", "d/s2"));
    ASSERT_TRUE(mounted.link("d/s2", "e/s3"));
    ASSERT_TRUE(mounted.unlink("s"));
  }
  EXPECT_TRUE(records("").empty());
  for (const auto* const first : {"d/s2", "e/s3"}) {
    Mounted mounted(world_);
    EXPECT_EQ(mounted.number(first), symlink);
    EXPECT_EQ(mounted.links(first), 2U);
  }
}

TEST_F(EntryRecord, IsNoneForWhatTheUpperLayerAloneHas) {
  {
    Mounted mounted(world_);
    ASSERT_TRUE(mounted.make_symlink("new", "x"));
    ASSERT_TRUE(mounted.rename("new", "d/new"));
    ASSERT_TRUE(mounted.link("d/new", "e/new"));
  }
  EXPECT_TRUE(records("d").empty());
  EXPECT_TRUE(records("e").empty());
}

TEST_F(EntryRecord, CountsInALayerThatBecameALower) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.rename("s", "d/s"));
  }
  world_.push_upper_down();
  Mounted mounted(world_);
  EXPECT_EQ(mounted.number("d/s"), symlink);
  ASSERT_TRUE(mounted.rename("d/s", "e/s"));
  mounted.drop_nodes();
  EXPECT_EQ(mounted.number("e/s"), symlink);
}

TEST_F(EntryRecord, IsAdoptedByTheCopyOfTheUpperLayer) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.link("s", "d/s2"));
    ASSERT_TRUE(mounted.unlink("s"));
    ASSERT_TRUE(mounted.link("d/s2", "d/s3"));
  }
  world_.copy_upper();
  world_.upper().remove("d/s3").hard_link("d/s2", "d/s3");  // the copy keeps hard links apart
  for (const auto* const first : {"d/s2", "d/s3"}) {
    Mounted mounted(world_);
    EXPECT_EQ(mounted.number(first), symlink);
  }
}

TEST_F(EntryRecord, CountsForNothingByAnObjectThatTookThePlaceByHand) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.chmod("fifo", 0600));
    ASSERT_TRUE(mounted.rename("s", "d/s"));
  }
  world_.upper().remove("d/s").symlink("d/s", "by hand");
  Mounted mounted(world_);
  EXPECT_NE(mounted.number("d/s"), symlink);
}

TEST_F(EntryRecord, ThatDoesNotFitKeepsTheNumberForTheMountOnly) {
  InodeNumber symlink = 0;
  {
    Mounted mounted(world_);
    symlink = mounted.number("s");
    ASSERT_TRUE(mounted.rename("s", "d/s"));
    // The record is what a rename writes first.
    world_.upper_store().set_fault({.kind = FaultKind::kFailOnce, .at = 1, .error = Errno::kENOSPC});
    ASSERT_TRUE(mounted.rename("d/s", "d/s2"));
    world_.upper_store().set_fault({});
    EXPECT_EQ(mounted.number("d/s2"), symlink);
  }
  EXPECT_TRUE(records("d").empty());
  Mounted mounted(world_);
  EXPECT_NE(mounted.number("d/s2"), symlink);
}

TEST_F(EntryRecord, OfACopyThatNeverShowedTakesItsClaimBack) {
  for (std::uint64_t at = 1;; ++at) {
    SCOPED_TRACE("crash at call " + std::to_string(at));
    World world(FileSystems::kSeveral);
    world.user_xattrs().lower().symlink("s", "x").directory("d");
    InodeNumber number = 0;
    {
      Mounted mounted(world);
      number = mounted.number("s");
      world.upper_store().set_fault({.kind = FaultKind::kCrash, .at = at});
      static_cast<void>(mounted.rename("s", "d/s"));
    }
    const bool has_crashed = world.upper_store().crashed();
    world.upper_store().set_fault({});
    Mounted again(world);
    EXPECT_EQ(again.number(again.exists("s") ? "s" : "d/s"), number);
    if (!has_crashed || HasFailure()) return;
  }
}

}  // namespace
}  // namespace ovlspec::impl
