#include "impl/engine/name_map.h"

#include <algorithm>

namespace ovlspec::impl {

std::optional<std::vector<std::string>> NameMap::known_path(InodeNumber number, InodeNumber root) const {
  std::vector<std::string> names;
  while (number != root) {
    const auto place = places_.find(number);
    // A tree is never deeper than it has objects; a longer chain is one of directories that moved into each other.
    if (place == places_.end() || names.size() > places_.size()) return std::nullopt;
    names.push_back(place->second.name);
    number = place->second.directory;
  }
  std::reverse(names.begin(), names.end());
  return names;
}

Result<std::optional<std::vector<std::string>>> NameMap::path(InodeNumber number, InodeNumber root,
                                                              std::uint64_t changes,
                                                              const std::function<Status(Places&)>& make) {
  const std::lock_guard lock(mutex_);
  auto known = made_ ? known_path(number, root) : std::nullopt;
  if (known || (made_ && made_at_ == changes)) return known;
  Places fresh;
  OVLSPEC_TRY(make(fresh));
  places_ = std::move(fresh);
  made_ = true;
  made_at_ = changes;
  return known_path(number, root);
}

void NameMap::doubt(std::uint64_t changes) {
  const std::lock_guard lock(mutex_);
  if (made_at_ != changes) made_ = false;
}

}  // namespace ovlspec::impl
