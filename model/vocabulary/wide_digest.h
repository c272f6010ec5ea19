// A 128-bit digest (FNV-1a) for what identifies a file system. Not for data an adversary chooses.
#pragma once

#include <string>
#include <string_view>

namespace ovlspec {

class WideDigest {
 public:
  WideDigest& add(std::string_view bytes) {
    for (const char byte : bytes) {
      state_ ^= static_cast<unsigned char>(byte);
      state_ *= kPrime;
    }
    return *this;
  }
  // A field of its own: its length goes before it, so that two lists of fields never run into each other.
  WideDigest& field(std::string_view bytes) { return add(std::to_string(bytes.size())).add(":").add(bytes); }
  // 16 bytes.
  std::string value() const {
    std::string bytes;
    for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<char>(static_cast<unsigned char>(state_ >> (8 * i))));
    return bytes;
  }

 private:
  using Word = unsigned __int128;
  static constexpr Word kPrime = (Word{1} << 88) + 0x13b;
  Word state_ = (Word{0x6c62272e07bb0142} << 64) + 0x62b821756295c58d;
};

}  // namespace ovlspec
