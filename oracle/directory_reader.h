// getdents64, an entry at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/result.h"

namespace ovlspec::oracle {

// Reads on from a descriptor's position. What the kernel gave but nobody took yet is kept here, as readdir(3) does, so
// that a position between two entries needs no seek.
class DirectoryReader {
 public:
  // Bytes asked of the kernel at once. Small: many calls, so that a listing goes on across changes of the directory.
  enum class Chunk : std::size_t { kSmall = 512, kLarge = 8192 };
  explicit DirectoryReader(Chunk chunk) : chunk_(static_cast<std::size_t>(chunk)) {}

  // Appends `count` entries, `.` and `..` included, or all up to the end where count is 0. Fewer only at the end.
  Status read(int descriptor, std::size_t count, std::vector<DirectoryEntry>& entries);
  // Forgets what was kept. The caller seeks.
  void rewind() { begin_ = end_ = 0; }

 private:
  Status fill(int descriptor);

  std::size_t chunk_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // the first byte that was not taken yet
  std::size_t end_ = 0;
};

}  // namespace ovlspec::oracle
