// Creating, linking and removing names, and what is left in the upper layer.
#include <algorithm>

#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

std::string opaque(const World& world) { return world.private_name(names::kOpaque); }

TEST(Create, OverAWhiteoutReplacesIt) {
  World world;
  world.lower().file("f", "old").file("s", "old").directory("d").file("d/old", "");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.unlink("f"));
    ASSERT_TRUE(mounted.make_file("f", "new"));
    ASSERT_TRUE(mounted.unlink("s"));
    ASSERT_TRUE(mounted.make_symlink("s", "f"));
    ASSERT_TRUE(mounted.unlink("d/old"));
    ASSERT_TRUE(mounted.rmdir("d"));
    ASSERT_TRUE(mounted.make_directory("d"));
  }
  EXPECT_EQ(world.upper().dump(), "d directory\nf file new\ns symlink\n");
  EXPECT_EQ(world.upper().xattr_of("d", opaque(world)), "y");
  Mounted again(world);
  EXPECT_EQ(again.names("d"), Names{}) << "the content of a deleted directory is visible again";
  EXPECT_EQ(again.read("f"), "new");
}

TEST(Create, OfADirectoryWithNothingBelowIsNotOpaque) {
  World world;
  world.lower().file("other", "");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.make_directory("d"));
  EXPECT_FALSE(world.upper().xattr_of("d", opaque(world)).has_value());
}

TEST(Create, InASetGroupIdDirectoryInheritsTheGroupAlsoOverAWhiteout) {
  World world;
  world.lower().directory("d", 02755).owner("d", 1, 42).file("d/f", "").directory("d/e");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.unlink("d/f"));
  ASSERT_TRUE(mounted.make_file("d/f"));
  ASSERT_TRUE(mounted.rmdir("d/e"));
  ASSERT_TRUE(mounted.make_directory("d/e"));
  EXPECT_EQ(mounted.stat("d/f")->gid, 42U);
  EXPECT_EQ(mounted.stat("d/e")->gid, 42U);
  EXPECT_EQ(mounted.stat("d/e")->mode, 02755U);
}

TEST(Create, RefusesADeviceThatIsAWhiteout) {
  World world;
  Mounted mounted(world);
  NewInode inode;
  inode.type = FileType::kCharDevice;
  EXPECT_EQ(mounted.make("w", inode).error(), Errno::kEPERM);
  inode.device = {1, 3};
  EXPECT_TRUE(mounted.make("null", inode));
  EXPECT_EQ(mounted.stat("null")->device, (Device{1, 3}));
}

TEST(Create, RefusesWhatIsThereAndWhereNothingCanBe) {
  World world;
  world.lower().file("f", "").directory("d");
  Mounted mounted(world);
  EXPECT_EQ(mounted.make_file("f").error(), Errno::kEEXIST);
  EXPECT_EQ(mounted.make_directory("d").error(), Errno::kEEXIST);
  EXPECT_EQ(mounted.make_file("f/x").error(), Errno::kENOTDIR);
  EXPECT_EQ(mounted.make_file(std::string(256, 'x')).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(world.upper().dump(), "");
}

TEST(Create, InARemovedDirectoryIsRefused) {
  World world;
  world.lower().directory("d");
  Mounted mounted(world);
  const NodeId d = *mounted.node("d");
  ASSERT_TRUE(mounted.rmdir("d"));
  NewInode inode;
  EXPECT_EQ(mounted.engine().create(d, "f", inode).error(), Errno::kENOENT);
  EXPECT_EQ(mounted.engine().lookup(d, "f").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.engine().attributes(d)->links, 0U);
}

TEST(Create, WithoutAnUpperLayerIsRefused) {
  World world;
  world.lower().file("f", "x").directory("d");
  world.read_only();
  Mounted mounted(world);
  EXPECT_EQ(mounted.make_file("g").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.unlink("f").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.rmdir("d").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.rename("f", "g").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.link("f", "g").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.chmod("f", 0600).error(), Errno::kEROFS);
  EXPECT_EQ(mounted.open("f", Access::kWrite).error(), Errno::kEROFS);
  EXPECT_EQ(mounted.set_xattr("f", "user.x", "y").error(), Errno::kEROFS);
  EXPECT_EQ(mounted.read("f"), "x");
  EXPECT_TRUE(mounted.engine().status()->read_only);
}

TEST(Unlink, LeavesAWhiteoutExactlyWhereALowerNameWouldShow) {
  World world;
  world.lower(0).file("lower", "").file("merged", "").whiteout("hidden");
  world.lower(1).file("hidden", "");
  world.upper().file("upper", "").file("merged", "").file("hidden", "");
  Mounted mounted(world);
  for (const char* name : {"lower", "merged", "upper", "hidden"}) EXPECT_TRUE(mounted.unlink(name)) << name;
  EXPECT_EQ(world.upper().dump(), "lower whiteout\nmerged whiteout\n");
  EXPECT_EQ(mounted.names(""), Names{});
}

TEST(Unlink, OfAPureUpperNameLeavesNothing) {
  World world;
  world.lower().directory("d");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.make_file("d/f", "x"));
  ASSERT_TRUE(mounted.write("d/f", "edited"));
  ASSERT_TRUE(mounted.unlink("d/f"));
  EXPECT_EQ(world.upper().dump(), "d directory\n");
}

TEST(Unlink, KnowsItsErrors) {
  World world;
  world.lower().directory("d").whiteout("w");
  Mounted mounted(world);
  EXPECT_EQ(mounted.unlink("d").error(), Errno::kEISDIR);
  EXPECT_EQ(mounted.unlink("missing").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.unlink("w").error(), Errno::kENOENT);
}

TEST(Unlink, OfADanglingSymlinkEmptiesItsDirectory) {
  World world;
  world.lower().symlink("d/s", "nowhere");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("d"), Names{"s"});
  ASSERT_TRUE(mounted.unlink("d/s"));
  EXPECT_TRUE(mounted.rmdir("d"));
}

TEST(Rmdir, OfAMergedDirectoryClearsItsWhiteouts) {
  World world;
  world.lower().file("d/a", "").file("d/b", "");
  {
    Mounted mounted(world);
    EXPECT_EQ(mounted.rmdir("d").error(), Errno::kENOTEMPTY);
    ASSERT_TRUE(mounted.unlink("d/a"));
    ASSERT_TRUE(mounted.unlink("d/b"));
    ASSERT_TRUE(mounted.rmdir("d"));
    EXPECT_FALSE(mounted.exists("d"));
  }
  EXPECT_EQ(world.upper().dump(), "d whiteout\n");
}

TEST(Rmdir, LeavesTheTimesOfAHeldDirectory) {
  World world;
  world.lower().file("d/a", "");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.unlink("d/a"));
  const NodeId d = *mounted.node("d");
  const Time before = mounted.engine().attributes(d)->modify_time;
  ASSERT_TRUE(mounted.rmdir("d"));
  EXPECT_EQ(mounted.engine().attributes(d)->modify_time, before);
}

TEST(Rmdir, ClearsWhiteoutsWhoseLowerNamesAreGone) {
  World world;
  world.lower().file("other", "");
  world.upper().whiteout("d/stale").whiteout("d/e/stale");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("d"), Names{"e"});
  ASSERT_TRUE(mounted.rmdir("d/e"));
  ASSERT_TRUE(mounted.rmdir("d"));
  EXPECT_EQ(world.upper().dump(), "");
}

TEST(Rmdir, OfALowerDirectoryLeavesAWhiteoutAlone) {
  World world;
  world.lower().directory("d").file("f", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.rmdir("f").error(), Errno::kENOTDIR);
  EXPECT_EQ(mounted.rmdir("missing").error(), Errno::kENOENT);
  ASSERT_TRUE(mounted.rmdir("d"));
  EXPECT_EQ(world.upper().dump(), "d whiteout\n");
}

TEST(Rmdir, AFailedOneLeavesTheDirectoryItsPath) {
  World world;
  world.lower().file("d/f", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.rmdir("d").error(), Errno::kENOTEMPTY);
  const NodeId d = *mounted.node("d");
  EXPECT_EQ(mounted.engine().lookup(d, "..")->node, kRootNode);
  mounted.engine().forget(kRootNode, 1);
}

TEST(Link, OverAWhiteoutReplacesIt) {
  World world;
  world.lower().file("f", "x").file("g", "y");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.unlink("g"));
    ASSERT_TRUE(mounted.link("f", "g"));
    EXPECT_EQ(mounted.links("f"), 2U);
    EXPECT_EQ(mounted.number("f"), mounted.number("g"));
  }
  EXPECT_EQ(world.upper().dump(), "f file x\ng file x\n");
  Mounted again(world);
  EXPECT_EQ(again.links("g"), 2U);
  EXPECT_EQ(again.number("f"), again.number("g"));
}

TEST(Link, KnowsItsErrors) {
  World world;
  world.lower().file("f", "").directory("d").file("gone", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.link("d", "e").error(), Errno::kEPERM);
  EXPECT_EQ(mounted.link("f", "d").error(), Errno::kEEXIST);
  const NodeId gone = *mounted.node("gone");
  ASSERT_TRUE(mounted.unlink("gone"));
  EXPECT_EQ(mounted.engine().link(gone, kRootNode, "back").error(), Errno::kENOENT);
}

TEST(Names, ChangeTheTimesOfTheirDirectoryAndCopyUpDoesNot) {
  World world;
  world.lower().file("d/f", "x").file("d/g", "y").directory("d/e");
  world.lower().times("d", {5, 0}, {6, 0});
  Mounted mounted(world);
  ASSERT_TRUE(mounted.append("d/f", "+"));
  ASSERT_TRUE(mounted.chmod("d/e", 0700));
  EXPECT_EQ(mounted.stat("d")->modify_time, (Time{6, 0}));
  ASSERT_TRUE(mounted.unlink("d/g"));
  EXPECT_GT(mounted.stat("d")->modify_time, (Time{6, 0}));
}

TEST(Names, OfDirectoriesAreCountedInADirectoryOfTheUpperAlone) {
  World world;
  world.lower().directory("merged").directory("merged/e");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.make_directory("new"));
  EXPECT_EQ(mounted.stat("new")->links, 2U);
  ASSERT_TRUE(mounted.make_directory("new/d"));
  ASSERT_TRUE(mounted.rename("merged/e", "new/e"));
  EXPECT_EQ(mounted.stat("new")->links, 4U);
  ASSERT_TRUE(mounted.rmdir("new/d"));
  EXPECT_EQ(mounted.stat("new")->links, 3U);
}

TEST(Names, OfDirectoriesAreNotCountedInADirectoryWithALowerBeforeOrAfterCopyUp) {
  World world;
  world.lower().directory("d").directory("d/e");
  Mounted mounted(world);
  EXPECT_EQ(mounted.stat("d")->links, 1U);
  ASSERT_TRUE(mounted.make_directory("d/f"));
  EXPECT_EQ(mounted.stat("d")->links, 1U);
}

TEST(Listing, RewoundShowsWhatWasMadeMeanwhile) {
  World world;
  world.lower().file("d/a", "");
  Mounted mounted(world);
  auto directory = mounted.engine().open_directory(*mounted.node("d"));
  ASSERT_TRUE(directory.ok());
  const auto count = [&](std::uint64_t offset) {
    int entries = 0;
    EXPECT_TRUE(mounted.engine().list(*directory, offset, [&](const ListedEntry&) { return ++entries > 0; }));
    return entries;
  };
  EXPECT_EQ(count(0), 3);
  ASSERT_TRUE(mounted.make_file("d/b"));
  EXPECT_EQ(count(1), 3) << "b is told by a listing under way, too";
  EXPECT_EQ(count(0), 4);
}

TEST(Listing, GoesOnAtEachOffsetWithEveryEntryOnce) {
  World world;
  for (int i = 0; i < 300; ++i) world.lower(i % 2).file("d/file" + std::to_string(i), "");
  Mounted mounted(world);
  auto directory = mounted.engine().open_directory(*mounted.node("d"));
  std::vector<std::string> seen;
  std::uint64_t offset = 0;
  for (bool more = true; more;) {
    more = false;
    int room = 7;
    ASSERT_TRUE(mounted.engine().list(*directory, offset, [&](const ListedEntry& listed) {
      EXPECT_NE(listed.next_offset, 0U);
      seen.push_back(listed.entry.name);
      offset = listed.next_offset;
      more = true;
      return --room > 0;
    }));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen.size(), 302U);
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST(Listing, OfARemovedDirectoryIsRefused) {
  World world;
  world.lower().directory("d");
  Mounted mounted(world);
  auto directory = mounted.engine().open_directory(*mounted.node("d"));
  ASSERT_TRUE(mounted.rmdir("d"));
  EXPECT_EQ(mounted.engine().list(*directory, 0, [](const ListedEntry&) { return true; }).error(), Errno::kENOENT);
}

TEST(Nodes, AreGoneWhenForgottenAndClosed) {
  World world;
  world.lower().file("a/b/c", "x");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.node("a/b/c").ok());
  EXPECT_EQ(mounted.engine().nodes(), 4U);
  {
    auto file = mounted.open("a/b/c", Access::kRead);
    mounted.drop_nodes();
    EXPECT_EQ(mounted.engine().nodes(), 4U) << "an open file holds its node, and that its directories";
    EXPECT_EQ(mounted.read(*file), "x");
  }
  EXPECT_EQ(mounted.engine().nodes(), 1U);
}

}  // namespace
}  // namespace ovlspec::impl
