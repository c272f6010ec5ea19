// For tests that mount: a directory of the test's own, on a tmpfs of its own, in a mount namespace of the process's
// own.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "impl/fuse/fuse_mount.h"

namespace ovlspec::fuse {

class MountTest : public testing::Test {
 protected:
  // Skips where this process may not mount.
  void SetUp() override;
  // Unmounts everything that the test mounted.
  void TearDown() override;

  // Paths: below the lower, the second (deeper) lower, the upper, the mount point; all exist as directories.
  std::string lower(const std::string& name) const { return root_ + "/lower/" + name; }
  std::string deeper(const std::string& name) const { return root_ + "/deeper/" + name; }
  std::string upper(const std::string& name) const { return root_ + "/upper/" + name; }
  std::string at(const std::string& name) const { return root_ + "/mount/" + name; }
  std::string root() const { return root_; }

  // Options over lower:deeper, with the upper or without, and `more` behind them.
  std::string writable_options(const std::string& more = "") const;
  std::string read_only_options(const std::string& more = "") const;
  // Mounts in this process; the test fails where that fails. At most one mount at a time.
  void mount(const std::string& options);
  void mount_writable(const std::string& more = "") { mount(writable_options(more)); }
  void mount_read_only(const std::string& more = "") { mount(read_only_options(more)); }
  void unmount() { mount_.reset(); }
  FuseMount& mounted() { return *mount_; }
  // Skips where the kernel or the missing privilege leaves no passthrough. REQUIRES: mounted.
  bool passes_through();

 private:
  std::string root_;
  std::unique_ptr<FuseMount> mount_;
};

// Files, by path. A failure fails the test.
void write_file(const std::string& path, const std::string& content, mode_t mode = 0644);
std::string read_file(const std::string& path);
struct stat status_of_path(const std::string& path);
// The names in a directory but `.` and `..`, sorted.
std::vector<std::string> names_in(const std::string& path);
// What errno is after `call` failed; 0 where it did not fail (returned 0 or more).
int error_of(const std::function<long()>& call);
// Runs `action` in a thread whose file system identity is `uid` and `gid`, without capabilities over files.
void as_user(uid_t uid, gid_t gid, const std::function<void()>& action);
// Waits, for seconds at most, until `condition` holds.
bool eventually(const std::function<bool()>& condition);
// Whether something is mounted at `path`.
bool is_mount_point(const std::string& path);

}  // namespace ovlspec::fuse
