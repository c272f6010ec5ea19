// The bytes of a file in the memory store, with holes in units of kBlock, as tmpfs keeps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/store/layer_store.h"
#include "model/vocabulary/attributes.h"

namespace ovlspec::impl {

class MemoryContent {
 public:
  static constexpr FileSize kBlock = 4096;         // bytes; what lies between chunks is a hole in such units
  static constexpr FileSize kSizeMax = INT64_MAX;  // bytes

  FileSize size() const { return size_; }
  // In units of 512 bytes, whole blocks.
  std::uint64_t blocks() const;

  // Copies what there is of [offset, offset + length) to `buffer`; the number of bytes, less than `length` at the end.
  std::size_t read(char* buffer, std::size_t length, FileSize offset) const;
  std::string all() const;
  // REQUIRES: offset + bytes.size() <= kSizeMax.
  void write(FileSize offset, std::string_view bytes);
  // REQUIRES: size <= kSizeMax. Growing makes a hole.
  void resize(FileSize size);
  // Makes [begin, end) zeros, and a hole of the whole blocks in it. The size stays.
  void clear(FileSize begin, FileSize end);
  // The first data at or after `offset`, up to the end of its chunk; nothing where only a hole or nothing follows.
  std::optional<LayerStore::Extent> next_data(FileSize offset) const;

 private:
  struct Chunk {
    FileSize begin = 0;  // a multiple of kBlock
    std::string bytes;   // never empty; zeros follow up to the end of the last block
    FileSize end() const { return begin + bytes.size(); }
    FileSize block_end() const { return (end() + kBlock - 1) / kBlock * kBlock; }
  };

  // The chunk that a write at `offset` goes to: one that ends at or after the offset's block, or a new one.
  std::size_t chunk_for(FileSize offset);
  // Joins the chunks after `index` that it touches or overlaps. Its own bytes win.
  void absorb(std::size_t index);

  std::vector<Chunk> chunks_;  // sorted, at least one whole block between two of them
  FileSize size_ = 0;
};

}  // namespace ovlspec::impl
