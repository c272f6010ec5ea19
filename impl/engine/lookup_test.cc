// Which object a name shows: the merge of the layers.
#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

std::string opaque(const World& world) { return world.private_name(names::kOpaque); }
std::string redirect(const World& world) { return world.private_name(names::kRedirect); }

TEST(Lookup, TheTopmostLayerDecides) {
  World world;
  world.lower(0).file("f", "middle");
  world.lower(1).file("f", "bottom").file("g", "bottom");
  world.upper().file("f", "top");
  Mounted mounted(world);
  EXPECT_EQ(mounted.read("f"), "top");
  EXPECT_EQ(mounted.read("g"), "bottom");
  EXPECT_EQ(mounted.stat("missing").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.stat("f/g").error(), Errno::kENOTDIR);
}

TEST(Lookup, DirectoriesMergeAndShowTheTopmostMetadata) {
  World world;
  world.lower(0).directory("d", 0700).file("d/a", "0");
  world.lower(1).directory("d", 0755).file("d/b", "1");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("d"), (Names{"a", "b"}));
  EXPECT_EQ(mounted.stat("d")->mode, 0700U);
  EXPECT_EQ(mounted.links("d"), 1U);
}

TEST(Lookup, AWhiteoutHidesItselfAndAllBelow) {
  World world;
  world.lower(0).whiteout("f").whiteout("only");
  world.lower(1).file("f", "hidden");
  world.lower(2).file("f", "hidden too");
  Mounted mounted(world);
  EXPECT_EQ(mounted.stat("f").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.names(""), Names{});
}

TEST(Lookup, ANonDirectoryStopsTheMergeOfDirectories) {
  World world;
  world.lower(0).file("d/a", "");
  world.lower(1).file("d", "in between");
  world.lower(2).file("d/b", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("d"), Names{"a"});
}

TEST(Lookup, AnOpaqueDirectoryHidesThoseBelow) {
  World world;
  world.lower(0).file("d/a", "").xattr("d", opaque(world), "y");
  world.lower(1).file("d/b", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("d"), Names{"a"});
  EXPECT_EQ(mounted.stat("d/b").error(), Errno::kENOENT);
}

TEST(Lookup, AttributeWhiteoutsCountInMarkedLowerDirectoriesAlone) {
  World world;
  const std::string mark = world.private_name(names::kWhiteout);
  world.lower(0).file("x/f", "").xattr("x", opaque(world), "x").xattr("x/f", mark, "");
  world.lower(0).file("x/full", "content").xattr("x/full", mark, "");
  world.lower(0).file("plain/f", "").xattr("plain/f", mark, "");
  world.lower(1).file("x/f", "hidden").file("x/below", "").file("plain/f", "hidden");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("x"), (Names{"below", "full"})) << "x is not opaque";
  EXPECT_EQ(mounted.stat("x/f").error(), Errno::kENOENT);
  EXPECT_EQ(mounted.read("plain/f"), "");
}

TEST(Lookup, ARelativeRedirectNamesASibling) {
  World world;
  world.lower(0).file("p/new/a", "").xattr("p/new", redirect(world), "old").whiteout("p/old");
  world.lower(1).file("p/old/b", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("p"), Names{"new"});
  EXPECT_EQ(mounted.names("p/new"), (Names{"a", "b"}));
}

TEST(Lookup, AnAbsoluteRedirectStartsAtTheRootOfTheLayersBelow) {
  World world;
  world.upper().directory("only_upper/moved").xattr("only_upper/moved", redirect(world), "/p/old");
  world.lower(0).file("p/old/a", "");
  world.lower(1).file("p/old/b", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("only_upper/moved"), (Names{"a", "b"}));
}

TEST(Lookup, AnAbsoluteRedirectGoesOnBelowAnOpaqueAncestor) {
  World world;
  world.lower(0).directory("o/moved").xattr("o", opaque(world), "y").xattr("o/moved", redirect(world), "/p/old");
  world.lower(1).file("p/old/a", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("o/moved"), Names{"a"});
}

TEST(Lookup, ARedirectPathFollowsTheRedirectsOnItsWay) {
  World world;
  world.upper().directory("m").xattr("m", redirect(world), "/p/d");
  world.lower(0).directory("p/d").xattr("p", redirect(world), "q");
  world.lower(1).file("q/d/found", "").file("p/d/wrong", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("m"), Names{"found"});
}

TEST(Lookup, ARedirectPathStopsAtAWhiteoutOrAnOpaqueDirectoryOnItsWay) {
  World world;
  world.upper().directory("m").xattr("m", redirect(world), "/p/d");
  world.upper().directory("n").xattr("n", redirect(world), "/q/d");
  world.lower(0).whiteout("p").directory("q").xattr("q", opaque(world), "y");
  world.lower(1).file("p/d/hidden", "").file("q/d/hidden", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("m"), Names{});
  EXPECT_EQ(mounted.names("n"), Names{});
}

TEST(Lookup, AMalformedRedirectIsNone) {
  World world;
  world.upper().directory("m").xattr("m", redirect(world), "a/b").directory("n").xattr("n", redirect(world), "//a");
  world.lower(0).file("m/a", "").file("n/b", "");
  Mounted mounted(world);
  EXPECT_EQ(mounted.names("m"), Names{"a"});
  EXPECT_EQ(mounted.names("n"), Names{"b"});
}

TEST(Lookup, TheUpperOfOneMountIsALowerOfTheNext) {
  World world;
  world.lower(0).file("d/a", "a").file("d/b", "b").file("e/c", "c").file("gone", "");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.rename("d", "e/moved"));
    ASSERT_TRUE(mounted.unlink("gone"));
    ASSERT_TRUE(mounted.unlink("e/moved/a"));
  }
  world.push_upper_down();
  Mounted mounted(world);
  EXPECT_EQ(mounted.names(""), Names{"e"});
  EXPECT_EQ(mounted.names("e"), (Names{"c", "moved"}));
  EXPECT_EQ(mounted.names("e/moved"), Names{"b"});
}

TEST(Lookup, DotAndDotDotAreTheNodeAndItsParent) {
  World world;
  world.lower(0).directory("d/e");
  Mounted mounted(world);
  const NodeId d = *mounted.node("d");
  const NodeId e = *mounted.node("d/e");
  EXPECT_EQ(mounted.engine().lookup(e, "..")->node, d);
  EXPECT_EQ(mounted.engine().lookup(e, ".")->node, e);
  EXPECT_EQ(mounted.engine().lookup(kRootNode, "..")->node, kRootNode);
  mounted.engine().forget(d, 1);
  mounted.engine().forget(e, 1);
  mounted.engine().forget(kRootNode, 1);
}

TEST(Lookup, NamesThatNoLayerCanHaveAreRefused) {
  World world;
  Mounted mounted(world);
  EXPECT_EQ(mounted.engine().lookup(kRootNode, std::string(256, 'n')).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(mounted.engine().lookup(kRootNode, "a/b").error(), Errno::kEINVAL);
  EXPECT_EQ(mounted.engine().lookup(123456, "a").error(), Errno::kESTALE);
}

TEST(Mount, RefusesStacksThatCannotBe) {
  World world;
  world.lower(0).file("f", "");
  Stack stack = world.stack();
  stack.work.reset();
  EXPECT_EQ(Engine::mount(stack, {}).error(), Errno::kEINVAL);
  stack = world.stack();
  stack.work = stack.upper;
  EXPECT_EQ(Engine::mount(stack, {}).error(), Errno::kELOOP);
  stack = world.stack();
  stack.lowers.front().root = stack.upper->root;
  EXPECT_EQ(Engine::mount(stack, {}).error(), Errno::kELOOP);
  stack = world.stack();
  stack.lowers.front().root = world.lower(0).find("f");
  EXPECT_EQ(Engine::mount(stack, {}).error(), Errno::kENOTDIR);
  EXPECT_EQ(Engine::mount(Stack{}, {}).error(), Errno::kEINVAL);
}

TEST(Mount, RefusesAWorkDirectoryOnAnotherFileSystem) {
  World one;
  World other(FileSystems::kSeveral);
  other.lower(0);
  Stack stack = one.stack();
  stack.work = other.stack().lowers.front();
  EXPECT_EQ(Engine::mount(stack, {}).error(), Errno::kEXDEV);
}

TEST(Mount, RemovesWhatACrashLeftInTheWorkDirectory) {
  World world;
  world.work().file("work/#3/deep/file", "").whiteout("work/#4");
  Mounted mounted(world);
  EXPECT_EQ(world.work().dump(), "index directory\nwork directory\n");
}

// A file system whose inode numbers are not those of one object each, as a FUSE server may be.
TEST(Lookup, ObjectsWithTheNumberOfAnotherAnswerWithAnErrno) {
  World world;
  world.lower().directory("d/e/f").file("d/e/file", "").file("g", "g");
  const auto inode = [&](const char* path) { return MemoryStore::inode_of(world.lower().find(path)); };
  inode("d/e/f")->attributes.number = inode("d")->attributes.number;
  inode("d/e/file")->attributes.number = inode("d")->attributes.number;
  Mounted mounted(world);
  EXPECT_TRUE(mounted.exists("d/e"));
  EXPECT_EQ(mounted.stat("d/e/f").error(), Errno::kELOOP);
  EXPECT_EQ(mounted.stat("d/e/file").error(), Errno::kEIO);
  EXPECT_TRUE(mounted.rename("d/e", "moved"));
  EXPECT_TRUE(mounted.rename("d", "moved/d"));
  EXPECT_EQ(mounted.read("g"), "g");
}

}  // namespace
}  // namespace ovlspec::impl
