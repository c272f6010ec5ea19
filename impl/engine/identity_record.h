// The record that keeps a copied-up object's identity: an extended attribute (names::kIdentity) on its upper inode.
// Layout: nine little-endian 64-bit words: version, number, generation, origin's file system, origin's inode, the upper
// inode that it lies on and its generation, origin's link count at copy up, checksum over the eight words before.
//
// A record counts on the inode that it was written for alone, so that a copied one is noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "impl/engine/identity_kernel.h"
#include "impl/engine/value_domain.h"
#include "model/vocabulary/attributes.h"

namespace ovlspec::impl {

inline constexpr std::uint64_t kRecordVersion = 2;

struct IdentityRecord {
  InodeNumber number = 0;  // 0: none is kept (strategy `volatile`)
  std::uint64_t generation = 0;
  std::uint64_t origin_file_system = 0;  // Numbers::tag
  InodeNumber origin_inode = 0;
  InodeNumber upper_inode = 0;
  std::uint64_t upper_generation = 0;  // as OverlayEngine::generation_of
  std::uint64_t origin_links = 0;
  bool operator==(const IdentityRecord&) const = default;
  bool lies_on(InodeNumber inode, std::uint64_t its_generation) const {
    return identity::lies_on<WordDomain>({upper_inode, upper_generation}, {inode, its_generation});
  }
};

std::string encode_record(const IdentityRecord& record);
// Nothing where the bytes are damaged or of another version, or name a number that no object shows.
std::optional<IdentityRecord> decode_record(std::string_view bytes);

}  // namespace ovlspec::impl
