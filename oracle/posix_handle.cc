#include "oracle/posix_handle.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <bit>
#include <cstring>
#include <utility>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

// struct fsuuid2 and FS_IOC_GETFSUUID of linux/fs.h since 6.9; older headers lack them.
struct FileSystemUuid {
  std::uint8_t length;
  std::uint8_t bytes[kUuidSize];
};
constexpr unsigned long kGetFileSystemUuid = _IOR(0x15, 0, FileSystemUuid);

constexpr std::size_t kHeaderSize = 21;  // sizeof(struct ovl_fb) without the handle
constexpr char kBigEndianFlag = 1;       // OVL_FH_FLAG_BIG_ENDIAN

}  // namespace

std::string file_system_uuid(int descriptor) {
  FileSystemUuid uuid{};
  std::string bytes(kUuidSize, '\0');
  if (::ioctl(descriptor, kGetFileSystemUuid, &uuid) == 0 && uuid.length == kUuidSize)
    std::memcpy(bytes.data(), uuid.bytes, kUuidSize);
  return bytes;
}

Result<FileHandle> take_file_handle(int descriptor) {
  alignas(struct file_handle) char buffer[sizeof(struct file_handle) + MAX_HANDLE_SZ];
  auto* raw = reinterpret_cast<struct file_handle*>(buffer);
  raw->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(descriptor, "", raw, &mount, AT_EMPTY_PATH) != 0) return last_error();
  return FileHandle{.type = raw->handle_type,
                    .bytes = std::string(reinterpret_cast<const char*>(raw->f_handle), raw->handle_bytes)};
}

FileHandle file_handle(int descriptor) {
  auto handle = take_file_handle(descriptor);
  return handle ? std::move(*handle) : FileHandle{};
}

std::string overlay_handle(const FileHandle& handle, std::string_view uuid) {
  if (handle.bytes.empty()) return {};
  std::string bytes;
  bytes += '\0';
  bytes += '\xfb';
  bytes += static_cast<char>(kHeaderSize + handle.bytes.size());
  bytes += std::endian::native == std::endian::big ? kBigEndianFlag : '\0';
  bytes += static_cast<char>(handle.type);
  bytes += uuid;
  return bytes + handle.bytes;
}

}  // namespace ovlspec::oracle
