// Layers that are images of read-only file systems.
#include "oracle/file_system_image.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "oracle/disk_stack.h"
#include "oracle/disk_test_support.h"
#include "oracle/given_places.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

namespace fs = std::filesystem;

TEST(GivenPlaces, AreDirectoriesAndImagesInThem) {
  const std::vector<GivenPlace> expected = {
      {"/a", std::nullopt}, {"/b", ImageKind::kSquashfs}, {"/c", std::nullopt}, {"/b", ImageKind::kErofs}};
  EXPECT_EQ(parse_places("/a:squashfs:/b::/c:erofs:/b"), expected);
  EXPECT_TRUE(parse_places("").empty());
  EXPECT_TRUE(parse_places("squashfs").empty());
}

// Every kind of inode, with times that both kinds of image keep.
model::Layer every_kind() {
  const Time then{1'500'000'000, 0};
  const auto object = [&](FileType type, Mode mode) {
    model::Inode inode{.type = type, .mode = mode, .uid = 1000, .gid = 100'000};
    inode.access_time = inode.modify_time = model::FreeTime::at(then);
    return inode;
  };
  model::Inode file = object(FileType::kRegular, 04755);
  file.content = model::Content("content");
  file.xattrs = {{"security.x", "s"}, {"trusted.x", std::string("\0t", 2)}, {"user.x", ""}};
  model::Inode hole = object(FileType::kRegular, 0);
  hole.content.resize(70'000);
  model::Inode symlink = object(FileType::kSymlink, 0777);
  symlink.content = model::Content("nowhere");
  symlink.xattrs = {{"trusted.x", "t"}};
  model::Inode device = object(FileType::kCharDevice, 0600);
  device.device = {60, 300};
  const model::Inode directory = object(FileType::kDirectory, 01777);
  return WorldLayer()
      .put("", directory)
      .put("d", directory, {.opaque = true})
      .put("d/empty", directory)
      .put("d/r", directory, {.redirect = "/elsewhere"})
      .put("d/f", file)
      .link("g", "d/f")
      .put("hole", hole)
      .put("empty", object(FileType::kRegular, 0644))
      .put("s", symlink)
      .put("c", device)
      .put("p", object(FileType::kFifo, 0640))
      .put("k", object(FileType::kSocket, 0755))
      .whiteout("w")
      .put("two words\xff", object(FileType::kRegular, 0644))
      .done();
}

std::set<std::uint64_t> file_systems(const model::Layer& layer) {
  std::set<std::uint64_t> all;
  for (const model::Marks& marks : layer.marks) all.insert(marks.backing.file_system);
  return all;
}

class FileSystemImage : public MountTest, public testing::WithParamInterface<ImageKind> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    if (const auto why = cannot_make_image(GetParam())) GTEST_SKIP() << *why;
    OVLSPEC_ASSERT_DONE(enter_private_namespace());
    std::string path = (fs::temp_directory_path() / "ovlspec-images-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
    OVLSPEC_ASSERT_DONE(mount_tmpfs(directory_));
    for (const char* name : {"/layers", "/images", "/tried"}) fs::create_directory(directory_ + name);
    const std::string image = directory_ + "/tried.image";
    OVLSPEC_ASSERT_DONE(make_image(GetParam(), {.directory = directory_ + "/layers", .number = 1}, image));
    const auto mounted = mount_image(GetParam(), image, directory_ + "/tried");
    if (!mounted.ok()) GTEST_SKIP() << mounted.failure.what;
    OVLSPEC_ASSERT_DONE(unmount_at(directory_ + "/tried"));
  }
  void TearDown() override {
    if (directory_.empty()) return;
    OVLSPEC_ASSERT_DONE(unmount_at(directory_));
    fs::remove(directory_);
  }

  // Place 0 is of images, 1 is not.
  std::vector<GivenPlace> places() const {
    return {{directory_ + "/images", GetParam()}, {directory_ + "/layers", std::nullopt}};
  }
  static model::Layers scanned(const DiskStack& stack) {
    auto scanned = stack.scan();
    EXPECT_TRUE(scanned.ok()) << scanned.failure.what;
    return scanned.ok() ? std::move(scanned.value->layers) : model::Layers{};
  }

  std::string directory_;
};

TEST_P(FileSystemImage, LayerOnItScansAsItWasWritten) {
  DiskStack stack(places());
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({every_kind(), every_kind()}, every_kind())));
  const model::Layers layers = scanned(stack);
  ASSERT_EQ(layers.lowers.size(), 2U);
  std::set<std::uint64_t> seen;
  for (const model::Layer& layer : {layers.lowers[0], layers.lowers[1], layers.upper.value()}) {
    EXPECT_EQ(layer_difference(layer, every_kind()), std::nullopt);
    EXPECT_EQ(file_systems(layer).size(), 1U);
    seen.merge(file_systems(layer));
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_TRUE(std::ofstream(stack.paths().upper + "/new").good());
  EXPECT_FALSE(std::ofstream(stack.paths().lowers[0] + "/new").good());
}

TEST_P(FileSystemImage, ChangedLayerIsAnotherFileSystemAndNoOtherLayerIs) {
  DiskStack stack(places());
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({every_kind(), every_kind()})));
  for (const model::Mutation& mutation :
       {model::Mutation(model::ChangeMode{{.lower = 1}, "d/f", 0600}),
        model::Mutation(model::Remove{{.lower = 1}, "w"}), model::Mutation(model::HardLink{{.lower = 1}, "s", "t"}),
        model::Mutation(model::Move{{.lower = 1}, "d", "e"}), model::Mutation(model::Copy{{.lower = 1}, "e/f", "copy"}),
        model::Mutation(model::CopyLayer{{.lower = 1}}),
        model::Mutation(model::Put{{.lower = 1}, "new/none", {}, {}})}) {
    const model::Layers before = scanned(stack);
    OVLSPEC_ASSERT_DONE(stack.mutate(mutation));
    const model::Layers after = scanned(stack);
    model::Layers expected = mutate(before, mutation);
    // A directory that was changed, and a copy, have times of their own.
    for (model::Inode& inode : expected.lowers[1].tree.inodes)
      inode.access_time = inode.modify_time = model::FreeTime::unknown();
    EXPECT_EQ(layer_difference(after.lowers[1], expected.lowers[1]), std::nullopt) << mutation.index();
    EXPECT_NE(file_systems(after.lowers[1]), file_systems(before.lowers[1])) << mutation.index();
    EXPECT_EQ(file_systems(after.lowers[1]).size(), 1U);
    EXPECT_EQ(after.lowers[0].marks, before.lowers[0].marks) << mutation.index();
    EXPECT_EQ(after.upper->marks, before.upper->marks) << mutation.index();
  }
}

TEST_P(FileSystemImage, ChangesOfTheStackLeaveTheLayersAsTheyAre) {
  DiskStack stack(places());
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({every_kind()}, WorldLayer().file("u").done())));
  const model::Layers first = scanned(stack);
  OVLSPEC_ASSERT_DONE(stack.mutate(model::AddLower{.position = 1, .place = 0, .layer = every_kind()}));
  OVLSPEC_ASSERT_DONE(stack.mutate(model::SwapLowers{0, 1}));
  OVLSPEC_ASSERT_DONE(stack.mutate(model::UpperBecomesLower{}));
  model::Layers layers = scanned(stack);
  ASSERT_EQ(layers.lowers.size(), 3U);
  EXPECT_EQ(layers.lowers[0].marks, first.upper->marks);
  EXPECT_NE(file_systems(layers.lowers[1]), file_systems(first.lowers[0]));
  EXPECT_EQ(layers.lowers[2].marks, first.lowers[0].marks);
  EXPECT_EQ(file_systems(*layers.upper), file_systems(layers.lowers[0]));
  // What was an upper can be changed where it lies.
  OVLSPEC_ASSERT_DONE(stack.mutate(model::ChangeMode{{.lower = 0}, "u", 0600}));
  EXPECT_EQ(scanned(stack).lowers[0].marks, first.upper->marks);
  const std::string removed = stack.paths().lowers[1];
  OVLSPEC_ASSERT_DONE(stack.mutate(model::RemoveLower{1}));
  EXPECT_FALSE(fs::exists(removed));
  EXPECT_EQ(scanned(stack).lowers[1].marks, first.lowers[0].marks);
}

TEST_P(FileSystemImage, LongestNameFits) {
  DiskStack stack(places());
  const model::Layer layer = WorldLayer().file(std::string(255, 'n'), "content").done();
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({layer})));
  const model::Layers layers = scanned(stack);
  EXPECT_TRUE(layers.lowers[0].tree.at(std::string(255, 'n')));
  OVLSPEC_ASSERT_DONE(stack.mutate(model::Move{{.lower = 0}, std::string(255, 'n'), "short"}));
  EXPECT_TRUE(scanned(stack).lowers[0].tree.at("short"));
  EXPECT_NE(file_systems(scanned(stack).lowers[0]), file_systems(layers.lowers[0]));
}

TEST_P(FileSystemImage, UpperHasNoPlaceWhereEveryPlaceIsOfImages) {
  DiskStack stack(std::vector<GivenPlace>{places()[0]});
  const auto prepared = stack.prepare(stack_of({every_kind()}));
  EXPECT_EQ(prepared.failure.error, Errno::kEROFS) << prepared.failure.what;
}

INSTANTIATE_TEST_SUITE_P(Kinds, FileSystemImage, testing::Values(ImageKind::kSquashfs, ImageKind::kErofs),
                         [](const auto& kind) { return kind.param == ImageKind::kSquashfs ? "squashfs" : "erofs"; });

}  // namespace
}  // namespace ovlspec::oracle
