// Little-endian 64-bit words in bytes: what records are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ovlspec::impl {

inline constexpr std::size_t kWordBytes = 8;

inline void append_word(std::string& bytes, std::uint64_t word) {
  for (std::size_t i = 0; i < kWordBytes; ++i) bytes.push_back(static_cast<char>(word >> (8 * i)));
}

// REQUIRES: the bytes reach there.
inline std::uint64_t word_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kWordBytes; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  return word;
}

}  // namespace ovlspec::impl
