#include "model/content.h"

#include <algorithm>

namespace ovlspec::model {

Content::Content(std::string data) : data_(std::move(data)), size_(data_.size()) { trim(); }

std::string Content::read(FileSize offset, FileSize length) const {
  if (offset >= size_) return {};
  const FileSize end = offset + std::min(length, size_ - offset);
  std::string bytes;
  if (offset < data_.size()) bytes = data_.substr(offset, std::min<FileSize>(end, data_.size()) - offset);
  bytes.resize(end - offset, '\0');
  return bytes;
}

void Content::write(FileSize offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const FileSize end = offset + bytes.size();
  if (data_.size() < end) data_.resize(end, '\0');
  std::copy(bytes.begin(), bytes.end(), data_.begin() + static_cast<std::ptrdiff_t>(offset));
  size_ = std::max(size_, end);
  trim();
}

void Content::resize(FileSize size) {
  size_ = size;
  if (data_.size() > size) data_.resize(size);
  trim();
}

void Content::trim() {
  const auto last = data_.find_last_not_of('\0');
  data_.resize(last == std::string::npos ? 0 : last + 1);
}

}  // namespace ovlspec::model
