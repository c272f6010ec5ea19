#include "impl/store/memory_content.h"

#include <algorithm>
#include <cstring>

namespace ovlspec::impl {

std::uint64_t MemoryContent::blocks() const {
  std::uint64_t total = 0;
  for (const Chunk& chunk : chunks_) total += (chunk.block_end() - chunk.begin) / 512;
  return total;
}

std::size_t MemoryContent::read(char* buffer, std::size_t length, FileSize offset) const {
  if (offset >= size_ || length == 0) return 0;
  const std::size_t count = static_cast<std::size_t>(std::min<FileSize>(length, size_ - offset));
  const FileSize end = offset + count;
  FileSize filled = offset;
  for (const Chunk& chunk : chunks_) {
    if (chunk.end() <= filled) continue;
    if (chunk.begin >= end) break;
    if (chunk.begin > filled) {
      std::memset(buffer + (filled - offset), 0, chunk.begin - filled);
      filled = chunk.begin;
    }
    const FileSize stop = std::min(end, chunk.end());
    std::memcpy(buffer + (filled - offset), chunk.bytes.data() + (filled - chunk.begin), stop - filled);
    filled = stop;
  }
  if (filled < end) std::memset(buffer + (filled - offset), 0, end - filled);
  return count;
}

std::string MemoryContent::all() const {
  std::string bytes(size_, '\0');
  read(bytes.data(), bytes.size(), 0);
  return bytes;
}

std::size_t MemoryContent::chunk_for(FileSize offset) {
  const FileSize block = offset / kBlock * kBlock;
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), offset,
                                      [](FileSize value, const Chunk& chunk) { return value < chunk.begin; });
  if (after != chunks_.begin() && std::prev(after)->block_end() >= block) {
    return static_cast<std::size_t>(std::prev(after) - chunks_.begin());
  }
  const auto made = chunks_.insert(after, Chunk{.begin = block, .bytes = {}});
  return static_cast<std::size_t>(made - chunks_.begin());
}

void MemoryContent::absorb(std::size_t index) {
  std::size_t last = index + 1;
  Chunk& chunk = chunks_[index];
  while (last < chunks_.size() && chunks_[last].begin <= chunk.block_end()) {
    const Chunk& next = chunks_[last];
    if (chunk.end() < next.begin) chunk.bytes.resize(next.begin - chunk.begin);
    if (next.end() > chunk.end()) chunk.bytes.append(next.bytes, chunk.end() - next.begin, std::string::npos);
    ++last;
  }
  chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                chunks_.begin() + static_cast<std::ptrdiff_t>(last));
}

void MemoryContent::write(FileSize offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t index = chunk_for(offset);
  Chunk& chunk = chunks_[index];
  const FileSize start = offset - chunk.begin;
  if (chunk.bytes.size() < start + bytes.size()) chunk.bytes.resize(start + bytes.size());
  std::memcpy(chunk.bytes.data() + start, bytes.data(), bytes.size());
  size_ = std::max<FileSize>(size_, offset + bytes.size());
  if (index + 1 < chunks_.size()) absorb(index);
}

void MemoryContent::resize(FileSize size) {
  if (size < size_) {
    while (!chunks_.empty() && chunks_.back().begin >= size) chunks_.pop_back();
    if (!chunks_.empty() && chunks_.back().end() > size) chunks_.back().bytes.resize(size - chunks_.back().begin);
  }
  size_ = size;
}

void MemoryContent::clear(FileSize begin, FileSize end) {
  const FileSize hole_begin = (begin + kBlock - 1) / kBlock * kBlock;
  const FileSize hole_end = end / kBlock * kBlock;
  std::vector<Chunk> kept;
  for (Chunk& chunk : chunks_) {
    const FileSize from = std::max(begin, chunk.begin);
    const FileSize to = std::min(end, chunk.end());
    if (from < to) std::memset(chunk.bytes.data() + (from - chunk.begin), 0, to - from);
    if (hole_begin >= hole_end || chunk.end() <= hole_begin || chunk.begin >= hole_end) {
      kept.push_back(std::move(chunk));
      continue;
    }
    if (chunk.begin < hole_begin) {
      kept.push_back({.begin = chunk.begin, .bytes = chunk.bytes.substr(0, hole_begin - chunk.begin)});
    }
    if (chunk.end() > hole_end) {
      kept.push_back({.begin = hole_end, .bytes = chunk.bytes.substr(hole_end - chunk.begin)});
    }
  }
  chunks_ = std::move(kept);
}

std::optional<LayerStore::Extent> MemoryContent::next_data(FileSize offset) const {
  for (const Chunk& chunk : chunks_) {
    const FileSize end = std::min(chunk.block_end(), size_);
    if (end <= offset) continue;
    return LayerStore::Extent{.begin = std::max(chunk.begin, offset), .end = end};
  }
  return std::nullopt;
}

}  // namespace ovlspec::impl
