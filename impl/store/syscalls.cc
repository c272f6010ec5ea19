#include "impl/store/syscalls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ovlspec::impl::syscalls {
namespace {

Errno last_error() { return errno_from_number(errno).value_or(Errno::kEIO); }

Status done(long result) { return result < 0 ? last_error() : Status(); }

Result<Descriptor> opened(long result) {
  if (result < 0) return last_error();
  return Descriptor(static_cast<int>(result));
}

// The magic link that leads to the very inode of a descriptor, symlinks too.
class MagicLink {
 public:
  explicit MagicLink(int descriptor) { std::snprintf(path_, sizeof path_, "/proc/self/fd/%d", descriptor); }
  const char* get() const { return path_; }

 private:
  char path_[32];
};

FileType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return FileType::kDirectory;
    case S_IFLNK: return FileType::kSymlink;
    case S_IFCHR: return FileType::kCharDevice;
    case S_IFBLK: return FileType::kBlockDevice;
    case S_IFIFO: return FileType::kFifo;
    case S_IFSOCK: return FileType::kSocket;
    default: return FileType::kRegular;
  }
}

mode_t format_of(FileType type) {
  switch (type) {
    case FileType::kRegular: return S_IFREG;
    case FileType::kDirectory: return S_IFDIR;
    case FileType::kSymlink: return S_IFLNK;
    case FileType::kCharDevice: return S_IFCHR;
    case FileType::kBlockDevice: return S_IFBLK;
    case FileType::kFifo: return S_IFIFO;
    case FileType::kSocket: return S_IFSOCK;
  }
  return S_IFREG;
}

Time time_of(const timespec& time) {
  return Time{.seconds = time.tv_sec, .nanoseconds = static_cast<std::uint32_t>(time.tv_nsec)};
}

Attributes attributes_of(const struct stat& stat) {
  Attributes attributes;
  attributes.type = type_of(stat.st_mode);
  attributes.mode = stat.st_mode & kModeMask;
  attributes.links = static_cast<std::uint32_t>(stat.st_nlink);
  attributes.uid = stat.st_uid;
  attributes.gid = stat.st_gid;
  if (S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode)) {
    attributes.device = Device{.major = major(stat.st_rdev), .minor = minor(stat.st_rdev)};
  }
  attributes.size = static_cast<FileSize>(stat.st_size);
  attributes.blocks = static_cast<std::uint64_t>(stat.st_blocks);
  attributes.access_time = time_of(stat.st_atim);
  attributes.modify_time = time_of(stat.st_mtim);
  attributes.change_time = time_of(stat.st_ctim);
  attributes.number = stat.st_ino;
  attributes.file_system = stat.st_dev;
  return attributes;
}

timespec timespec_of(const TimeChange& change) {
  switch (change.kind) {
    case TimeChange::Kind::kOmit: return timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT};
    case TimeChange::Kind::kNow: return timespec{.tv_sec = 0, .tv_nsec = UTIME_NOW};
    case TimeChange::Kind::kSet: break;
  }
  return timespec{.tv_sec = change.value.seconds, .tv_nsec = static_cast<long>(change.value.nanoseconds)};
}

long open_at(int directory, const char* path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  return syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// Runs `call(buffer, size)`, which answers ERANGE for a small buffer and the needed size for size 0.
template <typename Call>
Result<std::string> read_growing(Call call) {
  std::array<char, 512> small;
  ssize_t count = call(small.data(), small.size());
  if (count >= 0) return std::string(small.data(), static_cast<std::size_t>(count));
  std::string bytes;
  while (errno == ERANGE) {
    const ssize_t needed = call(nullptr, 0);
    if (needed < 0) break;
    bytes.resize(static_cast<std::size_t>(needed) + 1);
    count = call(bytes.data(), bytes.size());
    if (count < 0) continue;
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }
  return last_error();
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Result<Descriptor> open_directory_path(const std::string& path) {
  return opened(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Result<Descriptor> open_child(int directory, const ComponentName& name) {
  Result<Descriptor> child = opened(open_at(directory, name.get(), 0));
  if (child.error() == Errno::kEXDEV) return Errno::kEREMOTE;
  return child;
}

Result<Descriptor> open_directory_beneath(int root, const std::string& path) {
  return opened(open_at(root, path.c_str(), O_DIRECTORY));
}

Result<Descriptor> open_listing(int directory, OpenTimes times) {
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (times == OpenTimes::kKeep ? O_NOATIME : 0);
  return opened(openat(directory, ".", flags));
}

namespace {
int flags_of(Access access, OpenTimes times) {
  const int flags = O_CLOEXEC | (times == OpenTimes::kKeep ? O_NOATIME : 0);
  switch (access) {
    case Access::kRead: return flags | O_RDONLY;
    case Access::kWrite: return flags | O_WRONLY;
    case Access::kReadWrite: break;
  }
  return flags | O_RDWR;
}
}  // namespace

Result<Descriptor> reopen(int inode, Access access, OpenTimes times) {
  return opened(::open(MagicLink(inode).get(), flags_of(access, times)));
}

Result<Descriptor> open_for_reading(const std::string& path) {
  return opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

Result<std::string> path_of(int descriptor) { return link_target_of(MagicLink(descriptor).get()); }

Result<std::string> link_target_of(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return last_error();
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<Attributes> attributes(int descriptor) {
  struct stat stat;
  if (fstat(descriptor, &stat) != 0) return last_error();
  return attributes_of(stat);
}

Result<ChildStatus> child_status(int directory, const ComponentName& name) {
  struct statx found;
  if (statx(directory, name.get(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &found) != 0) {
    return last_error();
  }
  const auto time = [](const statx_timestamp& from) {
    return timespec{.tv_sec = from.tv_sec, .tv_nsec = static_cast<long>(from.tv_nsec)};
  };
  struct stat stat {};
  stat.st_mode = found.stx_mode;
  stat.st_nlink = found.stx_nlink;
  stat.st_uid = found.stx_uid;
  stat.st_gid = found.stx_gid;
  stat.st_rdev = makedev(found.stx_rdev_major, found.stx_rdev_minor);
  stat.st_size = static_cast<off_t>(found.stx_size);
  stat.st_blocks = static_cast<blkcnt_t>(found.stx_blocks);
  stat.st_atim = time(found.stx_atime);
  stat.st_mtim = time(found.stx_mtime);
  stat.st_ctim = time(found.stx_ctime);
  stat.st_ino = found.stx_ino;
  stat.st_dev = makedev(found.stx_dev_major, found.stx_dev_minor);
  ChildStatus status{.attributes = attributes_of(stat), .protection = {}};
  // Where there is some it has to be looked at more closely: protection().
  if ((found.stx_attributes & kProtection) == 0) status.protection = 0;
  return status;
}

Result<FileSystemStatus> status(int descriptor) {
  struct statvfs status;
  if (fstatvfs(descriptor, &status) != 0) return last_error();
  return FileSystemStatus{
      .name_max = status.f_namemax, .block_size = status.f_bsize, .read_only = (status.f_flag & ST_RDONLY) != 0};
}

Result<LayerRights> rights(int descriptor) {
  struct statvfs status;
  if (fstatvfs(descriptor, &status) != 0) return last_error();
  return LayerRights{.set_ids = (status.f_flag & ST_NOSUID) == 0, .devices = (status.f_flag & ST_NODEV) == 0};
}

Result<std::vector<StoredEntry>> entries(int listing) {
  std::vector<StoredEntry> list;
  alignas(dirent64) std::array<char, 32768> buffer;
  while (true) {
    const ssize_t count = getdents64(listing, buffer.data(), buffer.size());
    if (count < 0) return last_error();
    if (count == 0) return list;
    for (ssize_t at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      list.push_back({.name = std::string(name),
                      .number = entry->d_ino,
                      .type = type_of(static_cast<mode_t>(DTTOIF(entry->d_type))),
                      .type_known = entry->d_type != DT_UNKNOWN});
    }
  }
}

Result<std::string> symlink_target(int symlink) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = readlinkat(symlink, "", target.data(), target.size());
  if (length < 0) return last_error();
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<std::string> xattr(int inode, const std::string& name) {
  const MagicLink link(inode);
  return read_growing([&](char* buffer, std::size_t size) { return getxattr(link.get(), name.c_str(), buffer, size); });
}

Result<std::vector<std::string>> xattr_names(int inode) {
  const MagicLink link(inode);
  const Result<std::string> packed =
      read_growing([&](char* buffer, std::size_t size) { return listxattr(link.get(), buffer, size); });
  if (!packed) return packed.error();
  std::vector<std::string> list;
  for (std::size_t at = 0; at < packed->size(); at += list.back().size() + 1) list.emplace_back(packed->c_str() + at);
  return list;
}

namespace {
struct HandleBuffer {
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> bytes{};
  file_handle* get() { return reinterpret_cast<file_handle*>(bytes.data()); }
};
}  // namespace

namespace {
Result<BackingHandle> handle_at(int directory, const char* name, int flags) {
  HandleBuffer buffer;
  buffer.get()->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (name_to_handle_at(directory, name, buffer.get(), &mount, flags) != 0) return last_error();
  const char* bytes = reinterpret_cast<const char*>(buffer.get()->f_handle);
  return BackingHandle{.type = buffer.get()->handle_type, .bytes = std::string(bytes, buffer.get()->handle_bytes)};
}
}  // namespace

Result<BackingHandle> handle(int inode) { return handle_at(inode, "", AT_EMPTY_PATH); }

Result<BackingHandle> child_handle(int directory, const ComponentName& name) {
  return handle_at(directory, name.get(), 0);
}

namespace {
Result<Descriptor> open_by_handle(int listing, const BackingHandle& handle, int flags) {
  if (handle.bytes.empty() || handle.bytes.size() > MAX_HANDLE_SZ) return Errno::kESTALE;
  HandleBuffer buffer;
  buffer.get()->handle_bytes = static_cast<unsigned>(handle.bytes.size());
  buffer.get()->handle_type = handle.type;
  std::memcpy(buffer.get()->f_handle, handle.bytes.data(), handle.bytes.size());
  return opened(open_by_handle_at(listing, buffer.get(), flags));
}
}  // namespace

Result<Descriptor> open_handle(int listing, const BackingHandle& handle) {
  return open_by_handle(listing, handle, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

Result<Descriptor> open_file_handle(int listing, const BackingHandle& handle, Access access, OpenTimes times) {
  return open_by_handle(listing, handle, flags_of(access, times) | O_NONBLOCK);
}

Result<InodeFlags> flags(int opened) {
  unsigned value = 0;
  if (ioctl(opened, FS_IOC_GETFLAGS, &value) == 0) return InodeFlags{value};
  return errno == ENOTTY ? Errno::kEOPNOTSUPP : last_error();
}

Status set_flags(int opened, InodeFlags flags) {
  unsigned value = flags;
  if (ioctl(opened, FS_IOC_SETFLAGS, &value) == 0) return {};
  return errno == ENOTTY ? Errno::kEOPNOTSUPP : last_error();
}

Result<InodeFlags> protection(int inode) {
  static_assert(kImmutable == STATX_ATTR_IMMUTABLE && kAppendOnly == STATX_ATTR_APPEND);
  struct statx status;
  if (statx(inode, "", AT_EMPTY_PATH, 0, &status) != 0) return last_error();
  const auto found = static_cast<InodeFlags>(status.stx_attributes & kProtection);
  if (found == 0) return found;
  // erofs says it of everything that it has, as nothing there can change; no overlay takes it for a flag.
  struct statfs file_system {};
  if (fstatfs(inode, &file_system) != 0) return last_error();
  return file_system.f_type == EROFS_SUPER_MAGIC_V1 ? InodeFlags{0} : found;
}

Status make_directory(int directory, const ComponentName& name, Mode mode) {
  return done(mkdirat(directory, name.get(), mode));
}

Status make_symlink(int directory, const ComponentName& name, const std::string& target) {
  return done(symlinkat(target.c_str(), directory, name.get()));
}

Status make_node(int directory, const ComponentName& name, const NewInode& inode) {
  const bool is_device = inode.type == FileType::kCharDevice || inode.type == FileType::kBlockDevice;
  const dev_t device = is_device ? makedev(inode.device.major, inode.device.minor) : 0;
  return done(mknodat(directory, name.get(), format_of(inode.type) | (inode.mode & kModeMask), device));
}

Status link(int inode, int directory, const ComponentName& name) {
  if (linkat(inode, "", directory, name.get(), AT_EMPTY_PATH) == 0) return {};
  // Without CAP_DAC_READ_SEARCH the kernel answers ENOENT; the magic link is open to all.
  if (errno != ENOENT) return last_error();
  return done(linkat(AT_FDCWD, MagicLink(inode).get(), directory, name.get(), AT_SYMLINK_FOLLOW));
}

Status unlink(int directory, const ComponentName& name) { return done(unlinkat(directory, name.get(), 0)); }

Status remove_directory(int directory, const ComponentName& name) {
  return done(unlinkat(directory, name.get(), AT_REMOVEDIR));
}

Status rename(int from, const ComponentName& from_name, int to, const ComponentName& to_name, StoreRename mode) {
  unsigned flags = 0;
  switch (mode) {
    case StoreRename::kReplace: break;
    case StoreRename::kNoReplace: flags = RENAME_NOREPLACE; break;
    case StoreRename::kExchange: flags = RENAME_EXCHANGE; break;
    case StoreRename::kWhiteout: flags = RENAME_WHITEOUT; break;
  }
  return done(renameat2(from, from_name.get(), to, to_name.get(), flags));
}

Status set_mode(int inode, Mode mode) { return done(chmod(MagicLink(inode).get(), mode)); }

Status set_owner(int inode, std::optional<Uid> uid, std::optional<Gid> gid) {
  return done(fchownat(inode, "", uid.value_or(~Uid{0}), gid.value_or(~Gid{0}), AT_EMPTY_PATH));
}

Status set_size(int inode, FileSize size) {
  if (size > static_cast<FileSize>(INT64_MAX)) return Errno::kEFBIG;
  return done(truncate(MagicLink(inode).get(), static_cast<off_t>(size)));
}

Status set_times(int inode, const TimeChange& access, const TimeChange& modify) {
  const std::array<timespec, 2> times = {timespec_of(access), timespec_of(modify)};
  return done(utimensat(inode, "", times.data(), AT_EMPTY_PATH));
}

Status set_xattr(int inode, const std::string& name, std::string_view value, XattrMode mode) {
  int flags = 0;
  switch (mode) {
    case XattrMode::kAny: break;
    case XattrMode::kCreate: flags = XATTR_CREATE; break;
    case XattrMode::kReplace: flags = XATTR_REPLACE; break;
  }
  return done(setxattr(MagicLink(inode).get(), name.c_str(), value.data(), value.size(), flags));
}

Status remove_xattr(int inode, const std::string& name) {
  return done(removexattr(MagicLink(inode).get(), name.c_str()));
}

Result<std::size_t> read_at(int file, char* buffer, std::size_t size, FileSize offset) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = pread(file, buffer + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error();
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

Result<std::size_t> write_at(int file, std::string_view data, FileSize offset) {
  std::size_t written = 0;
  while (written < data.size()) {
    const ssize_t count =
        pwrite(file, data.data() + written, data.size() - written, static_cast<off_t>(offset + written));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && written == 0) return last_error();
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  return written;
}

Result<std::optional<LayerStore::Extent>> next_data(int file, FileSize offset) {
  const off_t begin = lseek(file, static_cast<off_t>(offset), SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return std::optional<LayerStore::Extent>();
  if (begin < 0) return last_error();
  const off_t end = lseek(file, begin, SEEK_HOLE);
  // The file may have been cut between the two calls.
  if (end < 0 && errno == ENXIO) return std::optional<LayerStore::Extent>();
  if (end < 0) return last_error();
  return std::optional(LayerStore::Extent{.begin = static_cast<FileSize>(begin), .end = static_cast<FileSize>(end)});
}

namespace {
int mode_of(RangeChange change) {
  switch (change) {
    case RangeChange::kAllocate: return 0;
    case RangeChange::kAllocateKeepSize: return FALLOC_FL_KEEP_SIZE;
    case RangeChange::kPunchHole: return FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    case RangeChange::kZero: return FALLOC_FL_ZERO_RANGE;
    case RangeChange::kZeroKeepSize: return FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
  }
  return 0;
}
}  // namespace

Status change_range(int file, RangeChange change, LayerStore::Extent range) {
  const auto offset = static_cast<off_t>(range.begin);
  const auto length = static_cast<off_t>(range.end - range.begin);
  int result = 0;
  do {
    result = fallocate(file, mode_of(change), offset, length);
  } while (result != 0 && errno == EINTR);
  return done(result);
}

Result<std::size_t> copy_range(FilePosition from, FilePosition to, std::size_t size) {
  auto read_at = static_cast<off64_t>(from.offset);
  auto write_at = static_cast<off64_t>(to.offset);
  while (true) {
    const ssize_t count = copy_file_range(from.file, &read_at, to.file, &write_at, size, 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return last_error();
  }
}

Status sync(int file) { return done(fsync(file)); }

}  // namespace ovlspec::impl::syscalls
