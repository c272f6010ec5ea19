#include "impl/fuse/presentation.h"

#include <fmt/format.h>

#include <charconv>

#include "impl/fuse/option_text.h"

namespace ovlspec::fuse {
namespace {

// (uid_t) -1 is no id: it asks for no change.
constexpr std::uint64_t kIdsEnd = 0xffffffff;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool overlap(std::uint64_t first, std::uint64_t second, std::uint64_t first_length, std::uint64_t second_length) {
  return first < second + second_length && second < first + first_length;
}

bool contains(std::uint32_t begin, std::uint32_t length, std::uint32_t id) {
  return id >= begin && id - begin < length;
}

Attempt<std::vector<IdRange>> ranges_of(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& part : split_escaped(text, ':')) {
    if (part.empty()) continue;
    const std::optional<std::uint32_t> value = number(part);
    if (!value) return usage_failure(fmt::format("{} is no number", in_quotes(part)));
    numbers.push_back(*value);
  }
  if (numbers.empty() || numbers.size() % 3 != 0) return usage_failure("expected three numbers a range");
  std::vector<IdRange> ranges;
  for (std::size_t i = 0; i < numbers.size(); i += 3) {
    ranges.push_back({.stored = numbers[i], .shown = numbers[i + 1], .length = numbers[i + 2]});
  }
  return ranges;
}

Check check_ranges(const std::vector<IdRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const IdRange& range = ranges[i];
    if (range.length == 0) return usage_failure("a range without ids");
    if (std::uint64_t{range.stored} + range.length > kIdsEnd || std::uint64_t{range.shown} + range.length > kIdsEnd) {
      return usage_failure("a range goes beyond the largest id");
    }
    for (std::size_t j = 0; j < i; ++j) {
      const IdRange& other = ranges[j];
      if (overlap(range.stored, other.stored, range.length, other.length) ||
          overlap(range.shown, other.shown, range.length, other.length)) {
        return usage_failure("an id lies in two ranges");
      }
    }
  }
  return Done{};
}

// Replaces `id`, where there is one, by what the layers are to hold.
Status store_id(std::optional<std::uint32_t>& id, const IdMapping& mapping) {
  if (!id) return {};
  id = mapping.stored(*id);
  return id ? Status() : Errno::kEOVERFLOW;
}

}  // namespace

Attempt<IdMapping> IdMapping::parse(std::string_view text) {
  Attempt<std::vector<IdRange>> ranges = ranges_of(text);
  if (!ranges) return ranges.failure();
  if (Check check = check_ranges(*ranges); !check) return check.failure();
  IdMapping mapping;
  mapping.ranges_ = *std::move(ranges);
  return mapping;
}

std::uint32_t IdMapping::shown(std::uint32_t stored) const {
  for (const IdRange& range : ranges_) {
    if (contains(range.stored, range.length, stored)) return range.shown + (stored - range.stored);
  }
  return ranges_.empty() ? stored : kOverflowId;
}

std::optional<std::uint32_t> IdMapping::stored(std::uint32_t shown) const {
  for (const IdRange& range : ranges_) {
    if (contains(range.shown, range.length, shown)) return range.stored + (shown - range.shown);
  }
  return ranges_.empty() ? std::optional(shown) : std::nullopt;
}

Attributes shown(const Attributes& stored, const Presentation& presentation) {
  Attributes attributes = stored;
  attributes.uid = presentation.squashed_user.value_or(presentation.users.shown(stored.uid));
  attributes.gid = presentation.squashed_group.value_or(presentation.groups.shown(stored.gid));
  const bool counted = presentation.directory_links == DirectoryLinks::kCounted;
  if (!counted && attributes.type == FileType::kDirectory) attributes.links = 1;
  return attributes;
}

Result<impl::AttributeChange> stored(impl::AttributeChange change, const Presentation& presentation) {
  if (Status status = store_id(change.uid, presentation.users); !status) return status.error();
  if (Status status = store_id(change.gid, presentation.groups); !status) return status.error();
  return change;
}

impl::NewInode stored(impl::NewInode inode, const Presentation& presentation) {
  inode.uid = presentation.users.stored(inode.uid).value_or(kOverflowId);
  inode.gid = presentation.groups.stored(inode.gid).value_or(kOverflowId);
  return inode;
}

}  // namespace ovlspec::fuse
