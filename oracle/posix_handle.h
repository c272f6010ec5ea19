// File handles in the kernel's overlay encoding: what trusted.overlay.origin and the names in the index hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/vocabulary/result.h"

namespace ovlspec::oracle {

inline constexpr std::size_t kUuidSize = 16;

// The 16 bytes of the file system's uuid, FS_IOC_GETFSUUID; zeros where it has none.
std::string file_system_uuid(int descriptor);

struct FileHandle {
  std::int32_t type = 0;
  std::string bytes;  // empty: the file system has no handles
};
// name_to_handle_at of an open descriptor, O_PATH ones too. EOPNOTSUPP where the file system has no handles.
Result<FileHandle> take_file_handle(int descriptor);
// The same, empty for any error.
FileHandle file_handle(int descriptor);

// struct ovl_fb of fs/overlayfs/overlayfs.h: version 0, magic 0xfb, length, flags 0 (this machine's byte order, not an
// upper's), type, uuid, handle. Empty for an empty handle.
std::string overlay_handle(const FileHandle& handle, std::string_view uuid);

}  // namespace ovlspec::oracle
