// The kernel's overlay file system, and tmpfs, mounted by system calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oracle/subject.h"

namespace ovlspec::oracle {

// The directories of a stack. Lowers topmost first; upper and work both or neither.
struct StackPaths {
  std::vector<std::string> lowers;
  std::string upper;
  std::string work;
};

// All mounts are nodev and nosuid: opening a device node through them is EACCES for every caller.
//
// Options are "name=value" or "name". The failure carries the kernel's own words where it has some. Through fsconfig
// where the kernel takes lowers one at a time (6.8), which any number of layers fits; otherwise through mount(2), whose
// options are a page at most.
Attempt<Done> mount_overlay(const StackPaths& stack, const std::vector<std::string>& options,
                            const std::string& mount_point);
// With which layers are looked at as a read-only stack of the kernel's, whatever mounted them before.
inline std::vector<std::string> view_options() {
  return {"redirect_dir=follow", "metacopy=on", "index=off", "nfs_export=off", "xino=off"};
}
// A fresh tmpfs of at most so many bytes that keeps no access times.
Attempt<Done> mount_tmpfs(const std::string& mount_point, std::uint64_t bytes = std::uint64_t{1} << 30);
// Shows the directory at another path.
Attempt<Done> mount_directory(const std::string& directory, const std::string& mount_point);
// Waits a moment where something still uses the mount; detaches it, and fails, where that does not end.
Attempt<Done> unmount_at(const std::string& mount_point);

// A failure with errno's name at the end of `what`.
Failure system_failure(const std::string& what);

}  // namespace ovlspec::oracle
