// Hard links over copy up, removal and remount.
#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

World& linked(World& world) {
  world.lower().file("a", "old").hard_link("a", "b").hard_link("a", "d/c");
  return world;
}

TEST(HardLinks, ShareContentNumberAndCountAfterACopyUp) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    const InodeNumber number = mounted.number("a");
    ASSERT_TRUE(mounted.append("b", "+"));
    for (const char* name : {"a", "b", "d/c"}) {
      EXPECT_EQ(mounted.read(name), "old+") << name;
      EXPECT_EQ(mounted.number(name), number);
      EXPECT_EQ(mounted.links(name), 3U);
    }
    mounted.drop_nodes();
    EXPECT_EQ(mounted.read("d/c"), "old+");
    EXPECT_EQ(mounted.links("d/c"), 3U);
    EXPECT_EQ(mounted.number("d/c"), number);
  }
  Mounted again(world);
  EXPECT_EQ(again.read("a"), "old+");
  EXPECT_EQ(again.links("a"), 3U);
  EXPECT_EQ(world.upper().dump(), "a file old+\n") << "the first name known";
}

TEST(HardLinks, AreCopiedUpOnceThroughWhicheverName) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "1"));
    ASSERT_TRUE(mounted.append("b", "2"));
    ASSERT_TRUE(mounted.append("d/c", "3"));
    EXPECT_EQ(mounted.read("a"), "old123");
  }
  EXPECT_EQ(world.upper().dump(), "a file old123\n");
}

TEST(HardLinks, CountDownAsNamesAreRemovedAndAfterRemount) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.unlink("a"));
    EXPECT_EQ(mounted.links("b"), 2U);
    mounted.drop_nodes();
    EXPECT_EQ(mounted.links("b"), 2U);
  }
  {
    Mounted mounted(world);
    EXPECT_EQ(mounted.links("b"), 2U);
    ASSERT_TRUE(mounted.append("b", "+"));
    EXPECT_EQ(mounted.links("d/c"), 2U);
    EXPECT_EQ(mounted.read("d/c"), "old+");
    ASSERT_TRUE(mounted.unlink("b"));
    EXPECT_EQ(mounted.links("d/c"), 1U);
    EXPECT_EQ(mounted.read("d/c"), "old+");
  }
  Mounted mounted(world);
  EXPECT_EQ(mounted.links("d/c"), 1U);
  EXPECT_EQ(mounted.read("d/c"), "old+") << "what was written is lost with the name that it was written through";
}

TEST(HardLinks, WhoseLastNameGoesLeaveNoIndexEntry) {
  World world;
  linked(world);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.append("a", "+"));
  for (const char* name : {"b", "a", "d/c"}) ASSERT_TRUE(mounted.unlink(name)) << name;
  EXPECT_EQ(world.upper().dump(), "a whiteout\nb whiteout\nd directory\nd/c whiteout\n");
  EXPECT_EQ(world.work().dump(), "index directory\nwork directory\n");
  EXPECT_FALSE(mounted.exists("a"));
}

TEST(HardLinks, MadeInTheMountAddToThoseBelow) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.link("a", "e"));
    EXPECT_EQ(mounted.links("b"), 4U);
    EXPECT_EQ(mounted.number("e"), mounted.number("d/c"));
    ASSERT_TRUE(mounted.rename("b", "f"));
    EXPECT_EQ(mounted.links("f"), 4U);
  }
  Mounted again(world);
  EXPECT_EQ(again.links("f"), 4U);
  EXPECT_EQ(again.links("d/c"), 4U);
  EXPECT_EQ(again.number("f"), again.number("d/c"));
}

TEST(HardLinks, ReplacedByARenameCountDown) {
  World world;
  linked(world);
  world.lower().file("other", "other");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.rename("other", "b"));
    EXPECT_EQ(mounted.links("a"), 2U);
    EXPECT_EQ(mounted.read("b"), "other");
  }
  Mounted again(world);
  EXPECT_EQ(again.links("a"), 2U);
  EXPECT_EQ(again.read("d/c"), "old");
}

TEST(HardLinks, UnlinkedWhileOpenAreChangedThroughTheOpenFileAndSeenThroughTheOthers) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    auto held = mounted.open("a", Access::kReadWrite);
    mounted.drop_nodes();
    ASSERT_TRUE(mounted.unlink("a"));
    ASSERT_TRUE(mounted.write(*held, "NEW"));
    EXPECT_EQ(mounted.read("b"), "NEW");
  }
  Mounted again(world);
  EXPECT_EQ(again.read("b"), "NEW");
  EXPECT_EQ(again.read("d/c"), "NEW");
  EXPECT_EQ(again.links("b"), 2U);
}

TEST(HardLinks, UnlinkedWhileOpenForReadingAreChangedByAttribute) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    auto held = mounted.open("a", Access::kRead);
    const NodeId node = *mounted.node("a");
    ASSERT_TRUE(mounted.unlink("a"));
    AttributeChange change;
    change.mode = 0600;
    ASSERT_TRUE(mounted.engine().change(node, change).ok());
    EXPECT_EQ(mounted.stat("b")->mode, 0600U);
  }
  Mounted again(world);
  EXPECT_EQ(again.stat("b")->mode, 0600U);
  EXPECT_EQ(again.stat("d/c")->mode, 0600U);
}

TEST(HardLinks, KeepTheKernelsCountAndOrigin) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  EXPECT_EQ(world.upper().xattr_of("a", world.private_name(names::kNlink)), "U+01");
  const auto origin = world.upper().xattr_of("a", world.private_name(names::kOrigin));
  ASSERT_TRUE(origin.has_value());
  EXPECT_EQ(origin->substr(0, 2), std::string("\0\xfb", 2));
  EXPECT_EQ(world.upper().attributes("a").links, 2U) << "its name and its index entry";
}

TEST(HardLinks, HoldWithoutHandles) {
  World world(FileSystems::kOne, MemoryNumbers::Reuse::kNever, {.handles = Support::kNo});
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
    ASSERT_TRUE(mounted.unlink("b"));
  }
  Mounted again(world);
  EXPECT_EQ(again.read("d/c"), "old+");
  EXPECT_EQ(again.links("d/c"), 2U);
  EXPECT_EQ(again.number("d/c"), again.number("a"));
}

TEST(HardLinks, ThatAreOnlyUnlinkedAreNotCopiedUp) {
  World world;
  linked(world);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.unlink("a"));
  ASSERT_TRUE(mounted.unlink("b"));
  EXPECT_EQ(mounted.links("d/c"), 1U);
  EXPECT_EQ(world.upper().dump(), "a whiteout\nb whiteout\n");
}

TEST(HardLinks, CountTheNamesThatShowAndNoOthers) {
  World world;
  world.lower(0).whiteout("b").file("c", "covers");
  world.lower(1).file("a", "old").hard_link("a", "b").hard_link("a", "c").hard_link("a", "d");
  {
    Mounted mounted(world);
    EXPECT_EQ(mounted.links("a"), 2U);
    ASSERT_TRUE(mounted.append("a", "+"));
    EXPECT_EQ(mounted.links("d"), 2U);
    ASSERT_TRUE(mounted.link("d", "e"));
    EXPECT_EQ(mounted.links("a"), 3U);
  }
  Mounted again(world);
  EXPECT_EQ(again.links("d"), 3U);
  ASSERT_TRUE(again.unlink("d"));
  ASSERT_TRUE(again.rename("e", "a"));
  EXPECT_EQ(again.links("a"), 2U) << "a and e are one object: nothing happens";
}

TEST(HardLinks, WhoseUpperNamesWereRemovedByHandShowTheLowerAgain) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  world.upper().remove("a");
  Mounted again(world);
  EXPECT_EQ(again.read("a"), "old");
  EXPECT_EQ(again.read("b"), "old");
  EXPECT_EQ(again.links("a"), 3U);
}

TEST(HardLinks, WhoseUpperInodeWasCopiedByHandAreTwoObjects) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  const std::string origin = world.private_name(names::kOrigin);
  const std::string record = world.private_name(names::kIdentity);
  const std::string origin_value = *world.upper().xattr_of("a", origin);
  const std::string record_value = *world.upper().xattr_of("a", record);
  world.upper().remove("a").file("a", "old+").xattr("a", origin, origin_value).xattr("a", record, record_value);
  Mounted again(world);
  EXPECT_EQ(again.read("b"), "old");
  EXPECT_EQ(again.links("b"), 2U);
  EXPECT_EQ(again.links("a"), 1U);
  EXPECT_NE(again.number("a"), again.number("b"));
  again.tree();
  again.drop_nodes();
  again.tree();
}

TEST(HardLinks, HoldAfterTheWorkDirectoryWasWiped) {
  World world;
  linked(world);
  InodeNumber number = 0;
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
    number = mounted.number("a");
  }
  world.work().remove("work").remove("index");
  Mounted again(world);
  EXPECT_EQ(again.read("b"), "old+");
  EXPECT_EQ(again.links("b"), 3U);
  EXPECT_EQ(again.number("d/c"), number);
}

TEST(HardLinks, AndNumbersHoldAfterTheUpperLayerWasCopied) {
  World world;
  linked(world);
  world.lower().file("f", "f").directory("e");
  std::map<std::string, Shown> before;
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
    ASSERT_TRUE(mounted.append("f", "+"));
    ASSERT_TRUE(mounted.chmod("e", 0700));
    before = mounted.tree();
  }
  world.copy_upper();
  for (int mount = 0; mount < 2; ++mount) {
    Mounted again(world);
    std::map<std::string, Shown> after = again.tree();
    // The root has no record: as an object made in the upper layer it does not continue.
    after[""] = before[""];
    EXPECT_EQ(describe(after), describe(before));
  }
  EXPECT_EQ(world.work().store().entries(world.work().find("index"))->size(), 1U);
}

TEST(HardLinks, OrphanedByHandLeaveTheIndexAtUnmount) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  world.upper().remove("a");
  { Mounted mounted(world); }
  EXPECT_TRUE(world.work().store().entries(world.work().find("index"))->empty());
}

TEST(HardLinks, AddedToTheLowerByHandCountToo) {
  World world;
  linked(world);
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  world.lower().hard_link("a", "later");
  world.lower().remove("b");
  world.lower().remove("d/c");
  Mounted again(world);
  EXPECT_EQ(again.read("later"), "old+");
  EXPECT_EQ(again.links("later"), 2U);
  EXPECT_EQ(again.links("a"), 2U);
}

TEST(HardLinks, ALinkAddedByHandToASingleLowerFileIsAnotherObject) {
  World world;
  world.lower().file("a", "old");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  world.lower().hard_link("a", "later");
  for (const auto& [first, second] : {std::pair("a", "later"), std::pair("later", "a")}) {
    Mounted again(world);
    EXPECT_NE(again.number(first), again.number(second));
    again.drop_nodes();
    EXPECT_NE(again.number(second), again.number(first));
    EXPECT_EQ(again.read("a"), "old+");
    EXPECT_EQ(again.read("later"), "old");
    EXPECT_EQ(again.entries("").size(), 4U);
    again.tree();
  }
}

}  // namespace
}  // namespace ovlspec::impl
