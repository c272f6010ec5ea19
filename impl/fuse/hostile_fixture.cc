#include "impl/fuse/hostile_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace ovlspec::fuse {
namespace {

char letter_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
  }
}

std::string target_of(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  EXPECT_GE(length, 0) << path << ": " << std::strerror(errno);
  return std::string(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
}

}  // namespace

void HostileLayer::SetUp() {
  Program::SetUp();
  if (IsSkipped()) return;
  ASSERT_EQ(mkdir((root() + "/secret").c_str(), 0755), 0);
  write_file(secret("file"), std::string(kSecret));
}

void HostileLayer::serve(const std::string& more) {
  const Ran ran = mount_with(writable_options(more));
  ASSERT_EQ(ran.status, 0) << ran.errors;
}

void HostileLayer::serve_again(const std::string& more) {
  kill_daemons(SIGTERM);
  ASSERT_FALSE(is_mounted());
  serve(more);
}

void HostileLayer::look_at(const std::string& path, Walked& walked) {
  const struct stat status = status_of_path(at(path));
  std::string& shown = walked[path];
  std::array<char, 1 << 16> names{};
  EXPECT_GE(llistxattr(at(path).c_str(), names.data(), names.size()), 0) << path << ": " << std::strerror(errno);
  if (S_ISDIR(status.st_mode)) return walk_in(path, walked);
  shown = S_ISREG(status.st_mode)   ? read_file(at(path))
          : S_ISLNK(status.st_mode) ? target_of(at(path))
                                    : std::string(1, letter_of(status.st_mode));
  EXPECT_EQ(shown.find(kSecret), std::string::npos) << path << " shows what lies beside the layers";
}

void HostileLayer::walk_in(const std::string& path, Walked& walked) {
  for (const std::string& name : names_in(at(path))) look_at(path.empty() ? name : path + "/" + name, walked);
}

Walked HostileLayer::walk() {
  Walked walked;
  walk_in("", walked);
  return walked;
}

void HostileLayer::expect_usable() {
  EXPECT_EQ(daemons().size(), 1U) << "the daemon is gone";
  EXPECT_EQ(mkdir(at("usable").c_str(), 0755), 0) << std::strerror(errno);
  write_file(at("usable/made"), "made");
  EXPECT_EQ(rename(at("usable/made").c_str(), at("usable/moved").c_str()), 0);
  EXPECT_EQ(read_file(at("usable/moved")), "made");
  EXPECT_EQ(names_in(at("usable")), std::vector<std::string>{"moved"});
  EXPECT_EQ(unlink(at("usable/moved").c_str()), 0);
  EXPECT_EQ(rmdir(at("usable").c_str()), 0);
  EXPECT_EQ(read_file(at("f")), "lower");
}

void HostileLayer::expect_harmless() {
  walk();
  expect_usable();
}

void set_private(const std::string& path, const std::string& name, std::string_view value) {
  ASSERT_EQ(lsetxattr(path.c_str(), ("trusted.overlay." + name).c_str(), value.data(), value.size(), 0), 0)
      << path << ", " << name << ": " << std::strerror(errno);
}

}  // namespace ovlspec::fuse
