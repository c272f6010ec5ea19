#include "impl/fuse/mount_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace ovlspec::fuse {
namespace {

// The process's own mount namespace; why not, where it has none.
const std::string& private_namespace() {
  static const std::string reason = [] {
    if (unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace of its own: ") + std::strerror(errno);
    if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return std::string("the mounts stay shared");
    if (access("/dev/fuse", R_OK | W_OK) != 0) return std::string("/dev/fuse: ") + std::strerror(errno);
    return std::string();
  }();
  return reason;
}

}  // namespace

void MountTest::SetUp() {
  if (const std::string& reason = private_namespace(); !reason.empty()) GTEST_SKIP() << reason;
  std::string pattern = (std::filesystem::temp_directory_path() / "ovlspec-mount-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  root_ = std::filesystem::canonical(pattern).string();
  ASSERT_EQ(::mount("test", root_.c_str(), "tmpfs", 0, "mode=755"), 0) << std::strerror(errno);
  for (const char* name : {"lower", "deeper", "upper", "work", "mount"}) {
    ASSERT_EQ(mkdir((root_ + "/" + name).c_str(), 0755), 0);
  }
}

void MountTest::TearDown() {
  mount_.reset();
  if (root_.empty()) return;
  umount2((root_ + "/mount").c_str(), MNT_DETACH);
  EXPECT_EQ(umount2(root_.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(rmdir(root_.c_str()), 0);
}

std::string MountTest::writable_options(const std::string& more) const {
  return read_only_options() + ",upperdir=" + root_ + "/upper,workdir=" + root_ + "/work" + more;
}

std::string MountTest::read_only_options(const std::string& more) const {
  return "lowerdir=" + root_ + "/lower:" + root_ + "/deeper" + more;
}

void MountTest::mount(const std::string& options) {
  Attempt<CommandLine> line = parse_command_line({"test", root_ + "/mount", "-o", options});
  ASSERT_TRUE(line.ok()) << line.failure().message;
  Attempt<std::unique_ptr<FuseMount>> started = FuseMount::start(std::get<MountRequest>(*line));
  ASSERT_TRUE(started.ok()) << started.failure().message;
  mount_ = *std::move(started);
}

bool MountTest::passes_through() { return mount_->session().passes_through(); }

void write_file(const std::string& path, const std::string& content, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  ASSERT_GE(file, 0) << path << ": " << std::strerror(errno);
  EXPECT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(content.size())) << path;
  EXPECT_EQ(fchmod(file, mode), 0) << path;
  EXPECT_EQ(close(file), 0) << path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

struct stat status_of_path(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path << ": " << std::strerror(errno);
  return status;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_FALSE(error) << path << ": " << error.message();
  std::sort(names.begin(), names.end());
  return names;
}

int error_of(const std::function<long()>& call) {
  errno = 0;
  return call() < 0 ? errno : 0;
}

void as_user(uid_t uid, gid_t gid, const std::function<void()>& action) {
  std::thread([&] {
    // The system calls themselves: the C library's would change every thread.
    syscall(SYS_setgroups, 0, nullptr);
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
    action();
  }).join();
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

bool is_mount_point(const std::string& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  std::string line;
  while (std::getline(mounts, line)) {
    if (line.find(" " + path + " ") != std::string::npos) return true;
  }
  return false;
}

}  // namespace ovlspec::fuse
