#include "impl/engine/digest.h"

namespace ovlspec::impl {

std::uint64_t digest(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t state = mix(seed + 0x9e3779b97f4a7c15ULL) ^ bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = bytes.size() < 8 ? bytes.size() : 8;
    for (std::size_t i = 0; i < count; ++i) {
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    state = mix(state ^ word) + 0x9e3779b97f4a7c15ULL;
    bytes.remove_prefix(count);
  }
  return mix(state);
}

}  // namespace ovlspec::impl
