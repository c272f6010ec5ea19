#include "oracle/shard.h"

#include "oracle/trace_words.h"

namespace ovlspec::oracle {

std::optional<Shard> parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto index = parse_number<std::uint64_t>(text.substr(0, slash));
  const auto count = parse_number<std::uint64_t>(text.substr(slash + 1));
  if (!index || !count || *index == 0 || *index > *count) return std::nullopt;
  return Shard{.index = *index, .count = *count};
}

std::string shard_text(const Shard& shard) { return std::to_string(shard.index) + "/" + std::to_string(shard.count); }

}  // namespace ovlspec::oracle
