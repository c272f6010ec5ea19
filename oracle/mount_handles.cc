#include "oracle/mount_handles.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "oracle/descriptor.h"
#include "oracle/file_status.h"
#include "oracle/posix_handle.h"

namespace ovlspec::oracle {
namespace {

// The type as four bytes, then the handle's.
std::string packed(const FileHandle& handle) {
  std::string bytes(sizeof handle.type, '\0');
  std::memcpy(bytes.data(), &handle.type, sizeof handle.type);
  return bytes + handle.bytes;
}

class RawHandle {
 public:
  explicit RawHandle(const std::string& bytes) {
    auto* raw = get();
    std::memcpy(&raw->handle_type, bytes.data(), sizeof raw->handle_type);
    raw->handle_bytes = static_cast<unsigned>(bytes.size() - sizeof raw->handle_type);
    std::memcpy(raw->f_handle, bytes.data() + sizeof raw->handle_type, raw->handle_bytes);
  }
  struct ::file_handle* get() {
    return reinterpret_cast<struct ::file_handle*>(buffer_);
  }

 private:
  alignas(struct ::file_handle) char buffer_[sizeof(struct ::file_handle) + MAX_HANDLE_SZ] = {};
};

Result<std::string> first_bytes(int descriptor) {
  std::string content(kHandleContent, '\0');
  const ssize_t length = ::pread(descriptor, content.data(), content.size(), 0);
  if (length < 0) return last_error();
  content.resize(static_cast<std::size_t>(length));
  return content;
}

}  // namespace

Result<std::string> handle_of(const std::string& mount_point, const std::string& path) {
  const Descriptor root(::open(mount_point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return last_error();
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const Descriptor object(
      static_cast<int>(::syscall(SYS_openat2, root.get(), path.empty() ? "/" : path.c_str(), &how, sizeof how)));
  if (!object.open()) return last_error();
  const auto handle = take_file_handle(object.get());
  if (!handle) return handle.error();
  return packed(*handle);
}

Result<HandleOpened> opened_by_handle(const std::string& mount_point, const std::string& handle) {
  const Descriptor root(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return last_error();
  RawHandle raw(handle);
  const Descriptor object(::open_by_handle_at(root.get(), raw.get(), O_PATH | O_CLOEXEC));
  if (!object.open()) return last_error();
  struct stat status;
  if (::fstat(object.get(), &status) != 0) return last_error();
  HandleOpened opened{.attributes = attributes_from(status), .content = {}};
  if (opened.attributes.type != FileType::kRegular) return opened;
  const Descriptor file(::open_by_handle_at(root.get(), raw.get(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return last_error();
  auto content = first_bytes(file.get());
  if (!content) return content.error();
  opened.content = std::move(*content);
  return opened;
}

}  // namespace ovlspec::oracle
