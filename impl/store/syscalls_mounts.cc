// The system calls that tell file systems apart and make mounts.
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "impl/store/syscalls.h"

namespace ovlspec::impl::syscalls {
namespace {

constexpr std::int64_t kErofsMagic = 0xE0F5E1E2;  // linux/magic.h of older headers lacks it

Errno last_error() { return errno_from_number(errno).value_or(Errno::kEIO); }

Status done(long result) { return result < 0 ? last_error() : Status(); }

Result<Descriptor> opened(long result) {
  if (result < 0) return last_error();
  return Descriptor(static_cast<int>(result));
}

FileSystemKind kind_of(std::int64_t magic) {
  switch (magic) {
    case BTRFS_SUPER_MAGIC: return FileSystemKind::kBtrfs;
    case kErofsMagic: return FileSystemKind::kErofs;
    case EXT4_SUPER_MAGIC: return FileSystemKind::kExt4;
    case SQUASHFS_MAGIC: return FileSystemKind::kSquashfs;
    case TMPFS_MAGIC: return FileSystemKind::kTmpfs;
    case XFS_SUPER_MAGIC: return FileSystemKind::kXfs;
    default: return FileSystemKind::kOther;
  }
}
}  // namespace

Result<FileSystemFacts> file_system_facts(int descriptor) {
  struct statfs facts;
  if (fstatfs(descriptor, &facts) != 0) return last_error();
  std::string id(sizeof facts.f_fsid, '\0');
  std::memcpy(id.data(), &facts.f_fsid, id.size());
  return FileSystemFacts{.kind = kind_of(facts.f_type), .magic = facts.f_type, .id = std::move(id)};
}

Result<std::string> file_system_uuid(int listing) {
  // struct fsuuid2 of linux/fs.h, which the oldest supported headers lack.
  struct Reply {
    std::uint8_t length;
    char uuid[16];
  } reply = {};
  constexpr unsigned long kGetUuid = _IOR(0x15, 0, Reply);
  if (ioctl(listing, kGetUuid, &reply) != 0) return last_error();
  if (reply.length != sizeof reply.uuid) return Errno::kENOTTY;
  return std::string(reply.uuid, sizeof reply.uuid);
}

Result<std::string> btrfs_snapshot(int listing) {
  // What was changed before it became read-only has its transaction once that is complete.
  if (syncfs(listing) != 0) return last_error();
  btrfs_ioctl_get_subvol_info_args subvolume = {};
  // Some kernels succeed with 1.
  if (ioctl(listing, BTRFS_IOC_GET_SUBVOL_INFO, &subvolume) < 0) return last_error();
  if ((subvolume.flags & BTRFS_ROOT_SUBVOL_RDONLY) == 0) return Errno::kEOPNOTSUPP;
  std::string seal(reinterpret_cast<const char*>(subvolume.uuid), sizeof subvolume.uuid);
  for (unsigned shift = 0; shift < 64; shift += 8) seal.push_back(static_cast<char>(subvolume.ctransid >> shift));
  return seal;
}

Result<std::uint32_t> xfs_generation(int listing, InodeNumber number) {
  // struct xfs_bulkstat_req of xfs_fs.h, which Debian has in a package of its own.
  struct Request {
    std::uint64_t first_inode;
    std::uint32_t flags;
    std::uint32_t asked;
    std::uint32_t answered;
    std::uint32_t group;
    std::uint64_t reserved[5];
  };
  struct Inode {
    std::uint64_t number;
    std::uint64_t not_used_here[7];
    std::uint32_t generation;
    std::uint32_t nor_these[31];
  };
  static_assert(sizeof(Request) == 64 && sizeof(Inode) == 192);
  struct {
    Request request;
    Inode inode;
  } exchange = {.request = {.first_inode = number, .asked = 1}, .inode = {}};
  constexpr unsigned long kBulkStat = _IOR('X', 127, Request);
  if (ioctl(listing, kBulkStat, &exchange) != 0) return errno == EINVAL ? Errno::kESTALE : last_error();
  if (exchange.request.answered != 1 || exchange.inode.number != number) return Errno::kESTALE;
  return exchange.inode.generation;
}

DeviceNumbers device_numbers(std::uint64_t device) { return {.major = major(device), .minor = minor(device)}; }

Result<bool> is_block_device(int descriptor, std::uint64_t device) {
  struct stat stat;
  if (fstat(descriptor, &stat) != 0) return last_error();
  return S_ISBLK(stat.st_mode) && stat.st_rdev == device;
}

Result<Descriptor> clone_mount(int directory) {
  return opened(open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

Status make_mount_read_only(int mount_root) {
  mount_attr attributes = {};
  // No device is opened through it.
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODEV;
  attributes.attr_clr = MOUNT_ATTR__ATIME;
  attributes.propagation = MS_PRIVATE;
  return done(mount_setattr(mount_root, "", AT_EMPTY_PATH, &attributes, sizeof attributes));
}

Result<std::uint64_t> mount_id(int descriptor) {
  struct statx stat;
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_MNT_ID, &stat) != 0) return last_error();
  if ((stat.stx_mask & STATX_MNT_ID) == 0) return Errno::kENOSYS;
  return std::uint64_t{stat.stx_mnt_id};
}

bool has_lasting_handles(int inode) {
  const Result<FileSystemFacts> facts = file_system_facts(inode);
  if (!facts) return false;
  switch (facts->kind) {
    case FileSystemKind::kBtrfs:
    case FileSystemKind::kErofs:
    case FileSystemKind::kExt4:
    case FileSystemKind::kSquashfs:
    case FileSystemKind::kTmpfs:
    case FileSystemKind::kXfs: return true;
    case FileSystemKind::kOther: break;
  }
  return false;
}

}  // namespace ovlspec::impl::syscalls
