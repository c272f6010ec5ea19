// File handles of a mounted file system: name_to_handle_at and open_by_handle_at.
#pragma once

#include <string>

#include "model/vocabulary/result.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// Of what `path` leads to in the mount at `mount_point`, opaque. No symlink is followed, and nothing leaves the mount.
Result<std::string> handle_of(const std::string& mount_point, const std::string& path);

// REQUIRES: `handle` is from handle_of, of this mount or one like it. Needs CAP_DAC_READ_SEARCH.
Result<HandleOpened> opened_by_handle(const std::string& mount_point, const std::string& handle);

}  // namespace ovlspec::oracle
