#include "oracle/directory_reader.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstring>

#include "oracle/descriptor.h"
#include "oracle/file_status.h"

namespace ovlspec::oracle {

Status DirectoryReader::fill(int descriptor) {
  buffer_.resize(chunk_);
  begin_ = end_ = 0;
  const ssize_t size = ::getdents64(descriptor, buffer_.data(), buffer_.size());
  if (size < 0) return last_error();
  end_ = static_cast<std::size_t>(size);
  return {};
}

Status DirectoryReader::read(int descriptor, std::size_t count, std::vector<DirectoryEntry>& entries) {
  for (std::size_t taken = 0; count == 0 || taken < count; ++taken) {
    if (begin_ == end_) OVLSPEC_TRY(fill(descriptor));
    if (begin_ == end_) return {};
    const char* record = buffer_.data() + begin_;
    struct dirent64 header;
    std::memcpy(&header, record, offsetof(struct dirent64, d_name));
    const auto type = type_from_mode(DTTOIF(header.d_type));
    entries.push_back(DirectoryEntry{.name = record + offsetof(struct dirent64, d_name),
                                     .number = header.d_ino,
                                     .type = type.value_or(FileType::kRegular),
                                     .type_known = type.has_value()});
    begin_ += header.d_reclen;
  }
  return {};
}

}  // namespace ovlspec::oracle
