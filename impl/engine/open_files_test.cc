// Open files beyond reading and writing: holes, ranges, copies, and what fsync answers.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "impl/engine/test_helpers.h"
#include "impl/engine/test_world.h"

namespace ovlspec::impl {
namespace {

using Sought = Engine::Sought;

constexpr FileSize kBlock = MemoryContent::kBlock;

// Data in the second block of three.
void add_sparse_file(World& world) {
  world.lower().file("f", "");
  const InodeRef inode = world.lower().find("f");
  LayerStore& store = world.lower().store();
  StoreChange grow;
  grow.size = 3 * kBlock;
  ASSERT_TRUE(store.change(inode, grow));
  ASSERT_TRUE(store.write(*store.open(inode, Access::kWrite), std::string(kBlock, 'x'), kBlock).ok());
}

void expect_sparse(Mounted& mounted, const OpenFileRef& file) {
  Engine& engine = mounted.engine();
  EXPECT_EQ(*engine.seek(file, Sought::kData, 0), kBlock);
  EXPECT_EQ(*engine.seek(file, Sought::kData, kBlock + 5), kBlock + 5);
  EXPECT_EQ(engine.seek(file, Sought::kData, 2 * kBlock).error(), Errno::kENXIO);
  EXPECT_EQ(*engine.seek(file, Sought::kHole, 0), 0U);
  EXPECT_EQ(*engine.seek(file, Sought::kHole, kBlock), 2 * kBlock);
  EXPECT_EQ(*engine.seek(file, Sought::kHole, 3 * kBlock - 1), 3 * kBlock - 1);
  EXPECT_EQ(engine.seek(file, Sought::kHole, 3 * kBlock).error(), Errno::kENXIO);
}

TEST(OpenFiles, HolesAreFoundInLowerFilesAndInTheirCopies) {
  World world;
  add_sparse_file(world);
  Mounted mounted(world);
  const OpenFileRef before = *mounted.open("f", Access::kRead);
  expect_sparse(mounted, before);
  ASSERT_TRUE(mounted.chmod("f", 0600));
  expect_sparse(mounted, before);
  expect_sparse(mounted, *mounted.open("f", Access::kWrite));
}

TEST(OpenFiles, TheContentOfASmallLowerFileIsGivenOnceAndOfNoOther) {
  World world;
  world.lower().file("small", "content").file("large", std::string(11, 'x')).file("changed", "old").file("empty", "");
  Mounted mounted(world);
  const auto given = [&](const std::string& path) {
    std::string content = "none";
    mounted.engine().give_content(*mounted.open(path, Access::kRead), 10, [&](std::string_view is) { content = is; });
    return content;
  };
  const OpenFileRef held = *mounted.open("small", Access::kRead);
  EXPECT_EQ(given("small"), "content");
  EXPECT_EQ(given("small"), "none");
  EXPECT_EQ(given("large"), "none");
  EXPECT_EQ(given("empty"), "none");
  ASSERT_TRUE(mounted.open("changed", Access::kWrite));
  EXPECT_EQ(given("changed"), "none");
}

TEST(OpenFiles, AFileIsNotCopiedUpWhileItsContentIsGiven) {
  World world;
  world.lower().file("f", "content");
  Mounted mounted(world);
  const OpenFileRef file = *mounted.open("f", Access::kRead);
  std::atomic<bool> is_open{false};
  std::thread writer;
  mounted.engine().give_content(file, 10, [&](std::string_view) {
    writer = std::thread([&] { is_open = mounted.open("f", Access::kWrite).ok(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(is_open);
  });
  ASSERT_TRUE(writer.joinable());
  writer.join();
  EXPECT_TRUE(is_open);
}

// Else the kernel would read, and keep locked, the very page that is being given to it.
TEST(OpenFiles, WhoOpensAFileWhoseContentIsBeingGivenWaits) {
  World world;
  world.lower().file("f", "content");
  Mounted mounted(world);
  const OpenFileRef file = *mounted.open("f", Access::kRead);
  const OpenFileRef another = *mounted.open("f", Access::kRead);
  std::atomic<bool> went_on{false};
  std::thread opener;
  mounted.engine().give_content(file, 10, [&](std::string_view) {
    opener = std::thread([&] {
      mounted.engine().give_content(another, 10, [](std::string_view) { FAIL() << "given twice"; });
      went_on = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(went_on);
  });
  ASSERT_TRUE(opener.joinable());
  opener.join();
  EXPECT_TRUE(went_on);
}

TEST(OpenFiles, TheEndOfAFullFileIsItsHole) {
  World world;
  world.lower().file("f", "content");
  Mounted mounted(world);
  const OpenFileRef file = *mounted.open("f", Access::kRead);
  EXPECT_EQ(*mounted.engine().seek(file, Sought::kHole, 0), 7U);
  EXPECT_EQ(mounted.engine().seek(file, Sought::kHole, 7).error(), Errno::kENXIO);
  EXPECT_EQ(mounted.engine().seek(file, Sought::kData, 7).error(), Errno::kENXIO);
}

TEST(OpenFiles, ChangedRangesLeaveTheLowerAsItWas) {
  World world;
  world.lower().file("f", "content");
  Mounted mounted(world);
  const OpenFileRef reader = *mounted.open("f", Access::kRead);
  const LayerStore::Extent range{.begin = 2, .end = 4};
  EXPECT_EQ(mounted.engine().change_range(reader, RangeChange::kPunchHole, range).error(), Errno::kEBADF);
  const OpenFileRef writer = *mounted.open("f", Access::kWrite);
  ASSERT_TRUE(mounted.engine().change_range(writer, RangeChange::kPunchHole, range));
  ASSERT_TRUE(mounted.engine().change_range(writer, RangeChange::kAllocate, {.begin = 0, .end = 9}));
  EXPECT_EQ(mounted.read(reader), std::string("co\0\0ent\0\0", 9));
  EXPECT_EQ(world.lower().content("f"), "content");
}

TEST(OpenFiles, RangesAreCopiedBetweenLayersOfOneStoreOnly) {
  for (const FileSystems file_systems : {FileSystems::kOne, FileSystems::kSeveral}) {
    World world(file_systems);
    world.lower().file("from", "0123456789");
    Mounted mounted(world);
    ASSERT_TRUE(mounted.make_file("to", "abc"));
    const OpenFileRef from = *mounted.open("from", Access::kRead);
    const OpenFileRef to = *mounted.open("to", Access::kReadWrite);
    const auto copied = mounted.engine().copy_range({.file = from, .offset = 2}, {.file = to, .offset = 3}, 4);
    if (file_systems == FileSystems::kSeveral) {
      EXPECT_EQ(copied.error(), Errno::kEXDEV);
      continue;
    }
    EXPECT_EQ(*copied, 4U);
    EXPECT_EQ(mounted.read("to"), "abc2345");
    EXPECT_EQ(mounted.engine().copy_range({.file = to}, {.file = from}, 1).error(), Errno::kEBADF);
    EXPECT_FALSE(world.upper().has("from"));
  }
}

TEST(OpenFiles, WhatCannotBeMadeDurableIsReported) {
  World world;
  world.lower().file("f", "content").directory("d");
  Mounted mounted(world);
  ASSERT_TRUE(mounted.chmod("d", 0700));
  const OpenFileRef file = *mounted.open("f", Access::kWrite);
  ASSERT_TRUE(mounted.write(file, "C"));
  world.upper_store().set_fault({.kind = FaultKind::kFailFrom, .at = 1, .error = Errno::kEDQUOT});
  EXPECT_EQ(mounted.engine().sync(file).error(), Errno::kEDQUOT);
  EXPECT_EQ(mounted.engine().sync_directory(*mounted.node("d")).error(), Errno::kEDQUOT);
  world.upper_store().set_fault({});
  EXPECT_TRUE(mounted.engine().sync(file));
}

}  // namespace
}  // namespace ovlspec::impl
