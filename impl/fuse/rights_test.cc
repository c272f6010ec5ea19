// Lowers on mounts that give their files no force: a copy up gives them none.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

constexpr char kCapability[] = "security.capability";

class Rights : public MountTest {
 protected:
  // The deeper lower is on a file system of its own, mounted with `flags`.
  void fill(unsigned long flags) {
    ASSERT_EQ(::mount("foreign", (root() + "/deeper").c_str(), "tmpfs", flags, "mode=755"), 0);
    write_file(deeper("program"), "#!/bin/sh\n", 06755);
    write_file(deeper("capable"), "#!/bin/sh\n", 0755);
    const vfs_cap_data all{.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, .data = {{~0U, 0}, {0, 0}}};
    ASSERT_EQ(setxattr(deeper("capable").c_str(), kCapability, &all, sizeof all, 0), 0) << std::strerror(errno);
    ASSERT_EQ(mkdir(deeper("d").c_str(), 02755), 0);
    ASSERT_EQ(chmod(deeper("d").c_str(), 02755), 0);
    ASSERT_EQ(mknod(deeper("null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  }
  void TearDown() override {
    unmount();
    if (!root().empty()) umount2((root() + "/deeper").c_str(), MNT_DETACH);
    MountTest::TearDown();
  }
  static mode_t mode(const std::string& path) { return status_of_path(path).st_mode & 07777U; }
  static bool has_capability(const std::string& path) {
    return getxattr(path.c_str(), kCapability, nullptr, 0) >= 0 || listxattr(path.c_str(), nullptr, 0) > 0;
  }
};

TEST_F(Rights, OfFilesOnNosuidMountsAreNotHandedOnByACopyUp) {
  fill(MS_NOSUID);
  mount_writable();
  EXPECT_EQ(mode(at("program")), 0755U);
  EXPECT_FALSE(has_capability(at("capable")));
  EXPECT_EQ(link(at("program").c_str(), at("linked").c_str()), 0);
  EXPECT_EQ(rename(at("capable").c_str(), at("moved").c_str()), 0);
  for (const auto& name : {"program", "linked", "moved"}) {
    EXPECT_EQ(mode(at(name)), 0755U) << name;
    EXPECT_EQ(mode(upper(name)), 0755U) << name;
  }
  EXPECT_FALSE(has_capability(at("moved")));
  EXPECT_EQ(getxattr(upper("moved").c_str(), kCapability, nullptr, 0), -1);
  EXPECT_EQ(mode(at("d")), 02755U) << "of a directory it gives no right";
  // Who may set the bits may.
  EXPECT_EQ(chmod(at("program").c_str(), 04755), 0);
  EXPECT_EQ(mode(upper("program")), 04755U);
}

TEST_F(Rights, OfFilesOnOtherMountsAreCopiedUp) {
  fill(0);
  mount_writable();
  EXPECT_EQ(mode(at("program")), 06755U);
  EXPECT_EQ(chown(at("d").c_str(), 0, 0), 0);
  EXPECT_EQ(link(at("program").c_str(), at("linked").c_str()), 0);
  EXPECT_EQ(rename(at("capable").c_str(), at("moved").c_str()), 0);
  EXPECT_EQ(mode(upper("linked")), 06755U);
  EXPECT_GE(getxattr(at("moved").c_str(), kCapability, nullptr, 0), 0);
  const int null = open(at("null").c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_GE(null, 0) << std::strerror(errno);
  close(null);
  EXPECT_EQ(chmod(at("null").c_str(), 0600), 0);
}

TEST_F(Rights, OfReadOnlyStacksAreTheMountersAffair) {
  fill(MS_NOSUID);
  mount_read_only();
  EXPECT_EQ(mode(at("program")), 06755U);
  unmount();
  mount_read_only(",nosuid");
  EXPECT_NE(read_file("/proc/self/mounts").find(root() + "/mount fuse.fuse-ovlspec ro,nosuid"), std::string::npos);
}

TEST_F(Rights, OfDeviceNodesOnNodevMountsAreNotHandedOn) {
  fill(MS_NODEV);
  mount_writable();
  EXPECT_EQ(mode(at("program")), 06755U);
  EXPECT_EQ(error_of([&] { return open(at("null").c_str(), O_WRONLY | O_CLOEXEC); }), EACCES);
  EXPECT_EQ(error_of([&] { return chmod(at("null").c_str(), 0600); }), EPERM);
  EXPECT_EQ(error_of([&] { return link(at("null").c_str(), at("linked").c_str()); }), EPERM);
  EXPECT_EQ(names_in(upper("")), std::vector<std::string>{});
  EXPECT_EQ(unlink(at("null").c_str()), 0);
  EXPECT_EQ(mknod(at("own").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
}

}  // namespace
}  // namespace ovlspec::fuse
