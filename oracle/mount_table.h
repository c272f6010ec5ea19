// The mounts of the calling thread's namespace.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ovlspec::oracle {

struct MountEntry {
  std::string id;
  std::string point;  // from the thread's root
};

// In the order of mounting; empty where the table cannot be read.
std::vector<MountEntry> mount_table();
std::set<std::string> mount_ids();
// Detaches all mounts at or below a directory, latest first. The paths of those that could not be.
std::vector<std::string> detach_below(const std::string& directory);

// Whether a file system is mounted there; asks nothing of that file system.
bool is_mount_root(const std::string& path);

}  // namespace ovlspec::oracle
