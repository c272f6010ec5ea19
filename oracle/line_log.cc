#include "oracle/line_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace ovlspec::oracle {
namespace {

struct LinesRead {
  std::optional<std::string> error;  // in a line
  std::uint64_t lines = 0;
  off_t length = 0;  // of whole lines, in bytes
  std::string torn;  // what follows them
};

std::string failure_of(const std::string& path) { return fmt::format("{}: {}", path, errno_name(last_error())); }

// Through this descriptor alone: to close another one of the file would release its lock.
LinesRead read_lines(const std::string& path, int file, const LineLog::Take& take) {
  LinesRead read;
  std::string buffer(1U << 16U, '\0');
  for (off_t offset = 0;;) {
    const ssize_t size = ::pread(file, buffer.data(), buffer.size(), offset);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) read.error = failure_of(path);
    if (size <= 0) return read;
    offset += size;
    read.torn.append(buffer, 0, static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (auto end = read.torn.find('\n'); end != std::string::npos; end = read.torn.find('\n', begin)) {
      ++read.lines;
      if (const auto why = take(read.torn.substr(begin, end - begin))) {
        read.error = fmt::format("{}: line {}: {}", path, read.lines, *why);
        return read;
      }
      read.length += static_cast<off_t>(end + 1 - begin);
      begin = end + 1;
    }
    read.torn.erase(0, begin);
  }
}

bool lock(int file) {
  struct flock lock {
    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0
  };
  return ::fcntl(file, F_SETLK, &lock) == 0;
}

}  // namespace

std::optional<std::string> LineLog::read(const std::string& path, const Take& take) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return failure_of(path);
  return read_lines(path, file.get(), take).error;
}

std::optional<std::string> LineLog::open(const std::string& path, const std::string& head, const Take& take) {
  std::error_code ignored;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, ignored);
  path_ = path;
  file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_.open()) return failure_of(path);
  if (!lock(file_.get())) return path + ": another process writes it";
  const LinesRead read = read_lines(path, file_.get(), take);
  if (read.error) return read.error;
  // Somebody's file of another kind is not emptied.
  if (read.lines == 0 && !head.starts_with(read.torn)) return path + ": line 1: it has no end";
  if (!read.torn.empty() && ::ftruncate(file_.get(), read.length) != 0) return failure_of(path);
  return read.lines == 0 ? append(head) : std::nullopt;
}

std::optional<std::string> LineLog::append(const std::string& line) {
  const std::string whole = line + "\n";
  for (std::size_t done = 0; done < whole.size();) {
    const ssize_t size = ::write(file_.get(), whole.data() + done, whole.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return failure_of(path_);
    done += static_cast<std::size_t>(size);
  }
  if (::fdatasync(file_.get()) == 0) return std::nullopt;
  return failure_of(path_);
}

}  // namespace ovlspec::oracle
