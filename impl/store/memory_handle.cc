#include "impl/store/memory_handle.h"

#include <string>
#include <string_view>

namespace ovlspec::impl {
namespace {

constexpr std::int32_t kHandle32 = 1;     // FILEID_INO32_GEN
constexpr std::int32_t kHandle64 = 0x81;  // FILEID_INO64_GEN

void append_bytes(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
}

std::uint64_t parse_bytes(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

BackingHandle encode_handle(const MemoryHandle& handle) {
  const bool fits = handle.number >> 32 == 0;
  BackingHandle encoded{.type = fits ? kHandle32 : kHandle64, .bytes = {}};
  append_bytes(encoded.bytes, handle.number, fits ? 4 : 8);
  append_bytes(encoded.bytes, handle.generation, 4);
  return encoded;
}

std::optional<MemoryHandle> decode_handle(const BackingHandle& handle) {
  if (handle.type != kHandle32 && handle.type != kHandle64) return std::nullopt;
  const std::size_t width = handle.type == kHandle32 ? 4 : 8;
  if (handle.bytes.size() != width + 4) return std::nullopt;
  const std::string_view bytes = handle.bytes;
  return MemoryHandle{.number = parse_bytes(bytes.substr(0, width)),
                      .generation = static_cast<std::uint32_t>(parse_bytes(bytes.substr(width)))};
}

}  // namespace ovlspec::impl
