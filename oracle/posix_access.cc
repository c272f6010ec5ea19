#include "oracle/posix_access.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/vocabulary/handle_digest.h"
#include "model/vocabulary/wide_digest.h"
#include "oracle/directory_reader.h"
#include "oracle/file_status.h"
#include "oracle/posix_handle.h"
#include "oracle/squashfs_digest.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kPathChunk = 4000;  // bytes of a path handed to the kernel at once
constexpr std::size_t kXattrMax = 65536;  // XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h

// A path that leads to the open inode itself, a symlink too.
std::string link_to(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

Result<Descriptor> open_chunk(int directory, const std::string& path, int flags) {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long number = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
  if (number < 0) return last_error();
  return Descriptor(static_cast<int>(number));
}

// Reading leaves no trace in the access time where this process may ask for that.
Result<Descriptor> reopen(int descriptor, int flags) {
  const std::string path = link_to(descriptor);
  int number = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOATIME);
  if (number < 0 && errno == EPERM) number = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
  if (number < 0) return last_error();
  return Descriptor(number);
}

// Calls `get(buffer, size)` with a buffer that is large enough for most, then for all. ENODATA and the like are errors.
template <typename Get>
Result<std::string> read_variable(const Get& get) {
  char few[256];
  ssize_t size = get(few, sizeof few);
  if (size >= 0) return std::string(few, static_cast<std::size_t>(size));
  if (errno != ERANGE) return last_error();
  std::string many(kXattrMax, '\0');
  size = get(many.data(), many.size());
  if (size < 0) return last_error();
  return many.substr(0, static_cast<std::size_t>(size));
}

Result<std::vector<model::Xattr>> read_xattrs(int descriptor) {
  const std::string path = link_to(descriptor);
  std::vector<model::Xattr> xattrs;
  const auto names =
      read_variable([&](char* buffer, std::size_t size) { return ::listxattr(path.c_str(), buffer, size); });
  if (!names && names.error() == Errno::kEOPNOTSUPP) return xattrs;
  if (!names) return names.error();
  for (std::size_t begin = 0; begin < names->size(); begin += xattrs.back().name.size() + 1) {
    const char* name = names->data() + begin;
    auto value =
        read_variable([&](char* buffer, std::size_t size) { return ::getxattr(path.c_str(), name, buffer, size); });
    if (!value) return value.error();
    xattrs.push_back(model::Xattr{name, std::move(*value)});
  }
  std::sort(xattrs.begin(), xattrs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return xattrs;
}

// Appends what lies from `offset` on to `content`, up to `end` or the end of the file.
Status read_range(int file, off_t offset, off_t end, model::Content& content) {
  std::string bytes(static_cast<std::size_t>(end - offset), '\0');
  std::size_t read = 0;
  while (read < bytes.size()) {
    const ssize_t count = ::pread(file, bytes.data() + read, bytes.size() - read, offset + static_cast<off_t>(read));
    if (count < 0) return last_error();
    if (count == 0) break;
    read += static_cast<std::size_t>(count);
  }
  content.write(static_cast<FileSize>(offset), std::string_view(bytes).substr(0, read));
  return {};
}

// What lies in holes reads as zeros: of large files, only the data between them is read.
Result<model::Content> read_content(int descriptor, FileSize size) {
  constexpr FileSize kLarge = 65536;
  model::Content content;
  if (size == 0) return content;
  auto file = reopen(descriptor, O_RDONLY);
  if (!file) return file.error();
  if (size <= kLarge) {
    OVLSPEC_TRY(read_range(file->get(), 0, static_cast<off_t>(size), content));
    content.resize(size);
    return content;
  }
  off_t offset = ::lseek(file->get(), 0, SEEK_DATA);
  while (offset >= 0) {
    const off_t end = ::lseek(file->get(), offset, SEEK_HOLE);
    if (end < 0) return last_error();
    OVLSPEC_TRY(read_range(file->get(), offset, end, content));
    offset = ::lseek(file->get(), end, SEEK_DATA);
  }
  if (errno != ENXIO) return last_error();
  content.resize(size);
  return content;
}

Result<std::string> read_target(int descriptor) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(descriptor, "", target.data(), target.size());
  if (size < 0) return last_error();
  target.resize(static_cast<std::size_t>(size));
  return target;
}

std::uint32_t inode_version(int descriptor) {
  auto file = reopen(descriptor, O_RDONLY);
  if (!file) return 0;
  long version = 0;
  return ::ioctl(file->get(), FS_IOC_GETVERSION, &version) == 0 ? static_cast<std::uint32_t>(version) : 0;
}

Status write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0) return last_error();
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status done(int result) { return result < 0 ? Status(last_error()) : Status(); }

Status make_file(int directory, const std::string& name, const model::Content& content) {
  const Descriptor file(::openat(directory, name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.open()) return last_error();
  OVLSPEC_TRY(write_all(file.get(), content.data()));
  if (content.size() > content.data().size()) return done(::ftruncate(file.get(), static_cast<off_t>(content.size())));
  return {};
}

// The object with a mode that opens it to nobody else; its attributes come after.
Status make_bare(int directory, const std::string& name, const model::Inode& inode) {
  switch (inode.type) {
    case FileType::kRegular: return make_file(directory, name, inode.content);
    case FileType::kDirectory: return done(::mkdirat(directory, name.c_str(), 0700));
    case FileType::kSymlink: return done(::symlinkat(inode.content.all().c_str(), directory, name.c_str()));
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
    case FileType::kFifo:
    case FileType::kSocket: break;
  }
  const dev_t device = gnu_dev_makedev(inode.device.major, inode.device.minor);
  return done(::mknodat(directory, name.c_str(), mode_from_type(inode.type) | 0600, device));
}

Status set_times_of(int descriptor, Time access, Time modify) {
  const struct timespec times[2] = {timespec_from(access), timespec_from(modify)};
  return done(::utimensat(descriptor, "", times, AT_EMPTY_PATH));
}

// Owner before mode, since a change of owner takes set-id bits away; times last.
Status set_attributes(int descriptor, const model::Inode& inode) {
  // chown takes this number for "unchanged": no object has it.
  constexpr Uid kNobodyAtAll = ~Uid{0};
  if (inode.uid == kNobodyAtAll || inode.gid == kNobodyAtAll) return Errno::kEINVAL;
  const std::string path = link_to(descriptor);
  OVLSPEC_TRY(done(::fchownat(descriptor, "", inode.uid, inode.gid, AT_EMPTY_PATH)));
  if (!inode.is(FileType::kSymlink)) OVLSPEC_TRY(done(::chmod(path.c_str(), inode.mode & kModeMask)));
  for (const model::Xattr& xattr : inode.xattrs)
    OVLSPEC_TRY(done(::setxattr(path.c_str(), xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0)));
  return set_times_of(descriptor, inode.access_time.value, inode.modify_time.value);
}

Result<std::vector<std::string>> names_in(int descriptor) {
  DirectoryReader reader(DirectoryReader::Chunk::kLarge);
  std::vector<DirectoryEntry> entries;
  OVLSPEC_TRY(reader.read(descriptor, 0, entries));
  std::vector<std::string> names;
  for (DirectoryEntry& entry : entries)
    if (entry.name != "." && entry.name != "..") names.push_back(std::move(entry.name));
  return names;
}

Status remove_at(int directory, const std::string& name);

Status empty_directory(int directory) {
  const auto names = names_in(directory);
  if (!names) return names.error();
  for (const std::string& name : *names) OVLSPEC_TRY(remove_at(directory, name));
  return {};
}

Status remove_at(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0) return {};
  if (errno != EISDIR && errno != EPERM) return last_error();
  {
    const Descriptor child(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child.open()) return last_error();
    OVLSPEC_TRY(empty_directory(child.get()));
  }
  return done(::unlinkat(directory, name.c_str(), AT_REMOVEDIR));
}

bool has_name(std::string_view uuid) { return uuid.find_first_not_of('\0') != std::string_view::npos; }

std::uint64_t mounted_file_system(std::uint64_t device, std::string_view uuid) {
  const std::string digest = WideDigest().field(std::to_string(device)).field(uuid).value();
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return number;
}

}  // namespace

Result<std::unique_ptr<PosixAccess>> PosixAccess::open(const std::string& path) {
  Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return last_error();
  return std::make_unique<PosixAccess>(std::move(root));
}

PosixAccess::PosixAccess(Descriptor root) : root_(std::move(root)), uuid_(file_system_uuid(root_.get())) {
  if (std::string digest = squashfs_digest(root_.get()); !digest.empty()) uuid_ = std::move(digest);
  struct stat status;
  if (::fstat(root_.get(), &status) == 0) device_ = status.st_dev;
  file_system_ = has_name(uuid_) ? mounted_file_system(device_, uuid_) : device_;
}

Result<Descriptor> PosixAccess::open_at(std::string_view path, int flags) const {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  Descriptor directory;
  while (path.size() > kPathChunk) {
    const auto slash = path.rfind('/', kPathChunk);
    if (slash == std::string_view::npos) return Errno::kENAMETOOLONG;
    const int base = directory.open() ? directory.get() : root_.get();
    auto next = open_chunk(base, std::string(path.substr(0, slash)), O_PATH | O_DIRECTORY);
    if (!next) return next.error();
    directory = std::move(*next);
    path.remove_prefix(slash + 1);
  }
  const int base = directory.open() ? directory.get() : root_.get();
  return open_chunk(base, path.empty() ? "." : std::string(path), flags);
}

Result<PosixAccess::Place> PosixAccess::place(std::string_view path) const {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const auto slash = path.rfind('/');
  const bool top = slash == std::string_view::npos;
  const auto name = top ? path : path.substr(slash + 1);
  if (name.empty()) return Errno::kEBUSY;  // the root has no name to take away or to give
  auto directory = open_at(top ? std::string_view{} : path.substr(0, slash), O_PATH | O_DIRECTORY);
  if (!directory) return directory.error();
  return Place{std::move(*directory), std::string(name)};
}

Result<AccessedInode> PosixAccess::read(std::string_view path) {
  const auto inode = open_at(path, O_PATH);
  if (!inode) return inode.error();
  struct stat status;
  if (::fstat(inode->get(), &status) != 0) return last_error();
  const Attributes attributes = attributes_from(status);
  const FileHandle handle = file_handle(inode->get());

  AccessedInode accessed;
  accessed.links = attributes.links;
  const bool is_roots = attributes.file_system == device_;
  accessed.handle = overlay_handle(handle, is_roots ? uuid_ : std::string(kUuidSize, '\0'));
  accessed.backing = {.file_system = is_roots ? file_system_ : attributes.file_system,
                      .number = attributes.number,
                      .generation = handle_digest(handle.bytes)};
  accessed.inode.type = attributes.type;
  accessed.inode.mode = attributes.mode;
  accessed.inode.uid = attributes.uid;
  accessed.inode.gid = attributes.gid;
  accessed.inode.device = attributes.device;
  accessed.inode.access_time = model::FreeTime::at(attributes.access_time);
  accessed.inode.modify_time = model::FreeTime::at(attributes.modify_time);

  const bool openable = attributes.type == FileType::kRegular || attributes.type == FileType::kDirectory;
  if (handle.bytes.empty() && openable) accessed.backing.generation = inode_version(inode->get());
  if (attributes.type == FileType::kRegular) {
    if (attributes.size > content_limit_) return Errno::kEFBIG;
    auto content = read_content(inode->get(), attributes.size);
    if (!content) return content.error();
    accessed.inode.content = std::move(*content);
  } else if (attributes.type == FileType::kSymlink) {
    auto target = read_target(inode->get());
    if (!target) return target.error();
    accessed.inode.content = model::Content(std::move(*target));
  }
  auto xattrs = read_xattrs(inode->get());
  if (!xattrs) return xattrs.error();
  accessed.inode.xattrs = std::move(*xattrs);
  return accessed;
}

Result<std::vector<std::string>> PosixAccess::list(std::string_view path) {
  auto directory = open_at(path, O_RDONLY | O_DIRECTORY | O_NOATIME);
  if (!directory && directory.error() == Errno::kEPERM) directory = open_at(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  return names_in(directory->get());
}

Status PosixAccess::make(std::string_view path, const model::Inode& inode) {
  if (path.empty()) return set_attributes(root_.get(), inode);
  const auto at = place(path);
  if (!at) return at.error();
  OVLSPEC_TRY(make_bare(at->directory.get(), at->name, inode));
  const auto made = open_chunk(at->directory.get(), at->name, O_PATH);
  if (!made) return made.error();
  return set_attributes(made->get(), inode);
}

Status PosixAccess::link(std::string_view from, std::string_view to) {
  const auto source = place(from);
  if (!source) return source.error();
  const auto target = place(to);
  if (!target) return target.error();
  return done(
      ::linkat(source->directory.get(), source->name.c_str(), target->directory.get(), target->name.c_str(), 0));
}

Status PosixAccess::rename(std::string_view from, std::string_view to) {
  const auto source = place(from);
  if (!source) return source.error();
  const auto target = place(to);
  if (!target) return target.error();
  return done(::renameat(source->directory.get(), source->name.c_str(), target->directory.get(), target->name.c_str()));
}

Status PosixAccess::remove(std::string_view path) {
  const auto at = place(path);
  if (!at) return at.error();
  return remove_at(at->directory.get(), at->name);
}

Status PosixAccess::set_mode(std::string_view path, Mode mode) {
  const auto inode = open_at(path, O_PATH);
  if (!inode) return inode.error();
  return done(::chmod(link_to(inode->get()).c_str(), mode & kModeMask));
}

Status PosixAccess::set_content(std::string_view path, std::string_view content) {
  const auto inode = open_at(path, O_PATH);
  if (!inode) return inode.error();
  struct stat status;
  if (::fstat(inode->get(), &status) != 0) return last_error();
  if (!S_ISREG(status.st_mode)) return Errno::kEINVAL;
  const auto file = reopen(inode->get(), O_WRONLY | O_TRUNC);
  if (!file) return file.error();
  return write_all(file->get(), content);
}

Status PosixAccess::set_times(std::string_view path, Time access, Time modify) {
  const auto inode = open_at(path, O_PATH);
  if (!inode) return inode.error();
  return set_times_of(inode->get(), access, modify);
}

Status PosixAccess::clear() {
  // The root's own descriptor keeps a position: list through another.
  const auto directory = open_at("", O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  return empty_directory(directory->get());
}

}  // namespace ovlspec::oracle
