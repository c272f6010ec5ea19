// The seal of an upper layer: an extended attribute (names::kSeal) on its root. It says that identity records in this
// layer count, and holds the numbers that they claim, also where the layer is one of the lowers of a later mount.
//
// Records count where the seal lies on the directory that it was written for: those of a copy do once a writable mount
// adopted it (adoption.cc). The numbers are claimed in a copy too.
//
// Layout: little-endian 64-bit words version, inode number and generation of the root, checksum over all the rest; then
// the numbers in ascending order, each as its difference from the one before in LEB128.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/identity_kernel.h"
#include "impl/engine/value_domain.h"
#include "model/vocabulary/attributes.h"

namespace ovlspec::impl {

struct LayerSeal {
  InodeNumber root = 0;
  std::uint64_t generation = 0;     // as OverlayEngine::generation_of
  std::vector<InodeNumber> claims;  // ascending
  bool operator==(const LayerSeal&) const = default;
  bool lies_on(InodeNumber inode, std::uint64_t its_generation) const {
    return identity::lies_on<WordDomain>({root, generation}, {inode, its_generation});
  }
};

inline constexpr std::size_t kSealHeaderBytes = 32;
// With as many of the claims, the smallest first, as `limit` bytes hold. REQUIRES: limit >= kSealHeaderBytes.
std::string encode_seal(const LayerSeal& seal, std::size_t limit);
// Nothing where the bytes are damaged or of another version.
std::optional<LayerSeal> decode_seal(std::string_view bytes);

}  // namespace ovlspec::impl
