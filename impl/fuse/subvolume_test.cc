// Layers on btrfs with subvolumes in them: one mount, several file system numbers.
#include <sys/mount.h>

#include <cstdlib>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class Subvolume : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    const std::string image = root() + "/image";
    const std::string make = "truncate -s 256M " + image + " && mkfs.btrfs -q " + image + " && mount -o loop " + image +
                             " " + layers() + " && mkdir -p " + layers() + "/lower " + layers() + "/upper " + layers() +
                             "/work && btrfs -q subvolume create " + layers() + "/upper/nested && btrfs -q subvolume" +
                             " create " + layers() + "/lower/below";
    if (std::system(("mkdir " + layers()).c_str()) != 0) FAIL() << "no directory for the layers";
    is_mounted_ = std::system(("(" + make + ") >/dev/null 2>&1").c_str()) == 0;
    if (!is_mounted_) GTEST_SKIP() << "no btrfs can be made here";
  }
  void TearDown() override {
    unmount();
    if (is_mounted_) {
      EXPECT_EQ(umount2(layers().c_str(), 0), 0);
    }
    MountTest::TearDown();
  }

  std::string layers() const { return root() + "/btrfs"; }
  void mount_layers() {
    mount("lowerdir=" + layers() + "/lower,upperdir=" + layers() + "/upper,workdir=" + layers() + "/work");
  }

 private:
  bool is_mounted_ = false;
};

TEST_F(Subvolume, InTheUpperIsADirectoryAsAnyOther) {
  write_file(layers() + "/upper/nested/file", "content");
  write_file(layers() + "/upper/plain", "plain");
  mount_layers();
  EXPECT_EQ(read_file(at("nested/file")), "content");
  EXPECT_EQ(read_file(at("plain")), "plain");
  write_file(at("nested/file"), "changed");
  EXPECT_EQ(read_file(at("nested/file")), "changed");
  EXPECT_NE(status_of_path(at("nested/file")).st_ino, status_of_path(at("plain")).st_ino);
  EXPECT_EQ(status_of_path(at("nested/file")).st_dev, status_of_path(at("plain")).st_dev);
  EXPECT_EQ(names_in(at("nested")), std::vector<std::string>{"file"});
}

TEST_F(Subvolume, InALowerIsCopiedUpAsADirectory) {
  write_file(layers() + "/lower/below/file", "content");
  mount_layers();
  const ino_t number = status_of_path(at("below/file")).st_ino;
  write_file(at("below/file"), "changed");
  EXPECT_EQ(read_file(at("below/file")), "changed");
  EXPECT_EQ(status_of_path(at("below/file")).st_ino, number);
  unmount();
  EXPECT_EQ(read_file(layers() + "/lower/below/file"), "content");
  mount_layers();
  EXPECT_EQ(status_of_path(at("below/file")).st_ino, number);
}

}  // namespace
}  // namespace ovlspec::fuse
