#include "impl/engine/link_counts.h"

namespace ovlspec::impl {

Result<std::uint32_t> LinkCounts::of(const ObjectKey& key, const Walk& walk) {
  const std::lock_guard lock(mutex_);
  if (!walked_) {
    counts_.clear();
    OVLSPEC_TRY(walk(counts_));
    walked_ = true;
  }
  const auto found = counts_.find(key);
  return found == counts_.end() ? 0 : found->second;
}

void LinkCounts::added(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (walked_) ++counts_[key];
}

void LinkCounts::removed(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  if (!walked_) return;
  const auto found = counts_.find(key);
  if (found == counts_.end()) return;
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace ovlspec::impl
