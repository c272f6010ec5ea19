// Immutable and append-only objects, of lower layers and set on the mount.
#include <gtest/gtest.h>

#include "impl/engine/test_helpers.h"
#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

void protect(LayerTree& layer, std::string_view path, InodeFlags flags) {
  ASSERT_TRUE(layer.store().set_flags(layer.find(path), flags));
}

Errno open_error(Mounted& mounted, std::string_view path, Engine::OpenMode mode) {
  return mounted.engine().open(*mounted.node(path), mode).error();
}

Status set_flags(Mounted& mounted, std::string_view path, InodeFlags flags) {
  return mounted.engine().set_flags(*mounted.node(path), flags);
}

void expect_immutable(Mounted& mounted, std::string_view path) {
  EXPECT_EQ(open_error(mounted, path, {.access = Access::kWrite, .truncate = false, .append = true}), Errno::kEPERM);
  EXPECT_EQ(open_error(mounted, path, {.access = Access::kRead, .truncate = true, .append = false}), Errno::kEPERM);
  EXPECT_EQ(open_error(mounted, path, {}), Errno::kOk);
  EXPECT_EQ(mounted.chmod(path, 0600).error(), Errno::kEPERM);
  EXPECT_EQ(mounted.truncate(path, 0).error(), Errno::kEPERM);
  EXPECT_EQ(mounted.set_xattr(path, "user.a", "1").error(), Errno::kEPERM);
  EXPECT_EQ(mounted.link(path, "another").error(), Errno::kEPERM);
  EXPECT_EQ(mounted.rename(path, "another").error(), Errno::kEPERM);
  EXPECT_EQ(mounted.unlink(path).error(), Errno::kEPERM);
}

TEST(Protection, AnImmutableLowerFileStaysAsItIs) {
  World world;
  world.lower().file("f", "content").file("g", "");
  protect(world.lower(), "f", kImmutable);
  Mounted mounted(world);
  expect_immutable(mounted, "f");
  EXPECT_EQ(mounted.rename("g", "f").error(), Errno::kEPERM);
  EXPECT_EQ(mounted.rename("g", "f", RenameMode::kExchange).error(), Errno::kEPERM);
  EXPECT_EQ(*mounted.engine().flags(*mounted.node("f")), kImmutable);
  EXPECT_FALSE(world.upper().has("f"));
}

TEST(Protection, AnAppendOnlyLowerFileIsAppendedToAndStaysAppendOnly) {
  World world;
  world.lower().file("f", "content");
  protect(world.lower(), "f", kAppendOnly);
  for (int mounts = 0; mounts < 2; ++mounts) {
    Mounted mounted(world);
    EXPECT_EQ(open_error(mounted, "f", {.access = Access::kWrite, .truncate = false, .append = false}), Errno::kEPERM);
    EXPECT_EQ(open_error(mounted, "f", {.access = Access::kWrite, .truncate = true, .append = true}), Errno::kEPERM);
    const Engine::OpenMode appends{.access = Access::kWrite, .truncate = false, .append = true};
    const auto file = mounted.engine().open(*mounted.node("f"), appends);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(mounted.write(*file, "!", mounted.stat("f")->size));
    EXPECT_EQ(mounted.chmod("f", 0600).error(), Errno::kEPERM);
    EXPECT_EQ(mounted.unlink("f").error(), Errno::kEPERM);
    AttributeChange touch;
    touch.modify_time.kind = TimeChange::Kind::kNow;
    EXPECT_TRUE(mounted.engine().change(*mounted.node("f"), touch).ok());
  }
  EXPECT_EQ(world.upper().content("f"), "content!!");
  EXPECT_EQ(world.upper().xattr_of("f", world.private_name(names::kProtattr)), "a");
}

TEST(Protection, OfAFileThatIsOpenForbidsWhatLinuxForbidsThere) {
  World world;
  world.upper().file("f", "content").file("g", "");
  Mounted mounted(world);
  Engine& engine = mounted.engine();
  const OpenFileRef file = *mounted.open("f", Access::kWrite);
  const OpenFileRef source = *mounted.open("g", Access::kRead);
  const LayerStore::Extent range{.begin = 0, .end = 9};
  ASSERT_TRUE(set_flags(mounted, "f", kAppendOnly));
  EXPECT_EQ(engine.change_range(file, RangeChange::kPunchHole, range).error(), Errno::kEPERM);
  EXPECT_TRUE(engine.change_range(file, RangeChange::kAllocate, range));
  ASSERT_TRUE(set_flags(mounted, "f", kImmutable));
  EXPECT_EQ(engine.change_range(file, RangeChange::kAllocate, range).error(), Errno::kEPERM);
  EXPECT_EQ(engine.copy_range({.file = source}, {.file = file}, 1).error(), Errno::kEPERM);
  EXPECT_TRUE(mounted.write(file, "C")) << "writes go on";
}

TEST(Protection, AnImmutableDirectoryKeepsItsNamesAndItsFilesAreWritten) {
  World world;
  world.lower().file("d/f", "content").directory("d/e");
  protect(world.lower(), "d", kImmutable);
  Mounted mounted(world);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(mounted.make_file("d/new").error(), Errno::kEPERM);
    EXPECT_EQ(mounted.make_file("d/f").error(), Errno::kEEXIST);
    EXPECT_EQ(mounted.unlink("d/f").error(), Errno::kEPERM);
    EXPECT_EQ(mounted.rmdir("d/e").error(), Errno::kEPERM);
    EXPECT_EQ(mounted.rename("d/f", "f").error(), Errno::kEPERM);
    EXPECT_EQ(mounted.rename("d", "moved").error(), Errno::kEPERM);
    EXPECT_EQ(mounted.link("d/f", "d/link").error(), Errno::kEPERM);
    // Copies the directory up.
    EXPECT_TRUE(mounted.write("d/f", "new"));
  }
  EXPECT_EQ(world.upper().xattr_of("d", world.private_name(names::kProtattr)), "i");
}

TEST(Protection, AnAppendOnlyDirectoryTakesNewNamesAndLosesNone) {
  World world;
  world.lower().file("d/f", "content").file("g", "");
  protect(world.lower(), "d", kAppendOnly);
  Mounted mounted(world);
  EXPECT_TRUE(mounted.make_file("d/new"));
  EXPECT_TRUE(mounted.rename("g", "d/g"));
  for (const char* name : {"d/f", "d/new", "d/g"}) EXPECT_EQ(mounted.unlink(name).error(), Errno::kEPERM);
}

TEST(Protection, IsSetAndTakenAwayOnTheMountAndLastsBeyondIt) {
  World world;
  world.lower().file("lower", "content");
  world.upper().file("upper", "content");
  const auto both = {"lower", "upper"};
  {
    Mounted mounted(world);
    for (const char* name : both) {
      EXPECT_TRUE(set_flags(mounted, name, kImmutable));
      expect_immutable(mounted, name);
    }
  }
  Mounted mounted(world);
  for (const char* name : both) {
    EXPECT_EQ(*mounted.engine().flags(*mounted.node(name)), kImmutable);
    EXPECT_EQ(*world.upper().store().flags(world.upper().find(name)), 0U) << "the inode itself stays free";
    expect_immutable(mounted, name);
    EXPECT_TRUE(set_flags(mounted, name, 0));
    EXPECT_TRUE(mounted.write(name, "new"));
    EXPECT_TRUE(mounted.unlink(name));
  }
}

TEST(Protection, OtherFlagsLieOnTheUpperInodeItself) {
  constexpr InodeFlags kNoAccessTimes = 0x80;
  constexpr InodeFlags kNoDump = 0x40;
  World world;
  world.lower().file("f", "content");
  protect(world.lower(), "f", kNoDump | kAppendOnly);
  Mounted mounted(world);
  EXPECT_EQ(*mounted.engine().flags(*mounted.node("f")), kNoDump | kAppendOnly);
  EXPECT_TRUE(set_flags(mounted, "f", kNoDump | kAppendOnly));
  EXPECT_FALSE(world.upper().has("f")) << "nothing was to be changed";
  EXPECT_TRUE(set_flags(mounted, "f", kNoAccessTimes));
  EXPECT_EQ(*mounted.engine().flags(*mounted.node("f")), kNoAccessTimes);
  EXPECT_EQ(*world.upper().store().flags(world.upper().find("f")), kNoAccessTimes);
  EXPECT_EQ(world.upper().xattr_of("f", world.private_name(names::kProtattr)), std::nullopt);
}

TEST(Protection, OfWhatIsNeitherFileNorDirectoryIsNotToBeHad) {
  World world;
  world.lower().symlink("l", "f");
  Mounted mounted(world);
  EXPECT_EQ(mounted.engine().flags(*mounted.node("l")).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(set_flags(mounted, "l", kImmutable).error(), Errno::kEOPNOTSUPP);
}

}  // namespace
}  // namespace ovlspec::impl
