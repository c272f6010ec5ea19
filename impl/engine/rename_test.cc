#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

std::string redirect(const World& world) { return world.private_name(names::kRedirect); }
std::string opaque(const World& world) { return world.private_name(names::kOpaque); }

// Runs `operations`, then expects the tree to be the same after a remount.
template <typename Operations>
void expect_kept(World& world, const Operations& operations) {
  std::map<std::string, Shown> before;
  {
    Mounted mounted(world);
    operations(mounted);
    before = mounted.tree();
  }
  Mounted again(world);
  EXPECT_EQ(describe(before), describe(again.tree()));
}

TEST(Rename, OfALowerFileOntoAWhiteoutLeavesAWhiteoutAtTheSource) {
  World world;
  world.lower().file("a", "a").file("b", "b");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.unlink("b"));
    ASSERT_TRUE(mounted.rename("a", "b"));
    EXPECT_EQ(mounted.names(""), Names{"b"});
  });
  EXPECT_EQ(world.upper().dump(), "a whiteout\nb file a\n");
}

TEST(Rename, OfAnUpperFileOntoAWhiteoutLeavesNothing) {
  World world;
  world.lower().file("b", "b");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.unlink("b"));
    ASSERT_TRUE(mounted.make_file("a", "a"));
    ASSERT_TRUE(mounted.rename("a", "b"));
  });
  EXPECT_EQ(world.upper().dump(), "b file a\n");
}

TEST(Rename, OfALowerFileOverAnotherCoversIt) {
  World world;
  world.lower().file("a", "a").file("b", "b");
  expect_kept(world, [](Mounted& mounted) { ASSERT_TRUE(mounted.rename("a", "b")); });
  EXPECT_EQ(world.upper().dump(), "a whiteout\nb file a\n");
}

TEST(Rename, OfADirectoryOfLowersIsRefusedWhereRedirectsAreOnlyFollowed) {
  World world;
  world.lower().file("merged/f", "f").directory("lower").file("moved/g", "g");
  world.upper().directory("merged").directory("again");
  world.upper().xattr("again", redirect(world), "moved").whiteout("moved");
  world.redirects(Redirects::kFollowed);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.make_directory("pure"));
  EXPECT_EQ(mounted.read("again/g"), "g");
  EXPECT_EQ(mounted.rename("merged", "x").error(), Errno::kEXDEV);
  EXPECT_EQ(mounted.rename("lower", "x").error(), Errno::kEXDEV);
  EXPECT_EQ(mounted.rename("again", "x").error(), Errno::kEXDEV);
  EXPECT_EQ(mounted.rename("pure", "lower", RenameMode::kExchange).error(), Errno::kEXDEV);
  EXPECT_FALSE(world.upper().has("lower"));
  EXPECT_TRUE(mounted.rename("merged/f", "f"));
  EXPECT_TRUE(mounted.rename("pure", "lower"));
}

TEST(Rename, WithoutReplaceSeesAWhiteoutAsAbsent) {
  World world;
  world.lower().file("a", "a").file("b", "b").file("c", "c");
  Mounted mounted(world);
  EXPECT_EQ(mounted.rename("a", "c", RenameMode::kNoReplace).error(), Errno::kEEXIST);
  ASSERT_TRUE(mounted.unlink("b"));
  EXPECT_TRUE(mounted.rename("a", "b", RenameMode::kNoReplace));
  EXPECT_EQ(mounted.read("b"), "a");
}

TEST(Rename, OfALowerDirectoryMovesAllThatIsInIt) {
  World world;
  world.lower(0).file("d/x", "x");
  world.lower(1).file("d/deep/y", "y");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.rename("d", "e"));
    EXPECT_EQ(mounted.names(""), Names{"e"});
    EXPECT_EQ(mounted.names("e"), (Names{"deep", "x"}));
    EXPECT_EQ(mounted.read("e/deep/y"), "y");
  });
  EXPECT_EQ(world.upper().dump(), "d whiteout\ne directory\n");
  EXPECT_EQ(world.upper().xattr_of("e", redirect(world)), "d");
}

TEST(Rename, ToAnotherDirectoryRedirectsByTheAbsoluteLowerPath) {
  World world;
  world.lower().file("p/d/x", "x").directory("q");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.rename("p", "p2"));
    ASSERT_TRUE(mounted.rename("p2/d", "q/e"));
    EXPECT_EQ(mounted.names("q/e"), Names{"x"});
    ASSERT_TRUE(mounted.rename("q/e", "q/f"));
    ASSERT_TRUE(mounted.rename("q/f", "g"));
    EXPECT_EQ(mounted.read("g/x"), "x");
  });
  EXPECT_EQ(world.upper().xattr_of("g", redirect(world)), "/p/d");
}

TEST(Rename, OfADirectoryKeepsItsNumberAndThatOfItsContent) {
  World world(FileSystems::kSeveral);
  world.lower(0).file("d/x", "x");
  Mounted mounted(world);
  const InodeNumber d = mounted.number("d");
  const InodeNumber x = mounted.number("d/x");
  ASSERT_TRUE(mounted.rename("d", "e"));
  mounted.drop_nodes();
  EXPECT_EQ(mounted.number("e"), d);
  EXPECT_EQ(mounted.number("e/x"), x);
}

TEST(Rename, OfAPureUpperDirectoryOntoALowerOnesNameShowsNothingOfThat) {
  World world;
  world.lower().file("d/old", "");
  expect_kept(world, [&](Mounted& mounted) {
    ASSERT_TRUE(mounted.make_directory("u"));
    ASSERT_TRUE(mounted.make_file("u/new"));
    ASSERT_TRUE(mounted.unlink("d/old"));
    ASSERT_TRUE(mounted.rename("u", "d"));
    EXPECT_EQ(mounted.names("d"), Names{"new"});
  });
  EXPECT_EQ(world.upper().xattr_of("d", opaque(world)), "y");
}

TEST(Rename, OfAPureUpperDirectoryToAFreeNameDoesNotMakeItOpaque) {
  World world;
  world.lower().directory("d");
  expect_kept(world, [&](Mounted& mounted) {
    ASSERT_TRUE(mounted.make_directory("u"));
    ASSERT_TRUE(mounted.rename("u", "d/v"));
  });
  EXPECT_FALSE(world.upper().xattr_of("d/v", opaque(world)).has_value());
}

TEST(Rename, OfADirectoryOverARemovedOne) {
  World world;
  world.lower().file("d/x", "").file("e/y", "");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.unlink("d/x"));
    ASSERT_TRUE(mounted.rmdir("d"));
    ASSERT_TRUE(mounted.rename("e", "d"));
    EXPECT_EQ(mounted.names("d"), Names{"y"});
    EXPECT_EQ(mounted.names(""), Names{"d"});
  });
  EXPECT_EQ(world.upper().dump(), "d directory\ne whiteout\n");
}

TEST(Rename, OverAnEmptyMergedDirectoryThatHoldsWhiteouts) {
  World world;
  world.lower().file("d/x", "").file("e/y", "");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.unlink("d/x"));
    ASSERT_TRUE(mounted.rename("e", "d"));
    EXPECT_EQ(mounted.names("d"), Names{"y"});
  });
  EXPECT_EQ(world.upper().dump(), "d directory\ne whiteout\n");
}

TEST(Rename, OfALowerNameIntoAnUpperDirectoryShowsNoWhiteout) {
  World world;
  world.lower().file("f", "f");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.make_directory("u"));
    ASSERT_TRUE(mounted.rename("f", "u/f"));
    ASSERT_TRUE(mounted.rename("u/f", "f"));
    EXPECT_EQ(mounted.names(""), (Names{"f", "u"}));
    EXPECT_EQ(mounted.names("u"), Names{});
  });
  EXPECT_EQ(world.upper().dump(), "f file f\nu directory\n");
}

TEST(Rename, ExchangesObjectsOfAllKinds) {
  World world;
  world.lower().file("f", "f").file("d/x", "x").file("p/e/y", "y");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.rename("f", "d", RenameMode::kExchange));
    EXPECT_EQ(mounted.read("d"), "f");
    EXPECT_EQ(mounted.names("f"), Names{"x"});
    ASSERT_TRUE(mounted.rename("f", "p/e", RenameMode::kExchange));
    EXPECT_EQ(mounted.names("f"), Names{"y"});
    EXPECT_EQ(mounted.names("p/e"), Names{"x"});
    ASSERT_TRUE(mounted.make_directory("u"));
    ASSERT_TRUE(mounted.rename("u", "f", RenameMode::kExchange));
    EXPECT_EQ(mounted.names("f"), Names{});
    EXPECT_EQ(mounted.names("u"), Names{"y"});
    EXPECT_EQ(mounted.rename("u", "missing", RenameMode::kExchange).error(), Errno::kENOENT);
  });
}

TEST(Rename, KnowsItsErrors) {
  World world;
  world.lower().file("f", "").file("d/x", "").file("d/e/y", "").directory("empty");
  Mounted mounted(world);
  EXPECT_EQ(mounted.rename("missing", "g").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.rename("f", "empty").error(), Errno::kEISDIR);
  EXPECT_EQ(mounted.rename("empty", "f").error(), Errno::kENOTDIR);
  EXPECT_EQ(mounted.rename("empty", "d").error(), Errno::kENOTEMPTY);
  EXPECT_EQ(mounted.rename("d", "d/e/inside").error(), Errno::kEINVAL);
  EXPECT_EQ(mounted.rename("d", "d/inside").error(), Errno::kEINVAL);
  EXPECT_EQ(mounted.rename("d/e", "d").error(), Errno::kENOTEMPTY);
  EXPECT_EQ(mounted.rename("d/e", "d", RenameMode::kExchange).error(), Errno::kEINVAL);
  EXPECT_EQ(mounted.rename("f", "g", RenameMode::kWhiteout).error(), Errno::kEINVAL);
  EXPECT_EQ(world.upper().dump(), "") << "what is refused copies nothing up";
}

TEST(Rename, OfTwoNamesOfOneObjectDoesNothing) {
  World world;
  world.lower().file("a", "x").hard_link("a", "b");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.rename("a", "b"));
  EXPECT_EQ(mounted.names(""), (Names{"a", "b"}));
  ASSERT_TRUE(mounted.rename("a", "a"));
  EXPECT_EQ(mounted.rename("a", "b", RenameMode::kNoReplace).error(), Errno::kEEXIST);
}

TEST(Rename, OfAnOpenReplacedFileKeepsItsContentForTheHolder) {
  World world;
  world.lower().file("a", "a").file("b", "b");
  Mounted mounted(world);
  auto held = mounted.open("b", Access::kRead);
  const NodeId node = *mounted.node("b");
  ASSERT_TRUE(mounted.rename("a", "b"));
  EXPECT_EQ(mounted.read(*held), "b");
  EXPECT_EQ(mounted.read("b"), "a");
  EXPECT_EQ(mounted.engine().attributes(node)->links, 0U);
}

TEST(Rename, OfADirectoryWithADanglingRedirectMergesWithNothing) {
  World world;
  world.upper().file("m/x", "").xattr("m", redirect(world), "gone").directory("p");
  world.lower().file("p/gone/wrong", "");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.rename("m", "p/m"));
    EXPECT_EQ(mounted.names("p/m"), Names{"x"});
  });
}

TEST(Rename, WhereTheStoreLeavesNoWhiteoutsEndsTheSame) {
  World world(FileSystems::kOne, MemoryNumbers::Reuse::kNever, {.rename_whiteout = Support::kNo});
  world.lower().file("a", "a").file("b", "b").file("c", "c").file("d/x", "x").directory("e");
  expect_kept(world, [](Mounted& mounted) {
    ASSERT_TRUE(mounted.rename("a", "b"));
    ASSERT_TRUE(mounted.rename("c", "free"));
    ASSERT_TRUE(mounted.rename("d", "e"));
  });
  EXPECT_EQ(world.upper().dump(), "a whiteout\nb file a\nc whiteout\nd whiteout\ne directory\nfree file c\n");
}

}  // namespace
}  // namespace ovlspec::impl
