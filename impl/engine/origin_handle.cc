#include "impl/engine/origin_handle.h"

#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr unsigned char kVersion = 0;
constexpr unsigned char kMagic = 0xfb;
constexpr unsigned char kFlagBigEndian = 1U << 0;
constexpr unsigned char kFlagAnyEndian = 1U << 1;
constexpr unsigned char kFlagPathUpper = 1U << 2;
constexpr std::size_t kFlagsAt = 3;
constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kHeaderBytes = 5 + kUuidBytes;
constexpr std::size_t kHandleMax = names::kNameMax / 2 - kHeaderBytes;
constexpr std::int32_t kTypeMax = 0xff;

std::string inode_bytes(InodeNumber inode) {
  std::string bytes;
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(inode >> (8 * i)));
  return bytes;
}

}  // namespace

std::string OriginHandle::index_name() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  name.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    name.push_back(kDigits[byte >> 4]);
    name.push_back(kDigits[byte & 15]);
  }
  return name;
}

OriginHandle encode_origin(std::string_view uuid, const std::optional<BackingHandle>& handle, InodeNumber inode) {
  const bool usable = handle && handle->bytes.size() <= kHandleMax && handle->type >= 0 && handle->type <= kTypeMax;
  const std::string fid = usable ? handle->bytes : inode_bytes(inode);
  const auto type = usable ? static_cast<std::uint8_t>(handle->type) : kSynthesisedHandle;
  OriginHandle origin;
  origin.bytes.push_back(static_cast<char>(kVersion));
  origin.bytes.push_back(static_cast<char>(kMagic));
  origin.bytes.push_back(static_cast<char>(kHeaderBytes + fid.size()));
  origin.bytes.push_back(0);
  origin.bytes.push_back(static_cast<char>(type));
  std::string padded(uuid.substr(0, kUuidBytes));
  padded.resize(kUuidBytes);
  origin.bytes += padded;
  origin.bytes += fid;
  return origin;
}

OriginHandle encode_upper(std::string_view uuid, const std::optional<BackingHandle>& handle, InodeNumber inode) {
  OriginHandle upper = encode_origin(uuid, handle, inode);
  upper.bytes[kFlagsAt] = static_cast<char>(kFlagPathUpper);
  return upper;
}

std::optional<DecodedOrigin> decode_origin(std::string_view bytes) {
  if (bytes.size() <= kHeaderBytes) return std::nullopt;
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (byte(0) != kVersion || byte(1) != kMagic || byte(2) != bytes.size()) return std::nullopt;
  if ((byte(3) & kFlagBigEndian) != 0 && (byte(3) & kFlagAnyEndian) == 0) return std::nullopt;
  DecodedOrigin origin;
  origin.uuid = bytes.substr(5, kUuidBytes);
  origin.handle.type = byte(4);
  origin.handle.bytes = bytes.substr(kHeaderBytes);
  return origin;
}

}  // namespace ovlspec::impl
