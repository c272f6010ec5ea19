// Layers that the kernel's overlayfs wrote, mounted by us, and the other way round.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

std::string first_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Interchange : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(mkdir((root() + "/kernel").c_str(), 0755), 0);
  }
  void TearDown() override {
    unmount_kernel();
    MountTest::TearDown();
  }

  // Over the lower alone, with our upper and work directory.
  void mount_kernel() {
    const std::string options = "lowerdir=" + root() + "/lower,upperdir=" + root() + "/upper,workdir=" + root() +
                                "/work,metacopy=on,redirect_dir=on,index=on";
    if (::mount("overlay", kernel("").c_str(), "overlay", 0, options.c_str()) != 0)
      GTEST_SKIP() << "the kernel mounts no overlay with metacopy here";
    mounted_ = true;
  }
  void unmount_kernel() {
    if (mounted_) ::umount2(kernel("").c_str(), MNT_DETACH);
    mounted_ = false;
  }
  void mount_ours() {
    mount("lowerdir=" + root() + "/lower,upperdir=" + root() + "/upper,workdir=" + root() + "/work");
  }
  std::string kernel(const std::string& name) const { return root() + "/kernel/" + name; }

 private:
  bool mounted_ = false;
};

TEST_F(Interchange, AttributesWithNamesLikeTheOverlaysAreReadByBoth) {
  write_file(lower("f"), "x");
  const std::string name = "trusted.overlay.opaque";
  mount_ours();
  ASSERT_EQ(setxattr(at("f").c_str(), name.c_str(), "ours", 4, 0), 0);
  unmount();
  mount_kernel();
  if (IsSkipped()) return;
  char value[16] = {};
  EXPECT_EQ(getxattr(kernel("f").c_str(), name.c_str(), value, sizeof value), 4);
  ASSERT_EQ(setxattr(kernel("f").c_str(), name.c_str(), "kernel", 6, 0), 0);
  unmount_kernel();
  mount_ours();
  EXPECT_EQ(getxattr(at("f").c_str(), name.c_str(), value, sizeof value), 6);
  EXPECT_EQ(std::string(value), "kernel");
}

class Metacopy : public Interchange {
 protected:
  // The kernel copies attributes up, and no data.
  void SetUp() override {
    Interchange::SetUp();
    if (IsSkipped()) return;
    write_file(lower("big"), big_);
    write_file(lower("small"), "small");
    write_file(lower("moved"), "moved");
    ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
    write_file(lower("d/f"), "linked");
    ASSERT_EQ(::link(lower("d/f").c_str(), lower("d/g").c_str()), 0);
    mount_kernel();
    if (IsSkipped()) return;
    for (const char* name : {"big", "small", "moved", "d/f"}) ASSERT_EQ(chmod(kernel(name).c_str(), 0600), 0) << name;
    ASSERT_EQ(::rename(kernel("moved").c_str(), kernel("d/moved").c_str()), 0);
    ASSERT_EQ(::rename(kernel("d").c_str(), kernel("e").c_str()), 0);
    unmount_kernel();
    ASSERT_NE(first_bytes(upper("big")), big_) << "the kernel copied the data up";
  }

  const std::string big_ = std::string(300000, 'x') + "end";
};

TEST_F(Metacopy, DataAreReadBelow) {
  mount_ours();
  EXPECT_EQ(read_file(at("big")), big_);
  EXPECT_EQ(read_file(at("e/moved")), "moved") << "its redirect says where";
  EXPECT_EQ(read_file(at("e/g")), "linked");
  EXPECT_EQ(status_of_path(at("big")).st_mode & 07777U, 0600U);
  EXPECT_GT(status_of_path(at("big")).st_blocks, 300000 / 512);
}

TEST_F(Metacopy, DataComeUpBeforeTheyAreWrittenOrTheNameChanges) {
  mount_ours();
  const int held = open(at("small").c_str(), O_RDONLY);
  ASSERT_GE(held, 0);
  std::ofstream(at("big"), std::ios::app) << "+";
  std::ofstream(at("small"), std::ios::app) << "+";
  ASSERT_EQ(::rename(at("e/moved").c_str(), at("again").c_str()), 0);
  ASSERT_EQ(::link(at("e/f").c_str(), at("h").c_str()), 0);
  ASSERT_EQ(truncate(at("e/g").c_str(), 3), 0);
  const auto check = [this](const auto& path) {
    EXPECT_EQ(read_file(path("big")), big_ + "+");
    EXPECT_EQ(read_file(path("small")), "small+");
    EXPECT_EQ(read_file(path("again")), "moved");
    for (const char* name : {"e/f", "e/g", "h"}) EXPECT_EQ(read_file(path(name)), "lin") << name;
  };
  char content[8] = {};
  EXPECT_EQ(pread(held, content, sizeof content, 0), 6) << "what was open reads what was written";
  close(held);
  check([this](const std::string& name) { return at(name); });
  unmount();
  mount_kernel();
  check([this](const std::string& name) { return kernel(name); });
}

TEST_F(Metacopy, WithoutDataBelowShowsAndCannotBeRead) {
  ASSERT_EQ(::unlink(lower("big").c_str()), 0);
  mount_ours();
  EXPECT_EQ(status_of_path(at("big")).st_size, static_cast<off_t>(big_.size()));
  EXPECT_EQ(error_of([this] { return open(at("big").c_str(), O_RDONLY); }), EIO);
  EXPECT_EQ(read_file(at("small")), "small");
  EXPECT_EQ(::unlink(at("big").c_str()), 0);
}

}  // namespace
}  // namespace ovlspec::fuse
