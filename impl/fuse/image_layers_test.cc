// Lowers that are images of read-only file systems.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

struct Kind {
  std::string name;
  std::string command;  // makes the image {1} of the directory {0}
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class ImageLayers : public MountTest, public testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    write_file(root() + "/file", "content");
    if (!mount_image()) GTEST_SKIP() << "no image of " << GetParam().name << " can be made and mounted here";
  }
  void TearDown() override {
    unmount();
    unmount_image();
    MountTest::TearDown();
  }

  // An image of one directory with one file; the loop device goes with the mount.
  bool mount_image() {
    const std::string source = root() + "/source";
    const std::string image = fmt::format("{}/image{}", root(), images_++);
    const std::string make = fmt::format(fmt::runtime(GetParam().command), source, image);
    const std::string all = fmt::format(
        "mkdir -p {0}/d && cp {1}/file {0}/d/f && {2} >/dev/null 2>&1 && mount -o ro,loop {3} {4} 2>/dev/null", source,
        root(), make, image, lower(""));
    is_mounted_ = std::system(all.c_str()) == 0;
    return is_mounted_;
  }
  void unmount_image() {
    if (!is_mounted_) return;
    EXPECT_EQ(umount2(lower("").c_str(), 0), 0);
    is_mounted_ = false;
  }
  std::string sealed() const { return ",identity=upfront,seal=digest,statedir=" + root() + "/work"; }
  std::string read_only_over_image(const std::string& more = "") const { return "lowerdir=" + lower("") + more; }

 private:
  int images_ = 0;
  bool is_mounted_ = false;
};

struct Handle {
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> bytes{};
  file_handle* get() { return reinterpret_cast<file_handle*>(bytes.data()); }
};

TEST_P(ImageLayers, HandlesOpenTheirObjectsInLaterMounts) {
  std::array<Handle, 2> handles;
  const std::array<std::string, 2> names = {"d", "d/f"};
  mount(read_only_over_image());
  for (std::size_t i = 0; i < names.size(); ++i) {
    int mount_id = 0;
    handles[i].get()->handle_bytes = MAX_HANDLE_SZ;
    ASSERT_EQ(name_to_handle_at(AT_FDCWD, at(names[i]).c_str(), handles[i].get(), &mount_id, 0), 0);
  }
  unmount();
  mount(read_only_over_image());
  const int point = open(at("").c_str(), O_RDONLY | O_DIRECTORY);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int opened = open_by_handle_at(point, handles[i].get(), O_RDONLY);
    ASSERT_GE(opened, 0) << names[i];
    struct stat found {};
    EXPECT_EQ(fstat(opened, &found), 0);
    EXPECT_EQ(found.st_ino, status_of_path(at(names[i])).st_ino);
    close(opened);
  }
  close(point);
}

TEST_P(ImageLayers, ASealedMapHoldsUntilTheImageIsAnother) {
  ino_t number = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    mount(read_only_over_image(sealed()));
    const ino_t shown = status_of_path(at("d/f")).st_ino;
    EXPECT_TRUE(attempt == 0 || shown == number);
    number = shown;
    unmount();
  }
  unmount_image();
  write_file(root() + "/file", "other content, and more of it");
  ASSERT_TRUE(mount_image());
  mount(read_only_over_image(sealed()));
  EXPECT_NE(status_of_path(at("d/f")).st_ino, number) << "a rebuilt image is a new file system";
  EXPECT_EQ(read_file(at("d/f")), "other content, and more of it");
}

INSTANTIATE_TEST_SUITE_P(Kinds, ImageLayers,
                         testing::Values(Kind{"Squashfs", "mksquashfs {0} {1} -quiet -no-progress"},
                                         Kind{"Erofs", "mkfs.erofs {1} {0}"}),
                         [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace ovlspec::fuse
