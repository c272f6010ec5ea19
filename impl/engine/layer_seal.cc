#include "impl/engine/layer_seal.h"

#include "impl/engine/digest.h"
#include "impl/engine/words.h"

namespace ovlspec::impl {
namespace {

constexpr std::uint64_t kSealVersion = 1;
constexpr std::uint64_t kChecksumSeed = 0x7365616cULL;
constexpr std::size_t kChecksumAt = 3 * kWordBytes;
static_assert(kSealHeaderBytes == 4 * kWordBytes);
constexpr unsigned kGroupBits = 7;
constexpr unsigned char kMore = 0x80;

void append_difference(std::string& bytes, std::uint64_t difference) {
  for (; difference >= kMore; difference >>= kGroupBits) bytes.push_back(static_cast<char>(difference | kMore));
  bytes.push_back(static_cast<char>(difference));
}

std::optional<std::uint64_t> take_difference(std::string_view& bytes) {
  std::uint64_t difference = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += kGroupBits) {
    const auto group = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    difference |= static_cast<std::uint64_t>(group & (kMore - 1)) << shift;
    if ((group & kMore) == 0) return difference;
  }
  return std::nullopt;
}

std::uint64_t checksum(std::string_view words, std::string_view claims) {
  return mix(digest(words, kChecksumSeed) ^ digest(claims, kChecksumSeed + 1));
}

}  // namespace

std::string encode_seal(const LayerSeal& seal, std::size_t limit) {
  std::string words;
  for (const std::uint64_t word : {kSealVersion, seal.root, seal.generation}) append_word(words, word);
  std::string claims;
  InodeNumber before = 0;
  for (const InodeNumber number : seal.claims) {
    const std::size_t size = claims.size();
    append_difference(claims, number - before);
    if (kSealHeaderBytes + claims.size() > limit) {
      claims.resize(size);
      break;
    }
    before = number;
  }
  append_word(words, checksum(words, claims));
  return words + claims;
}

std::optional<LayerSeal> decode_seal(std::string_view bytes) {
  if (bytes.size() < kSealHeaderBytes || word_at(bytes, 0) != kSealVersion) return std::nullopt;
  std::string_view claims = bytes.substr(kSealHeaderBytes);
  if (word_at(bytes, kChecksumAt) != checksum(bytes.substr(0, kChecksumAt), claims)) return std::nullopt;
  LayerSeal seal{.root = word_at(bytes, kWordBytes), .generation = word_at(bytes, 2 * kWordBytes), .claims = {}};
  InodeNumber number = 0;
  while (!claims.empty()) {
    const auto difference = take_difference(claims);
    if (!difference) return std::nullopt;
    number += *difference;
    seal.claims.push_back(number);
  }
  return seal;
}

}  // namespace ovlspec::impl
