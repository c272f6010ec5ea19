#include "oracle/world.h"

#include <gtest/gtest.h>

#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

TEST(World, SaysWhatTheTextEncodingSays) {
  const Trace built = world()
                          .option("volatile")
                          .caller("alice", Caller{1000, 1000, {}, 022, Capabilities::none()})
                          .lower(1)
                          .file("a/b", "x")
                          .mode(0600)
                          .owner(3, 4)
                          .mtime(5)
                          .xattr("user.a", "v")
                          .size(9)
                          .link("a/c", "a/b")
                          .dir("d")
                          .opaque()
                          .dir("r")
                          .redirect("/d")
                          .lower("f", "below")
                          .symlink("s", "a/b")
                          .device("null", Device{1, 3})
                          .fifo("p")
                          .socket("q")
                          .upper()
                          .whiteout("gone")
                          .mount()
                          .run("alice open a/b read %0\nclose %0")
                          .step(Unlink{"a/b"})
                          .drop_caches()
                          .unmount()
                          .mutate(model::Remove{model::LayerName{.upper = true}, "gone"})
                          .trace();
  const auto read = parse_text(R"(ovlspec trace 1
option volatile
caller alice uid=1000 gid=1000 umask=022 caps=none
lower 0 place=1
  dir a 755
  file a/b 600 uid=3 gid=4 mtime=5 size=9 user.a="v" "x"
  link a/c a/b
  dir d 755 opaque
  dir r 755 redirect="/d"
lower 1
  file f 644 "below"
  symlink s "a/b"
  char null 644 1:3
  fifo p
  socket q
upper
  whiteout gone
mount
  alice open a/b read %0
  close %0
  unlink a/b
  drop-caches
unmount
mutate upper remove gone
)");
  ASSERT_TRUE(read.ok()) << read.error.describe();
  EXPECT_TRUE(same_trace(built, *read.trace)) << print_text(built);
}

TEST(World, CanBeCopiedAndGoneOnWith) {
  World base = world().lower().file("a", "x");
  World more = base;
  more.file("b").upper().mount();
  EXPECT_TRUE(more.trace().lowers[0].layer.tree.at("b"));
  EXPECT_FALSE(base.trace().lowers[0].layer.tree.at("b"));
  EXPECT_FALSE(base.layers().upper);
  EXPECT_EQ(more.layers().lowers.size(), 1U);
}

TEST(WorldDeathTest, MisuseStopsWithTheReason) {
  EXPECT_DEATH(world().file("a"), "an entry stands before any layer");
  EXPECT_DEATH(world().lower().file("a").file("a"), "the layer has \"a\" already");
  EXPECT_DEATH(world().lower().file("a").opaque(), "only directories are opaque");
  EXPECT_DEATH(world().lower().run("renam a b"), "line 1, column 1: expected an operation, found `renam`");
  EXPECT_DEATH(static_cast<void>(world().trace()), "there is no lower");
}

}  // namespace
}  // namespace ovlspec::oracle
