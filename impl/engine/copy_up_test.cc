#include <algorithm>

#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr Time kAccess{100, 1};
constexpr Time kModify{200, 2};

void add_rich_file(World& world) {
  world.lower().file("d/f", "content", 0640).owner("d/f", 3, 4).xattr("d/f", "user.x", "value");
  world.lower().times("d/f", kAccess, kModify).times("d", {7, 0}, {8, 0});
}

TEST(CopyUp, KeepsWhatTheObjectShows) {
  World world;
  add_rich_file(world);
  Mounted mounted(world);
  const Attributes before = *mounted.stat("d/f");
  ASSERT_TRUE(mounted.set_xattr("d/f", "user.y", "new"));
  const Attributes after = *mounted.stat("d/f");
  EXPECT_EQ(after.mode, 0640U);
  EXPECT_EQ(after.uid, 3U);
  EXPECT_EQ(after.gid, 4U);
  EXPECT_EQ(after.access_time, kAccess);
  EXPECT_EQ(after.modify_time, kModify);
  EXPECT_EQ(after.number, before.number);
  EXPECT_EQ(mounted.read("d/f"), "content");
  EXPECT_EQ(*mounted.engine().xattr(*mounted.node("d/f"), "user.x"), "value");
  EXPECT_EQ(mounted.stat("d")->modify_time, (Time{8, 0}));
  EXPECT_EQ(world.upper().attributes("d").modify_time, (Time{8, 0}));
}

TEST(CopyUp, LeavesTheLowerAsItWas) {
  World world;
  add_rich_file(world);
  const Attributes before = world.lower().attributes("d/f");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.write("d/f", "other"));
  ASSERT_TRUE(mounted.chmod("d/f", 0600));
  ASSERT_TRUE(mounted.rename("d", "e"));
  EXPECT_EQ(world.lower().attributes("d/f"), before);
  EXPECT_EQ(world.lower().content("d/f"), "content");
}

TEST(CopyUp, IsNotMadeByReading) {
  World world;
  add_rich_file(world);
  world.lower().symlink("s", "d/f");
  Mounted mounted(world);
  mounted.read("d/f");
  mounted.tree();
  EXPECT_EQ(*mounted.engine().symlink_target(*mounted.node("s")), "d/f");
  EXPECT_EQ(world.upper().dump(), "");
  EXPECT_EQ(world.work().dump(), "index directory\nwork directory\n");
}

TEST(CopyUp, CopiesNoPrivateAttribute) {
  World world;
  const std::string opaque = world.private_name(names::kOpaque);
  world.lower(0).directory("d").xattr("d", opaque, "y").file("d/f", "");
  world.lower(1).file("d/hidden", "");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.chmod("d", 0700));
  }
  EXPECT_FALSE(world.upper().xattr_of("d", opaque).has_value());
  Mounted again(world);
  EXPECT_EQ(again.names("d"), std::vector<std::string>{"f"});
}

TEST(CopyUp, KeepsHoles) {
  World world;
  world.lower().file("sparse", "head");
  auto file = world.lower().store().open(world.lower().find("sparse"), Access::kWrite);
  ASSERT_TRUE(world.lower().store().write(*file, "tail", 1 << 20).ok());
  StoreChange grow;
  grow.size = 2 << 20;
  ASSERT_TRUE(world.lower().store().change(world.lower().find("sparse"), grow));
  const std::uint64_t blocks = world.lower().attributes("sparse").blocks;
  Mounted mounted(world);
  ASSERT_TRUE(mounted.chmod("sparse", 0600));
  EXPECT_EQ(world.upper().content("sparse"), world.lower().content("sparse"));
  EXPECT_EQ(world.upper().attributes("sparse").blocks, blocks);
}

TEST(CopyUp, CopiesFilesLargerThanItsBuffer) {
  World world;
  std::string content;
  for (int i = 0; i < 200000; ++i) content += std::to_string(i);
  world.lower().file("f", content);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.chmod("f", 0600));
  EXPECT_EQ(world.upper().content("f"), content);
}

TEST(CopyUp, ForTruncationCopiesOnlyWhatStays) {
  World world;
  world.lower().file("f", "0123456789").file("g", "0123456789");
  world.lower().times("f", kAccess, kModify);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.truncate("f", 4));
  EXPECT_EQ(mounted.read("f"), "0123");
  EXPECT_GT(mounted.stat("f")->modify_time, kModify);
  ASSERT_TRUE(mounted.truncate("f", 6));
  EXPECT_EQ(mounted.read("f"), std::string("0123\0\0", 6));
  ASSERT_TRUE(mounted.truncate("g", 12));
  EXPECT_EQ(mounted.read("g"), std::string("0123456789\0\0", 12));
}

TEST(CopyUp, OfFilesThatTheirOwnerCannotWrite) {
  World world;
  world.lower().file("f", "x", 0400);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.append("f", "y"));
  EXPECT_EQ(mounted.stat("f")->mode, 0400U);
  EXPECT_EQ(mounted.read("f"), "xy");
}

TEST(CopyUp, OfEveryTypeKeepsTypeTargetAndDevice) {
  World world;
  world.lower().symlink("s", "target").special("fifo", FileType::kFifo).special("c", FileType::kCharDevice, {5, 6});
  world.lower().special("b", FileType::kBlockDevice, {7, 8}).special("sock", FileType::kSocket);
  Mounted mounted(world);
  for (const char* name : {"s", "fifo", "c", "b", "sock"}) {
    const Attributes before = *mounted.stat(name);
    ASSERT_TRUE(mounted.link(name, std::string(name) + "2")) << name;
    const Attributes after = *mounted.stat(std::string(name) + "2");
    EXPECT_EQ(after.type, before.type);
    EXPECT_EQ(after.device, before.device);
    EXPECT_EQ(after.number, before.number);
  }
  EXPECT_EQ(*mounted.engine().symlink_target(*mounted.node("s2")), "target");
}

TEST(CopyUp, ThatFailsLeavesNothing) {
  World world;
  add_rich_file(world);
  Mounted mounted(world);
  for (std::uint64_t at = 1; at < 30; ++at) {
    world.upper_store().set_fault({.kind = FaultKind::kFailOnce, .at = at, .error = Errno::kENOSPC});
    const Status changed = mounted.chmod("d/f", 0600);
    const bool reached = world.upper_store().counted_calls() >= at;
    world.upper_store().set_fault({});
    EXPECT_EQ(world.work().dump(), "index directory\nwork directory\n") << at;
    if (changed.ok()) {
      EXPECT_EQ(mounted.stat("d/f")->mode, 0600U);
      if (!reached) return;
      continue;
    }
    EXPECT_EQ(changed.error(), Errno::kENOSPC);
    EXPECT_FALSE(world.upper().has("d/f")) << at;
    EXPECT_EQ(mounted.stat("d/f")->mode, 0640U);
    EXPECT_EQ(mounted.read("d/f"), "content");
  }
}

TEST(CopyUp, OnAFullDiskIsRefusedAndTheFileStays) {
  World world;
  add_rich_file(world);
  Mounted mounted(world);
  world.upper_store().set_fault({.kind = FaultKind::kFailFrom, .at = 3, .error = Errno::kENOSPC});
  EXPECT_EQ(mounted.open("d/f", Access::kWrite).error(), Errno::kENOSPC);
  world.upper_store().set_fault({});
  EXPECT_EQ(mounted.read("d/f"), "content");
  EXPECT_TRUE(mounted.append("d/f", "+"));
}

TEST(CopyUp, SyncsDataUnlessVolatile) {
  class Counting {
   public:
    static std::uint64_t calls(Durability durability) {
      World world;
      world.lower().file("f", "x");
      EngineOptions options = world.options();
      options.durability = durability;
      auto engine = Engine::mount(world.stack(), options);
      const NodeId node = (*engine)->lookup(kRootNode, "f")->node;
      AttributeChange change;
      change.mode = 0600;
      world.upper_store().set_fault({});
      EXPECT_TRUE((*engine)->change(node, change).ok());
      return world.upper_store().counted_calls();
    }
  };
  EXPECT_EQ(Counting::calls(Durability::kSynced), Counting::calls(Durability::kVolatile) + 1);
}

TEST(OpenFile, ReadsTheNewDataAfterACopyUp) {
  World world;
  world.lower().file("f", "old");
  Mounted mounted(world);
  auto reader = mounted.open("f", Access::kRead);
  EXPECT_EQ(mounted.read(*reader), "old");
  auto writer = mounted.open("f", Access::kReadWrite);
  ASSERT_TRUE(mounted.write(*writer, "new"));
  EXPECT_EQ(mounted.read(*reader), "new");
  EXPECT_EQ(mounted.read(*writer), "new");
  EXPECT_EQ(mounted.engine().write(*reader, "x", 0).error(), Errno::kEBADF);
}

TEST(OpenFile, TruncatedAtOpenIsEmptyAndNeverHalfCopied) {
  World world;
  world.lower().file("f", "old").times("f", kAccess, kModify);
  Mounted mounted(world);
  auto reader = mounted.open("f", Access::kRead);
  ASSERT_TRUE(mounted.write("f", ""));
  EXPECT_EQ(mounted.read("f"), "");
  EXPECT_EQ(mounted.read(*reader), "");
  EXPECT_GT(mounted.stat("f")->modify_time, kModify);
}

TEST(OpenFile, OfAnUnlinkedLowerFileCanBeChanged) {
  World world;
  world.lower().file("f", "content");
  Mounted mounted(world);
  auto held = mounted.open("f", Access::kRead);
  const NodeId node = *mounted.node("f");
  ASSERT_TRUE(mounted.unlink("f"));
  EXPECT_EQ(mounted.engine().attributes(node)->links, 0U);
  AttributeChange change;
  change.mode = 0600;
  ASSERT_TRUE(mounted.engine().change(node, change).ok());
  auto writer = mounted.engine().open(node, {.access = Access::kWrite, .truncate = false});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(mounted.write(*writer, "C"));
  EXPECT_EQ(mounted.read(*held), "Content");
  EXPECT_EQ(mounted.engine().attributes(node)->mode, 0600U);
  EXPECT_EQ(mounted.engine().attributes(node)->links, 0U);
  EXPECT_EQ(world.upper().dump(), "f whiteout\n");
  EXPECT_EQ(world.work().dump(), "index directory\nwork directory\n");
}

TEST(OpenFile, OfAnUnlinkedUpperFileWorksOn) {
  World world(FileSystems::kOne, MemoryNumbers::Reuse::kAtOnce);
  Mounted mounted(world);
  ASSERT_TRUE(mounted.make_file("f", "one"));
  auto held = mounted.open("f", Access::kReadWrite);
  const NodeId node = *mounted.node("f");
  ASSERT_TRUE(mounted.unlink("f"));
  ASSERT_TRUE(mounted.make_file("f", "two"));
  EXPECT_NE(mounted.number("f"), node) << "the held object's number went to another";
  ASSERT_TRUE(mounted.write(*held, "ONE"));
  EXPECT_EQ(mounted.read(*held), "ONE");
  EXPECT_EQ(mounted.read("f"), "two");
}

TEST(OpenFile, OnlyRegularFilesAreOpened) {
  World world;
  world.lower().directory("d").symlink("s", "d").special("fifo", FileType::kFifo);
  Mounted mounted(world);
  EXPECT_EQ(mounted.open("d", Access::kRead).error(), Errno::kEISDIR);
  EXPECT_EQ(mounted.open("s", Access::kRead).error(), Errno::kELOOP);
  EXPECT_EQ(mounted.open("fifo", Access::kRead).error(), Errno::kENXIO);
}

TEST(RemovedDirectory, ThatIsHeldCanBeChanged) {
  World world;
  world.lower().directory("d");
  Mounted mounted(world);
  const NodeId d = *mounted.node("d");
  ASSERT_TRUE(mounted.rmdir("d"));
  AttributeChange change;
  change.mode = 0700;
  ASSERT_TRUE(mounted.engine().change(d, change).ok());
  EXPECT_EQ(mounted.engine().attributes(d)->mode, 0700U);
  EXPECT_EQ(world.upper().dump(), "d whiteout\n");
}

TEST(Xattrs, ThatArePrivateDoNotShow) {
  World world;
  world.lower().file("f", "x").xattr("f", world.private_name("anything"), "v").xattr("f", "user.x", "v");
  world.lower().xattr("f", "trusted.overlayother", "v");
  Mounted mounted(world);
  const NodeId f = *mounted.node("f");
  ASSERT_TRUE(mounted.set_xattr("f", "user.y", "w"));
  auto listed = mounted.engine().xattr_names(f);
  std::sort(listed->begin(), listed->end());
  EXPECT_EQ(*listed, (std::vector<std::string>{"trusted.overlayother", "user.x", "user.y"}));
  EXPECT_EQ(mounted.engine().xattr(f, world.private_name("anything")).error(), Errno::kENODATA);
  EXPECT_EQ(mounted.engine().remove_xattr(f, world.private_name("origin")).error(), Errno::kENODATA);
}

// The kernel's layout, so that an overlay over overlays reads it.
TEST(Xattrs, OfCallersWithNamesLikeOursStandApart) {
  World world;
  world.lower().file("f", "x").xattr("f", "trusted.overlay.overlay.below", "v");
  world.lower().directory("d").file("d/x", "");
  const std::string name = world.private_name("opaque");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.set_xattr("f", name, "mine"));
    ASSERT_TRUE(mounted.set_xattr("d", name, "y"));
    EXPECT_EQ(mounted.set_xattr("f", name, "mine", XattrMode::kCreate).error(), Errno::kEEXIST);
    EXPECT_EQ(mounted.set_xattr("f", world.private_name(std::string(235, 'x')), "").error(), Errno::kEOPNOTSUPP);
  }
  EXPECT_EQ(world.upper().xattr_of("f", "trusted.overlay.overlay.opaque"), "mine");
  Mounted again(world);
  const NodeId f = *again.node("f");
  EXPECT_EQ(*again.engine().xattr(f, name), "mine");
  EXPECT_EQ(*again.engine().xattr(f, world.private_name("below")), "v") << "it came up with the file";
  auto listed = again.engine().xattr_names(f);
  std::sort(listed->begin(), listed->end());
  EXPECT_EQ(*listed, (std::vector<std::string>{"trusted.overlay.below", "trusted.overlay.opaque"}));
  EXPECT_EQ(again.names("d"), (std::vector<std::string>{"x"})) << "a caller's attribute makes nothing opaque";
  ASSERT_TRUE(again.engine().remove_xattr(f, name));
  EXPECT_EQ(again.engine().xattr(f, name).error(), Errno::kENODATA);
}

TEST(Xattrs, ThatAreRefusedCopyNothingUp) {
  World world;
  world.lower().file("f", "x").xattr("f", "user.x", "v");
  Mounted mounted(world);
  EXPECT_EQ(mounted.set_xattr("f", "user.x", "w", XattrMode::kCreate).error(), Errno::kEEXIST);
  EXPECT_EQ(mounted.set_xattr("f", "user.y", "w", XattrMode::kReplace).error(), Errno::kENODATA);
  EXPECT_EQ(mounted.engine().remove_xattr(*mounted.node("f"), "user.y").error(), Errno::kENODATA);
  EXPECT_EQ(world.upper().dump(), "");
  ASSERT_TRUE(mounted.engine().remove_xattr(*mounted.node("f"), "user.x"));
  EXPECT_EQ(mounted.engine().xattr(*mounted.node("f"), "user.x").error(), Errno::kENODATA);
}

TEST(CopyUp, InATreeOfAnyDepthTakesNoMoreOfTheStack) {
  constexpr int kDepth = 10'000;
  World world;
  LayerStore& store = world.lower().store();
  InodeRef at = world.lower().root();
  NewInode directory;
  directory.type = FileType::kDirectory;
  for (int i = 0; i < kDepth; ++i) at = store.create(at, "d", directory)->inode;
  auto engine = Engine::mount(world.stack(), world.options());
  ASSERT_TRUE(engine.ok());
  NodeId lowest = kRootNode;
  for (int i = 0; i < kDepth; ++i) lowest = (*engine)->lookup(lowest, "d")->node;
  ASSERT_TRUE((*engine)->create(lowest, "new", NewInode{}).ok());
  EXPECT_EQ((*engine)->nodes(), kDepth + 2U);
  // The mount ends while all of them are held.
  engine->reset();
  at = world.upper().root();
  for (int i = 0; i < kDepth; ++i) at = store.lookup(at, "d")->inode;
  EXPECT_TRUE(store.lookup(at, "new").ok());
}

}  // namespace
}  // namespace ovlspec::impl
