// What tells inodes of one file system and inode number apart, where records and histories have no room for a handle.
#pragma once

#include <cstdint>
#include <string_view>

namespace ovlspec {

// FNV-1a over a handle's bytes, as name_to_handle_at gives them; 0 where there is none. Not cryptographic.
constexpr std::uint32_t handle_digest(std::string_view bytes) {
  if (bytes.empty()) return 0;
  std::uint32_t digest = 2166136261U;
  for (const char c : bytes) digest = (digest ^ static_cast<unsigned char>(c)) * 16777619U;
  return digest;
}

}  // namespace ovlspec
