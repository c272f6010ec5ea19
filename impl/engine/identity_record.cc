#include "impl/engine/identity_record.h"

#include "impl/engine/digest.h"
#include "impl/engine/words.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kWords = 9;
constexpr std::uint64_t kChecksumSeed = 0x6f766c73706563ULL;

// 1 is the root's node alone, and no number that an object shows has bit 63.
bool may_be_shown(InodeNumber number) { return number != 1 && number >> 63U == 0; }

}  // namespace

std::string encode_record(const IdentityRecord& record) {
  std::string bytes;
  bytes.reserve(kWords * kWordBytes);
  for (std::uint64_t word : {kRecordVersion, record.number, record.generation, record.origin_file_system,
                             record.origin_inode, record.upper_inode, record.upper_generation, record.origin_links}) {
    append_word(bytes, word);
  }
  append_word(bytes, digest(bytes, kChecksumSeed));
  return bytes;
}

std::optional<IdentityRecord> decode_record(std::string_view bytes) {
  if (bytes.size() != kWords * kWordBytes) return std::nullopt;
  const std::string_view covered = bytes.substr(0, (kWords - 1) * kWordBytes);
  if (word_at(bytes, (kWords - 1) * kWordBytes) != digest(covered, kChecksumSeed)) return std::nullopt;
  if (word_at(bytes, 0) != kRecordVersion) return std::nullopt;
  const auto word = [bytes](std::size_t index) { return word_at(bytes, index * kWordBytes); };
  if (!may_be_shown(word(1))) return std::nullopt;
  return IdentityRecord{.number = word(1),
                        .generation = word(2),
                        .origin_file_system = word(3),
                        .origin_inode = word(4),
                        .upper_inode = word(5),
                        .upper_generation = word(6),
                        .origin_links = word(7)};
}

}  // namespace ovlspec::impl
