// Parts of a campaign that are played apart, by several machines say: of N shards the I-th has every N-th case, so that
// the shards together have each case once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ovlspec::oracle {

struct Shard {
  std::uint64_t index = 1;  // from 1 to count
  std::uint64_t count = 1;
  bool operator==(const Shard&) const = default;

  // Of the shard's case at this place, its number in the whole campaign.
  std::uint64_t number(std::uint64_t place) const { return index - 1 + place * count; }
};

// "2/4"; nothing for another text, or a shard that is none of them.
std::optional<Shard> parse_shard(std::string_view text);
std::string shard_text(const Shard& shard);

}  // namespace ovlspec::oracle
