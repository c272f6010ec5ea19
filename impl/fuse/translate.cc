#include "impl/fuse/translate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstdio>
#include <cstring>

namespace ovlspec::fuse {
namespace {

constexpr blksize_t kBlockSize = 4096;  // what st_blksize shows

timespec time_of(const Time& time) {
  return timespec{.tv_sec = time.seconds, .tv_nsec = static_cast<long>(time.nanoseconds)};
}

Time time_of(const timespec& time) {
  return Time{.seconds = time.tv_sec, .nanoseconds = static_cast<std::uint32_t>(time.tv_nsec)};
}

TimeChange time_change(const timespec& value, bool asked, bool now) {
  if (now) return TimeChange{.kind = TimeChange::Kind::kNow, .value = {}};
  if (asked) return TimeChange{.kind = TimeChange::Kind::kSet, .value = time_of(value)};
  return TimeChange{};
}

fuse_attr wire_attributes_of(const struct stat& status) {
  fuse_attr wire{};
  wire.ino = status.st_ino;
  wire.size = static_cast<std::uint64_t>(status.st_size);
  wire.blocks = static_cast<std::uint64_t>(status.st_blocks);
  wire.atime = static_cast<std::uint64_t>(status.st_atim.tv_sec);
  wire.mtime = static_cast<std::uint64_t>(status.st_mtim.tv_sec);
  wire.ctime = static_cast<std::uint64_t>(status.st_ctim.tv_sec);
  wire.atimensec = static_cast<std::uint32_t>(status.st_atim.tv_nsec);
  wire.mtimensec = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  wire.ctimensec = static_cast<std::uint32_t>(status.st_ctim.tv_nsec);
  wire.mode = status.st_mode;
  wire.nlink = static_cast<std::uint32_t>(status.st_nlink);
  wire.uid = status.st_uid;
  wire.gid = status.st_gid;
  wire.rdev = static_cast<std::uint32_t>(status.st_rdev);
  wire.blksize = static_cast<std::uint32_t>(status.st_blksize);
  return wire;
}

}  // namespace

// The set's values are Linux's (errno.h).
int number_of(Errno error) { return static_cast<int>(error); }

struct stat stat_of(const Attributes& stored, const Presentation& presentation) {
  const Attributes attributes = shown(stored, presentation);
  struct stat status {};
  status.st_ino = attributes.number;
  status.st_mode = type_bits(attributes.type) | attributes.mode;
  status.st_nlink = attributes.links;
  status.st_uid = attributes.uid;
  status.st_gid = attributes.gid;
  status.st_rdev = makedev(attributes.device.major, attributes.device.minor);
  status.st_size = static_cast<off_t>(attributes.size);
  status.st_blocks = static_cast<blkcnt_t>(attributes.blocks);
  status.st_blksize = kBlockSize;
  status.st_atim = time_of(attributes.access_time);
  status.st_mtim = time_of(attributes.modify_time);
  status.st_ctim = time_of(attributes.change_time);
  return status;
}

fuse_entry_param entry_of(const impl::NodeEntry& entry, const Presentation& presentation) {
  fuse_entry_param answer{};
  answer.ino = entry.node;
  answer.generation = entry.generation;
  answer.attr = stat_of(entry.attributes, presentation);
  answer.attr_timeout = kForEver;
  answer.entry_timeout = kForEver;
  return answer;
}

fuse_entry_param no_entry() {
  fuse_entry_param answer{};
  answer.entry_timeout = kForEver;
  return answer;
}

fuse_entry_out wire_entry_of(const impl::NodeEntry& entry, const Presentation& presentation) {
  fuse_entry_out wire{};
  wire.nodeid = entry.node;
  wire.generation = entry.generation;
  wire.entry_valid = static_cast<std::uint64_t>(kForEver);
  wire.attr_valid = static_cast<std::uint64_t>(kForEver);
  wire.attr = wire_attributes_of(stat_of(entry.attributes, presentation));
  return wire;
}

std::optional<FileType> type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG: return FileType::kRegular;
    case S_IFDIR: return FileType::kDirectory;
    case S_IFLNK: return FileType::kSymlink;
    case S_IFCHR: return FileType::kCharDevice;
    case S_IFBLK: return FileType::kBlockDevice;
    case S_IFIFO: return FileType::kFifo;
    case S_IFSOCK: return FileType::kSocket;
  }
  return std::nullopt;
}

mode_t type_bits(FileType type) {
  switch (type) {
    case FileType::kRegular: return S_IFREG;
    case FileType::kDirectory: return S_IFDIR;
    case FileType::kSymlink: return S_IFLNK;
    case FileType::kCharDevice: return S_IFCHR;
    case FileType::kBlockDevice: return S_IFBLK;
    case FileType::kFifo: return S_IFIFO;
    case FileType::kSocket: return S_IFSOCK;
  }
  return 0;
}

Device device_of(dev_t device) { return Device{.major = major(device), .minor = minor(device)}; }

impl::AttributeChange change_of(const struct stat& wanted, int mask) {
  impl::AttributeChange change;
  if ((mask & FUSE_SET_ATTR_MODE) != 0) change.mode = wanted.st_mode & kModeMask;
  if ((mask & FUSE_SET_ATTR_UID) != 0) change.uid = wanted.st_uid;
  if ((mask & FUSE_SET_ATTR_GID) != 0) change.gid = wanted.st_gid;
  if ((mask & FUSE_SET_ATTR_SIZE) != 0) change.size = static_cast<FileSize>(wanted.st_size);
  change.access_time =
      time_change(wanted.st_atim, (mask & FUSE_SET_ATTR_ATIME) != 0, (mask & FUSE_SET_ATTR_ATIME_NOW) != 0);
  change.modify_time =
      time_change(wanted.st_mtim, (mask & FUSE_SET_ATTR_MTIME) != 0, (mask & FUSE_SET_ATTR_MTIME_NOW) != 0);
  return change;
}

Access access_of(int open_flags) {
  switch (open_flags & O_ACCMODE) {
    case O_RDONLY: return Access::kRead;
    case O_WRONLY: return Access::kWrite;
  }
  return Access::kReadWrite;
}

std::optional<RenameMode> rename_mode_of(unsigned flags) {
  switch (flags) {
    case 0: return RenameMode::kReplace;
    case RENAME_NOREPLACE: return RenameMode::kNoReplace;
    case RENAME_EXCHANGE: return RenameMode::kExchange;
    case RENAME_WHITEOUT: return RenameMode::kWhiteout;
  }
  return std::nullopt;
}

std::optional<XattrMode> xattr_mode_of(int flags) {
  switch (flags) {
    case 0: return XattrMode::kAny;
    case XATTR_CREATE: return XattrMode::kCreate;
    case XATTR_REPLACE: return XattrMode::kReplace;
  }
  return std::nullopt;
}

std::optional<impl::RangeChange> range_change_of(int mode) {
  using impl::RangeChange;
  switch (mode) {
    case 0: return RangeChange::kAllocate;
    case FALLOC_FL_KEEP_SIZE: return RangeChange::kAllocateKeepSize;
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE: return RangeChange::kPunchHole;
    case FALLOC_FL_ZERO_RANGE: return RangeChange::kZero;
    case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE: return RangeChange::kZeroKeepSize;
  }
  return std::nullopt;
}

impl::NewInode new_inode(const fuse_ctx& caller, FileType type, mode_t mode) {
  impl::NewInode inode;
  inode.type = type;
  inode.mode = mode & kModeMask;
  inode.uid = caller.uid;
  inode.gid = caller.gid;
  inode.umask = caller.umask & kModeMask;
  return inode;
}

struct statvfs status_of(const FileSystemStatus& status, const Space& space) {
  struct statvfs answer {};
  answer.f_bsize = status.block_size;
  answer.f_frsize = space.block_size;
  answer.f_blocks = space.blocks;
  answer.f_bfree = space.free_blocks;
  answer.f_bavail = space.available_blocks;
  answer.f_files = space.files;
  answer.f_ffree = space.free_files;
  answer.f_favail = space.free_files;
  answer.f_namemax = status.name_max;
  return answer;
}

}  // namespace ovlspec::fuse
