// Flags of files and directories, with the ioctls of chattr(1), and what immutable and append-only objects forbid.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

// -1 and errno where they are not to be had.
long flags_of(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY);
  unsigned flags = 0;
  const long result = ioctl(file, FS_IOC_GETFLAGS, &flags) == 0 ? static_cast<long>(flags) : -1;
  const int error = errno;
  close(file);
  errno = error;
  return result;
}

long set_flags(const std::string& path, unsigned flags) {
  const int file = open(path.c_str(), O_RDONLY);
  const long result = ioctl(file, FS_IOC_SETFLAGS, &flags);
  const int error = errno;
  close(file);
  errno = error;
  return result;
}

class Flags : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    if (flags_of(root()) < 0) GTEST_SKIP() << "this kernel's tmpfs has no flags";
  }
  // Else nothing can be removed.
  void TearDown() override {
    unmount();
    for (const std::string& path : protected_) set_flags(path, 0);
    MountTest::TearDown();
  }
  void protect(const std::string& path, unsigned flags) {
    ASSERT_EQ(set_flags(path, flags), 0) << path;
    protected_.push_back(path);
  }
  void expect_untouchable(const std::string& name) {
    const std::string path = at(name);
    const auto refused = [](const std::function<long()>& call) { return error_of(call) == EPERM; };
    EXPECT_TRUE(refused([&] { return open(path.c_str(), O_WRONLY); })) << name;
    EXPECT_TRUE(refused([&] { return open(path.c_str(), O_WRONLY | O_APPEND); })) << name;
    EXPECT_TRUE(refused([&] { return open(path.c_str(), O_WRONLY | O_TRUNC); })) << name;
    EXPECT_TRUE(refused([&] { return truncate(path.c_str(), 0); })) << name;
    EXPECT_TRUE(refused([&] { return chmod(path.c_str(), 0600); })) << name;
    EXPECT_TRUE(refused([&] { return setxattr(path.c_str(), "user.a", "1", 1, 0); })) << name;
    EXPECT_TRUE(refused([&] { return link(path.c_str(), at("link").c_str()); })) << name;
    EXPECT_TRUE(refused([&] { return rename(path.c_str(), at("moved").c_str()); })) << name;
    EXPECT_TRUE(refused([&] { return unlink(path.c_str()); })) << name;
    EXPECT_EQ(read_file(path), "content") << name;
  }

 private:
  std::vector<std::string> protected_;
};

TEST_F(Flags, ImmutableFilesOfEachLayerAreUntouchable) {
  write_file(lower("lower"), "content");
  write_file(upper("upper"), "content");
  protect(lower("lower"), FS_IMMUTABLE_FL);
  protect(upper("upper"), FS_IMMUTABLE_FL);
  mount_writable();
  for (const char* name : {"lower", "upper"}) {
    EXPECT_EQ(flags_of(at(name)), FS_IMMUTABLE_FL) << name;
    expect_untouchable(name);
  }
}

TEST_F(Flags, AreSetOnTheMountAndKeptInTheKernelsAttribute) {
  write_file(lower("lower"), "content");
  write_file(upper("upper"), "content");
  for (const char* more : {"", ",passthrough=off"}) {
    mount_writable(more);
    for (const char* name : {"lower", "upper"}) {
      ASSERT_EQ(set_flags(at(name), FS_IMMUTABLE_FL | FS_NODUMP_FL), 0) << name;
      EXPECT_EQ(flags_of(at(name)), FS_IMMUTABLE_FL | FS_NODUMP_FL) << name;
      EXPECT_EQ(flags_of(upper(name)), FS_NODUMP_FL) << name;
      char value[8] = {};
      EXPECT_EQ(getxattr(upper(name).c_str(), "trusted.overlay.protattr", value, sizeof value), 1);
      EXPECT_EQ(value[0], 'i');
      expect_untouchable(name);
    }
    unmount();
    mount_writable(more);
    for (const char* name : {"lower", "upper"}) {
      expect_untouchable(name);
      ASSERT_EQ(set_flags(at(name), 0), 0);
      EXPECT_EQ(flags_of(at(name)), 0);
      EXPECT_EQ(chmod(at(name).c_str(), 0600), 0);
    }
    unmount();
  }
}

TEST_F(Flags, TheKernelsOverlayAndOursHonourEachOthers) {
  write_file(lower("f"), "content");
  write_file(upper("g"), "content");
  mount_writable();
  ASSERT_EQ(set_flags(at("f"), FS_IMMUTABLE_FL), 0);
  unmount();
  if (::mount("overlay", (root() + "/mount").c_str(), "overlay", 0, writable_options().c_str()) != 0) {
    GTEST_SKIP() << "no overlay of the kernel";
  }
  expect_untouchable("f");
  EXPECT_EQ(set_flags(at("g"), FS_IMMUTABLE_FL), 0);
  ASSERT_EQ(umount2((root() + "/mount").c_str(), MNT_DETACH), 0);
  mount_writable();
  expect_untouchable("f");
  expect_untouchable("g");
}

TEST_F(Flags, AnAppendOnlyFileIsAppendedToOnly) {
  write_file(lower("f"), "content");
  protect(lower("f"), FS_APPEND_FL);
  mount_writable();
  EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_WRONLY); }), EPERM);
  EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_WRONLY | O_APPEND | O_TRUNC); }), EPERM);
  {
    const File file(at("f"), O_WRONLY | O_APPEND);
    EXPECT_EQ(write(file.number(), "!", 1), 1);
  }
  EXPECT_EQ(error_of([&] { return unlink(at("f").c_str()); }), EPERM);
  EXPECT_EQ(read_file(at("f")), "content!");
  EXPECT_EQ(flags_of(at("f")), FS_APPEND_FL);
}

TEST_F(Flags, AnAppendTakesSetIdBitsAndCapabilitiesAway) {
  constexpr std::array<unsigned char, 20> kCapability = {1, 0, 0, 2, 0, 0x20};  // cap_net_raw, version 2
  write_file(lower("f"), "content", 06777);
  ASSERT_EQ(setxattr(lower("f").c_str(), "security.capability", kCapability.data(), kCapability.size(), 0), 0);
  protect(lower("f"), FS_APPEND_FL);
  mount_writable();
  as_user(1234, 1234, [&] {
    const File file(at("f"), O_WRONLY | O_APPEND);
    EXPECT_EQ(write(file.number(), "!", 1), 1);
  });
  EXPECT_EQ(status_of_path(at("f")).st_mode & 07777U, 0777U);
  EXPECT_EQ(error_of([&] { return getxattr(at("f").c_str(), "security.capability", nullptr, 0); }), ENODATA);
  EXPECT_EQ(error_of([&] { return chmod(at("f").c_str(), 0700); }), EPERM);
}

TEST_F(Flags, AnImmutableDirectoryKeepsItsNames) {
  ASSERT_EQ(mkdir(lower("d").c_str(), 0777), 0);
  write_file(lower("d/f"), "content");
  mount_writable();
  ASSERT_EQ(set_flags(at("d"), FS_IMMUTABLE_FL), 0);
  EXPECT_EQ(error_of([&] { return open(at("d/new").c_str(), O_CREAT | O_WRONLY, 0644); }), EPERM);
  EXPECT_EQ(error_of([&] { return mkdir(at("d/new").c_str(), 0755); }), EPERM);
  EXPECT_EQ(error_of([&] { return unlink(at("d/f").c_str()); }), EPERM);
  EXPECT_EQ(error_of([&] { return rename(at("d").c_str(), at("e").c_str()); }), EPERM);
  write_file(at("d/f"), "new");
  EXPECT_EQ(read_file(upper("d/f")), "new");
}

TEST_F(Flags, AreForTheOwnerAndTheProtectingOnesForThePrivilegedAlone) {
  write_file(upper("f"), "content");
  ASSERT_EQ(chown(upper("f").c_str(), 1234, 1234), 0);
  mount_writable();
  as_user(4321, 4321, [&] { EXPECT_EQ(error_of([&] { return set_flags(at("f"), FS_NODUMP_FL); }), EPERM); });
  as_user(1234, 1234, [&] { EXPECT_EQ(error_of([&] { return set_flags(at("f"), FS_NODUMP_FL); }), 0); });
  as_user(1234, 1234, [&] { EXPECT_EQ(error_of([&] { return set_flags(at("f"), FS_IMMUTABLE_FL); }), EPERM); });
  EXPECT_EQ(flags_of(at("f")), FS_NODUMP_FL);
}

TEST_F(Flags, AreTheExtendedOnesToo) {
  write_file(lower("f"), "content");
  mount_writable();
  const File file(at("f"), O_RDONLY);
  fsxattr value{};
  ASSERT_EQ(ioctl(file.number(), FS_IOC_FSGETXATTR, &value), 0);
  EXPECT_EQ(value.fsx_xflags, 0U);
  value.fsx_xflags = FS_XFLAG_NOATIME | FS_XFLAG_APPEND;
  ASSERT_EQ(ioctl(file.number(), FS_IOC_FSSETXATTR, &value), 0);
  EXPECT_EQ(flags_of(at("f")), FS_NOATIME_FL | FS_APPEND_FL);
  value.fsx_xflags = 0;
  value.fsx_projid = 5;
  EXPECT_EQ(error_of([&] { return ioctl(file.number(), FS_IOC_FSSETXATTR, &value); }), EOPNOTSUPP);
  EXPECT_EQ(error_of([&] { return ioctl(file.number(), _IO('o', 1)); }), ENOTTY);
}

TEST_F(Flags, AreNotToBeHadWhereTheLayerHasNone) {
  ASSERT_EQ(::mount("test", lower("").c_str(), "ramfs", 0, nullptr), 0);
  write_file(lower("f"), "content");
  mount_writable();
  EXPECT_EQ(error_of([&] { return flags_of(at("f")); }), ENOTTY);
  unmount();
  umount2(lower("").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace ovlspec::fuse
