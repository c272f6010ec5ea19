#include "oracle/mount_table.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace ovlspec::oracle {
namespace {

// As /proc writes paths: blanks, tabs, newlines and backslashes as three octal digits.
std::string unescaped(const std::string& text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      path += text[i];
      continue;
    }
    path += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return path;
}

}  // namespace

std::vector<MountEntry> mount_table() {
  std::vector<MountEntry> mounts;
  std::ifstream file("/proc/thread-self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    MountEntry mount;
    std::string ignored;
    if (words >> mount.id >> ignored >> ignored >> ignored >> mount.point) {
      mount.point = unescaped(mount.point);
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

std::set<std::string> mount_ids() {
  std::set<std::string> ids;
  for (MountEntry& mount : mount_table()) ids.insert(std::move(mount.id));
  return ids;
}

std::vector<std::string> detach_below(const std::string& directory) {
  std::vector<std::string> left;
  const std::vector<MountEntry> mounts = mount_table();
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    const bool below = mount->point == directory || mount->point.rfind(directory + "/", 0) == 0;
    if (below && ::umount2(mount->point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) left.push_back(mount->point);
  }
  return left;
}

bool is_mount_root(const std::string& path) {
  struct statx status;
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &status) != 0) return false;
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace ovlspec::oracle
