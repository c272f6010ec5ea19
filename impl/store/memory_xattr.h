// The rules of Linux for extended attributes in the memory store.
#pragma once

#include <string_view>

#include "impl/store/memory_inode.h"

namespace ovlspec::impl {

inline constexpr std::size_t kXattrNameMax = 255;     // bytes
inline constexpr std::size_t kXattrValueMax = 65536;  // bytes
inline constexpr std::string_view kCapabilityXattr = "security.capability";

enum class XattrIntent : std::uint8_t { kRead, kWrite };

// ERANGE, EINVAL or EOPNOTSUPP for a name that no inode can have; EPERM (to write) or ENODATA (to read) for one that an
// inode of this type cannot have.
Status check_xattr_name(FileType type, std::string_view name, XattrIntent intent);

// The checked change itself, without times.
Status set_xattr_in_memory(MemoryInode& inode, std::string_view name, std::string_view value, XattrMode mode);
Status remove_xattr_in_memory(MemoryInode& inode, std::string_view name);

// What a change of content or owner does to a file's capabilities.
inline void drop_capability(MemoryInode& inode) {
  if (!inode.xattrs.empty()) static_cast<void>(remove_xattr_in_memory(inode, kCapabilityXattr));
}

}  // namespace ovlspec::impl
