#include "oracle/squashfs_digest.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <optional>

#include "model/vocabulary/wide_digest.h"
#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

// struct squashfs_super_block of fs/squashfs/squashfs_fs.h.
constexpr std::size_t kSuperblock = 96;
constexpr std::size_t kInodeTableStart = 64;
constexpr std::size_t kDirectoryTableStart = 72;  // where the inode table ends
constexpr std::uint64_t kLargest = 64 << 20;      // bytes of an inode table; a longer one is damage

Descriptor open_device(dev_t device) {
  const std::string link = "/sys/dev/block/" + std::to_string(major(device)) + ":" + std::to_string(minor(device));
  char target[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  if (size <= 0) return Descriptor();
  const std::string path(target, static_cast<std::size_t>(size));
  Descriptor opened(::open(("/dev" + path.substr(path.rfind('/'))).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  const bool is_it = opened.open() && ::fstat(opened.get(), &status) == 0 && S_ISBLK(status.st_mode);
  return is_it && status.st_rdev == device ? std::move(opened) : Descriptor();
}

std::optional<std::string> bytes_at(int file, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  const ssize_t read = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (read < 0 || static_cast<std::size_t>(read) != count) return std::nullopt;
  return bytes;
}

std::uint64_t little_endian(const std::string& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

std::string squashfs_digest(int descriptor) {
  struct statfs facts;
  struct stat status;
  if (::fstatfs(descriptor, &facts) != 0 || facts.f_type != SQUASHFS_MAGIC || ::fstat(descriptor, &status) != 0)
    return {};
  const Descriptor image = open_device(status.st_dev);
  if (!image.open()) return {};
  const auto superblock = bytes_at(image.get(), 0, kSuperblock);
  if (!superblock) return {};
  const std::uint64_t begin = little_endian(*superblock, kInodeTableStart);
  const std::uint64_t end = little_endian(*superblock, kDirectoryTableStart);
  if (end < begin || end - begin > kLargest) return {};
  const auto table = bytes_at(image.get(), begin, static_cast<std::size_t>(end - begin));
  return table ? WideDigest().add(*superblock).add(*table).value() : std::string();
}

}  // namespace ovlspec::oracle
