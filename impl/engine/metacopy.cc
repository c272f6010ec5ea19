// Files whose data lie in a layer below, as the kernel's metacopy=on leaves them: the upper inode has the attributes
// and a mark. We make none; of those that are there the data come to the upper layer before anything that needs them
// there.
#include "impl/engine/inode_copy.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr FileSize kBlockBytes = 512;  // of st_blocks

}  // namespace

// The mark is looked for where the file has holes only, or nothing: one that has data has its own. Images that are made
// for data-only layers may count blocks that are not there.
Result<bool> OverlayEngine::is_metacopy(const FoundInstance& found) const {
  const Attributes& attributes = found.found.attributes;
  if (attributes.type != FileType::kRegular) return false;
  const bool is_empty_upper = attributes.size == 0 && found.layer->depth == 0;
  const bool counts_may_lie = !layers_.data_layers.empty() && found.layer->depth != 0;
  if (!is_empty_upper && !counts_may_lie && FileSize{attributes.blocks} * kBlockBytes >= attributes.size) return false;
  auto mark = layers_.private_xattr(found.instance(), names::kMetacopy);
  if (!mark.ok()) return mark.error();
  return mark->has_value();
}

Result<std::optional<FoundInstance>> OverlayEngine::data_below(FoundInstance marked, Search& search) const {
  for (;;) {
    auto below = search.next_below(marked);
    if (!below.ok()) return below;
    if (!*below) return search.next_data_only();
    if ((*below)->found.attributes.type != FileType::kRegular) return std::optional<FoundInstance>();
    auto is_marked = is_metacopy(**below);
    if (!is_marked.ok()) return is_marked.error();
    if (!*is_marked) return below;
    marked = std::move(**below);
  }
}

// `top` supplies the node. Without data below, reading it is EIO.
Status OverlayEngine::load_data(Node& node, const FoundInstance& top, Search& search) const {
  auto is_marked = is_metacopy(top);
  if (!is_marked.ok()) return is_marked.error();
  if (!*is_marked) return {};
  node.on_upper.store(false, std::memory_order_release);
  auto data = data_below(top, search);
  if (!data.ok()) return data.error();
  node.data = *data ? (*data)->instance() : Instance();
  return {};
}

// The data are complete and on disk before the mark goes; until then they are read below.
Status OverlayEngine::copy_data_up(Node& node) {
  const Instance to{layers_.upper.get(), node.upper};
  if (node.data->layer == nullptr) return Errno::kEIO;
  auto before = parts_->store.attributes(node.upper);
  if (!before.ok()) return before.error();
  auto copied = copy_data(*node.data, to, before->size);
  if (!copied.ok()) return copied.error();
  if (options_.durability == Durability::kSynced) OVLSPEC_TRY(sync_file(to, *copied));
  OVLSPEC_TRY(parts_->store.remove_xattr(node.upper, layers_.private_name(names::kMetacopy)));
  // Set-id bits went with the writing, the times came of it.
  StoreChange back;
  back.mode = before->mode;
  back.modify_time = {.kind = TimeChange::Kind::kSet, .value = before->modify_time};
  back.access_time = {.kind = TimeChange::Kind::kSet, .value = before->access_time};
  static_cast<void>(parts_->store.change(node.upper, back));
  node.data.reset();
  node.on_upper.store(true, std::memory_order_release);
  return {};
}

}  // namespace ovlspec::impl
