#include "oracle/file_status.h"

#include <sys/sysmacros.h>

namespace ovlspec::oracle {

std::optional<FileType> type_from_mode(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  if (S_ISCHR(mode)) return FileType::kCharDevice;
  if (S_ISBLK(mode)) return FileType::kBlockDevice;
  if (S_ISFIFO(mode)) return FileType::kFifo;
  if (S_ISSOCK(mode)) return FileType::kSocket;
  return std::nullopt;
}

mode_t mode_from_type(FileType type) {
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

Time time_from(const struct timespec& time) {
  return Time{.seconds = time.tv_sec, .nanoseconds = static_cast<std::uint32_t>(time.tv_nsec)};
}

struct timespec timespec_from(Time time) {
  return {.tv_sec = time.seconds, .tv_nsec = static_cast<long>(time.nanoseconds)};
}

Attributes attributes_from(const struct stat& status) {
  const FileType type = type_from_mode(status.st_mode).value_or(FileType::kRegular);
  const bool device = type == FileType::kCharDevice || type == FileType::kBlockDevice;
  return Attributes{
      .type = type,
      .mode = status.st_mode & kModeMask,
      .links = static_cast<std::uint32_t>(status.st_nlink),
      .uid = status.st_uid,
      .gid = status.st_gid,
      .device = device ? Device{gnu_dev_major(status.st_rdev), gnu_dev_minor(status.st_rdev)} : Device{},
      .size = static_cast<FileSize>(status.st_size),
      .blocks = static_cast<std::uint64_t>(status.st_blocks),
      .access_time = time_from(status.st_atim),
      .modify_time = time_from(status.st_mtim),
      .change_time = time_from(status.st_ctim),
      .number = status.st_ino,
      .file_system = status.st_dev,
  };
}

}  // namespace ovlspec::oracle
