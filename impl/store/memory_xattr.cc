#include "impl/store/memory_xattr.h"

#include <algorithm>

namespace ovlspec::impl {
namespace {

constexpr std::string_view kUser = "user.";
constexpr std::string_view kTrusted = "trusted.";
constexpr std::string_view kSecurity = "security.";

std::vector<MemoryXattr>::iterator position(MemoryInode& inode, std::string_view name) {
  return std::lower_bound(inode.xattrs.begin(), inode.xattrs.end(), name,
                          [](const MemoryXattr& xattr, std::string_view wanted) { return xattr.name < wanted; });
}

// The layouts of struct vfs_cap_data (20 bytes, revision 2) and vfs_ns_cap_data (24 bytes, revision 3).
bool is_capability_value(std::string_view value) {
  if (value.size() != 20 && value.size() != 24) return false;
  const unsigned char revision = static_cast<unsigned char>(value[3]);
  return revision == (value.size() == 20 ? 2 : 3);
}

}  // namespace

Status check_xattr_name(FileType type, std::string_view name, XattrIntent intent) {
  if (name.empty() || name.size() > kXattrNameMax || name.find('\0') != std::string_view::npos) return Errno::kERANGE;
  if (name.starts_with(kUser)) {
    if (type != FileType::kRegular && type != FileType::kDirectory) {
      return intent == XattrIntent::kWrite ? Errno::kEPERM : Errno::kENODATA;
    }
    return name.size() > kUser.size() ? Status() : Errno::kEINVAL;
  }
  if (name.starts_with(kTrusted)) return name.size() > kTrusted.size() ? Status() : Errno::kEINVAL;
  if (name.starts_with(kSecurity)) return name.size() > kSecurity.size() ? Status() : Errno::kEINVAL;
  return Errno::kEOPNOTSUPP;
}

Status set_xattr_in_memory(MemoryInode& inode, std::string_view name, std::string_view value, XattrMode mode) {
  if (value.size() > kXattrValueMax) return Errno::kE2BIG;
  OVLSPEC_TRY(check_xattr_name(inode.attributes.type, name, XattrIntent::kWrite));
  if (name == kCapabilityXattr && !value.empty() && !is_capability_value(value)) return Errno::kEINVAL;
  const auto it = position(inode, name);
  const bool exists = it != inode.xattrs.end() && it->name == name;
  if (exists && mode == XattrMode::kCreate) return Errno::kEEXIST;
  if (!exists && mode == XattrMode::kReplace) return Errno::kENODATA;
  if (exists) {
    it->value = value;
  } else {
    inode.xattrs.insert(it, MemoryXattr{.name = std::string(name), .value = std::string(value)});
  }
  return {};
}

Status remove_xattr_in_memory(MemoryInode& inode, std::string_view name) {
  const auto it = position(inode, name);
  if (it == inode.xattrs.end() || it->name != name) return Errno::kENODATA;
  inode.xattrs.erase(it);
  return {};
}

}  // namespace ovlspec::impl
