#include "impl/engine/identity_record.h"

#include <array>

#include "impl/engine/digest.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kWords = 8;
constexpr std::size_t kWordBytes = 8;
constexpr std::uint64_t kChecksumSeed = 0x6f766c73706563ULL;

void append_word(std::string& bytes, std::uint64_t word) {
  for (std::size_t i = 0; i < kWordBytes; ++i) bytes.push_back(static_cast<char>(word >> (8 * i)));
}

std::uint64_t word_at(std::string_view bytes, std::size_t index) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kWordBytes; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[index * kWordBytes + i])) << (8 * i);
  }
  return word;
}

}  // namespace

std::string encode_record(const IdentityRecord& record) {
  std::string bytes;
  bytes.reserve(kWords * kWordBytes);
  for (std::uint64_t word : {kRecordVersion, record.number, record.generation, record.origin_file_system,
                             record.origin_inode, record.upper_inode, record.origin_links}) {
    append_word(bytes, word);
  }
  append_word(bytes, digest(bytes, kChecksumSeed));
  return bytes;
}

std::optional<IdentityRecord> decode_record(std::string_view bytes) {
  if (bytes.size() != kWords * kWordBytes) return std::nullopt;
  const std::string_view covered = bytes.substr(0, (kWords - 1) * kWordBytes);
  if (word_at(bytes, kWords - 1) != digest(covered, kChecksumSeed)) return std::nullopt;
  if (word_at(bytes, 0) != kRecordVersion) return std::nullopt;
  return IdentityRecord{.number = word_at(bytes, 1),
                        .generation = word_at(bytes, 2),
                        .origin_file_system = word_at(bytes, 3),
                        .origin_inode = word_at(bytes, 4),
                        .upper_inode = word_at(bytes, 5),
                        .origin_links = word_at(bytes, 6)};
}

}  // namespace ovlspec::impl
