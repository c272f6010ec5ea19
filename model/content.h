// A file's bytes as a value. Bytes past `data` up to `size` are zero, so that a large truncate costs nothing.
#pragma once

#include <string>
#include <string_view>

#include "model/vocabulary/attributes.h"

namespace ovlspec::model {

// Invariant: data.size() <= size, and data does not end with a zero byte, so that equal contents are equal members.
class Content {
 public:
  Content() = default;
  explicit Content(std::string data);

  FileSize size() const { return size_; }
  // The bytes from `offset` on, `length` at most, fewer at the end.
  std::string read(FileSize offset, FileSize length) const;
  std::string all() const { return read(0, size_); }
  // Without trailing zeros; for those who keep contents in a file.
  const std::string& data() const { return data_; }

  void write(FileSize offset, std::string_view bytes);
  void resize(FileSize size);

  bool operator==(const Content&) const = default;

 private:
  void trim();

  std::string data_;
  FileSize size_ = 0;
};

}  // namespace ovlspec::model
