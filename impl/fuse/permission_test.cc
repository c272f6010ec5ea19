// Who may do what on a mount, whose new objects are, and what a change takes away from a file.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class Permissions : public MountTest {};

TEST_F(Permissions, ANewObjectBelongsToItsCallerWithoutTheUmasksBits) {
  mkdir(lower("open").c_str(), 0777);
  chmod(lower("open").c_str(), 0777);
  mount_writable();
  umask(027);
  as_user(1234, 5678, [&] {
    EXPECT_EQ(close(open(at("open/file").c_str(), O_CREAT | O_WRONLY | O_EXCL, 0666)), 0);
    EXPECT_EQ(mkdir(at("open/dir").c_str(), 0777), 0);
    EXPECT_EQ(symlink("x", at("open/link").c_str()), 0);
  });
  umask(0);
  for (const char* name : {"open/file", "open/dir", "open/link"}) {
    EXPECT_EQ(status_of_path(at(name)).st_uid, 1234U) << name;
    EXPECT_EQ(status_of_path(at(name)).st_gid, 5678U) << name;
  }
  EXPECT_EQ(status_of_path(at("open/file")).st_mode & 07777U, 0640U);
  EXPECT_EQ(status_of_path(at("open/dir")).st_mode & 07777U, 0750U);
}

TEST_F(Permissions, AreTheObjectsNotTheMountersOwn) {
  write_file(lower("secret"), "x", 0600);
  mkdir(lower("closed").c_str(), 0700);
  mount_writable();
  as_user(1234, 1234, [&] {
    EXPECT_EQ(error_of([&] { return open(at("secret").c_str(), O_RDONLY); }), EACCES);
    struct stat status {};
    EXPECT_EQ(error_of([&] { return stat(at("closed/x").c_str(), &status); }), EACCES);
    EXPECT_EQ(error_of([&] { return open(at("new").c_str(), O_CREAT | O_WRONLY, 0600); }), EACCES);
    EXPECT_EQ(error_of([&] { return chmod(at("secret").c_str(), 0666); }), EPERM);
  });
}

// Each way to change a file's data takes its set-id bits away, unless the caller may keep them.
class SetIdBits : public MountTest, public testing::WithParamInterface<const char*> {
 protected:
  static void change(const std::string& path, const std::string& way) {
    if (way == "truncate") {
      EXPECT_EQ(truncate(path.c_str(), 1), 0);
      return;
    }
    const int file = open(path.c_str(), O_WRONLY | (way == "open" ? O_TRUNC : 0));
    ASSERT_GE(file, 0);
    if (way == "write") {
      EXPECT_EQ(write(file, "y", 1), 1);
    } else if (way == "ftruncate") {
      EXPECT_EQ(ftruncate(file, 1), 0);
    }
    close(file);
  }
};

TEST_P(SetIdBits, AreClearedByAChangeOfAnUnprivilegedCaller) {
  const char* const layers[] = {"lower", "upper"};
  for (const std::string layer : layers) write_file(root() + "/" + layer + "/" + layer, "xx", 06777);
  mount_writable();
  for (const char* layer : layers) {
    EXPECT_EQ(status_of_path(at(layer)).st_mode & 07777U, 06777U);
    as_user(1234, 1234, [&] { change(at(layer), GetParam()); });
    EXPECT_EQ(status_of_path(at(layer)).st_mode & 07777U, 0777U) << layer;
  }
}

TEST_P(SetIdBits, StayWithAChangeOfRoot) {
  write_file(lower("f"), "xx", 06777);
  mount_writable();
  change(at("f"), GetParam());
  EXPECT_EQ(status_of_path(at("f")).st_mode & 07777U, 06777U);
}

INSTANTIATE_TEST_SUITE_P(Ways, SetIdBits, testing::Values("write", "truncate", "ftruncate", "open"),
                         [](const auto& way) { return std::string(way.param); });

TEST_F(Permissions, AChangeOfOwnerClearsSetIdBits) {
  write_file(lower("f"), "xx", 06777);
  mount_writable();
  EXPECT_EQ(chown(at("f").c_str(), 5, 6), 0);
  EXPECT_EQ(status_of_path(at("f")).st_mode & 07777U, 0777U);
  EXPECT_EQ(status_of_path(at("f")).st_uid, 5U);
}

}  // namespace
}  // namespace ovlspec::fuse
