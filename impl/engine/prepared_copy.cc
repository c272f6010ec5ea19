#include "impl/engine/prepared_copy.h"

#include "impl/engine/inode_copy.h"
#include "impl/engine/rights.h"

namespace ovlspec::impl {

OverlayEngine::PreparedCopy::~PreparedCopy() {
  if (made_ && !taken_) static_cast<void>(engine_.parts_->work.discard(made_->name));
}

bool OverlayEngine::PreparedCopy::is_wanted(const NodePtr& node) {
  if (node_ || !engine_.parts_ || node->type != FileType::kRegular || node->upper || node->lowers.empty()) return false;
  const Instance& lower = node->lowers.front();
  const auto attributes = lower.layer->store->attributes(lower.inode);
  if (!attributes.ok() || attributes->size < kLarge) return false;
  node_ = node;
  return true;
}

void OverlayEngine::PreparedCopy::make() {
  alone_ = std::unique_lock(engine_.copying_[node_->id % engine_.copying_.size()]);
  Instance lower;
  {
    const std::shared_lock reading(engine_.namespace_);
    if (node_->upper || node_->lowers.empty()) return;
    lower = node_->lowers.front();
  }
  if (copy(lower).ok() || !made_) return;
  static_cast<void>(engine_.parts_->work.discard(made_->name));
  made_.reset();
}

Status OverlayEngine::PreparedCopy::copy(const Instance& lower) {
  auto attributes = lower.layer->store->attributes(lower.inode);
  if (!attributes.ok()) return attributes.error();
  attributes->mode = mode_without_withheld(*lower.layer, *attributes);
  auto made = engine_.parts_->work.make(inode_for(*attributes), WorkDirectory::Purpose::kCopyUp);
  if (!made.ok()) return made.error();
  made_ = std::move(*made);
  source_ = lower.inode;
  const Instance to{engine_.layers_.upper.get(), made_->found.inode};
  auto copied = copy_data(lower, to, attributes->size);
  if (!copied.ok()) return copied.error();
  opened_ = std::move(*copied);
  if (engine_.options_.durability == Durability::kVolatile) return {};
  return engine_.parts_->store.sync(opened_);
}

bool OverlayEngine::PreparedCopy::is_of(const FoundInstance& lower) const {
  return made_ && !taken_ && lower.found.inode == source_;
}

WorkDirectory::Made OverlayEngine::PreparedCopy::take() {
  taken_ = true;
  return *made_;
}

}  // namespace ovlspec::impl
