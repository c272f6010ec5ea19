// Inode flags: the ioctls of chattr(1) and xfs_io(8), which the kernel has checked the right to.
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "impl/fuse/operations.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

using impl::InodeFlags;

// The flags that both ioctls have, under two numbers. Source: FS_COMMON_FL of linux/fileattr.h.
struct FlagPair {
  InodeFlags flag;
  std::uint32_t extended;
};
constexpr std::array<FlagPair, 7> kPairs = {{
    {FS_SYNC_FL, FS_XFLAG_SYNC},
    {FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE},
    {FS_APPEND_FL, FS_XFLAG_APPEND},
    {FS_NODUMP_FL, FS_XFLAG_NODUMP},
    {FS_NOATIME_FL, FS_XFLAG_NOATIME},
    {FS_DAX_FL, FS_XFLAG_DAX},
    {FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT},
}};

fsxattr extended_of(InodeFlags flags) {
  fsxattr extended{};
  for (const FlagPair& pair : kPairs) {
    if ((flags & pair.flag) != 0) extended.fsx_xflags |= pair.extended;
  }
  return extended;
}

// `flags` with those of `wanted`; EOPNOTSUPP where that asks for more than flags.
Result<InodeFlags> with_extended(InodeFlags flags, const fsxattr& wanted) {
  std::uint32_t left = wanted.fsx_xflags;
  for (const FlagPair& pair : kPairs) {
    flags = (left & pair.extended) != 0 ? flags | pair.flag : flags & ~pair.flag;
    left &= ~pair.extended;
  }
  if (left != 0 || wanted.fsx_extsize != 0 || wanted.fsx_projid != 0 || wanted.fsx_cowextsize != 0) {
    return Errno::kEOPNOTSUPP;
  }
  return flags;
}

template <typename Value>
void reply_value(fuse_req_t request, const Value& value, std::size_t room) {
  fuse_reply_ioctl(request, 0, &value, std::min(sizeof value, room));
}

// REQUIRES: as many bytes as Value has.
template <typename Value>
Value value_of(const void* bytes) {
  Value value{};
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

void reply_done(fuse_req_t request, const Status& status) {
  if (!status) return reply(request, status);
  fuse_reply_ioctl(request, 0, nullptr, 0);
}

void ioctl(fuse_req_t request, fuse_ino_t node, unsigned command, void*, fuse_file_info*, unsigned, const void* in,
           std::size_t in_size, std::size_t out_size) {
  impl::Engine& engine = served(request).engine;
  const bool sets = command == FS_IOC_SETFLAGS || command == FS_IOC_FSSETXATTR;
  if (!sets && command != FS_IOC_GETFLAGS && command != FS_IOC_FSGETXATTR) return reply(request, Errno::kENOTTY);
  const Result<InodeFlags> flags = engine.flags(node);
  // As every file system without flags says it.
  if (flags.error() == Errno::kEOPNOTSUPP) return reply(request, Errno::kENOTTY);
  if (!flags) return reply(request, flags.error());
  if (command == FS_IOC_GETFLAGS) return reply_value(request, *flags, out_size);
  if (command == FS_IOC_FSGETXATTR) return reply_value(request, extended_of(*flags), out_size);
  if (in_size < (command == FS_IOC_SETFLAGS ? sizeof(InodeFlags) : sizeof(fsxattr))) {
    return reply(request, Errno::kEINVAL);
  }
  if (command == FS_IOC_SETFLAGS) return reply_done(request, engine.set_flags(node, value_of<InodeFlags>(in)));
  const Result<InodeFlags> wanted = with_extended(*flags, value_of<fsxattr>(in));
  if (!wanted) return reply(request, wanted.error());
  reply_done(request, engine.set_flags(node, *wanted));
}

}  // namespace

void add_flag_operations(fuse_lowlevel_ops& operations) { operations.ioctl = ioctl; }

}  // namespace ovlspec::fuse
