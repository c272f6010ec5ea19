// What stat shows of an object, in the units of POSIX.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace ovlspec {

using Uid = std::uint32_t;
using Gid = std::uint32_t;
using Mode = std::uint32_t;  // permission bits 07777, never the type
using InodeNumber = std::uint64_t;
using FileSize = std::uint64_t;  // bytes

inline constexpr Mode kModeMask = 07777;
inline constexpr Mode kSetUid = 04000;
inline constexpr Mode kSetGid = 02000;
inline constexpr Mode kSticky = 01000;

enum class FileType : std::uint8_t {
  kRegular,
  kDirectory,
  kSymlink,
  kCharDevice,
  kBlockDevice,
  kFifo,
  kSocket,
};

// A point in time since the epoch. Invariant: nanoseconds < 1'000'000'000.
struct Time {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Time&) const = default;
};

// The device that a device node names; 0:0 of a character device is a whiteout.
struct Device {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const Device&) const = default;
};

struct Attributes {
  FileType type = FileType::kRegular;
  Mode mode = 0;
  std::uint32_t links = 1;
  Uid uid = 0;
  Gid gid = 0;
  Device device;             // st_rdev; 0:0 for what is not a device node
  FileSize size = 0;         // bytes; a symlink's is the length of its target
  std::uint64_t blocks = 0;  // st_blocks, units of 512 bytes
  Time access_time;
  Time modify_time;
  Time change_time;
  InodeNumber number = 0;         // st_ino
  std::uint64_t file_system = 0;  // st_dev, as one opaque number
  bool operator==(const Attributes&) const = default;
};

// One entry as readdir returns it, `.` and `..` included.
struct DirectoryEntry {
  std::string name;
  InodeNumber number = 0;  // d_ino
  FileType type = FileType::kRegular;
  bool type_known = true;  // false where d_type was DT_UNKNOWN
  bool operator==(const DirectoryEntry&) const = default;
};

// What statfs shows that the specification speaks of.
struct FileSystemStatus {
  std::uint64_t name_max = 255;  // bytes
  std::uint64_t block_size = 0;  // bytes
  bool read_only = false;
  bool operator==(const FileSystemStatus&) const = default;
};

}  // namespace ovlspec
