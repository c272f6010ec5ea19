// Mounting and unmounting.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/rights.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

struct CheckedRoot {
  BackingFileSystem backing;
  Attributes attributes;
};

Result<CheckedRoot> check_root(const LayerRoot& layer) {
  if (layer.store == nullptr || !layer.root) return Errno::kEINVAL;
  auto attributes = layer.store->attributes(layer.root);
  if (!attributes.ok()) return attributes.error();
  if (attributes->type != FileType::kDirectory) return Errno::kENOTDIR;
  auto backing = layer.store->file_system(layer.root);
  if (!backing.ok()) return backing.error();
  return CheckedRoot{std::move(*backing), *attributes};
}

bool is_same_directory(const CheckedRoot& a, const CheckedRoot& b) {
  return a.backing == b.backing && a.attributes.number == b.attributes.number;
}

Result<std::unique_ptr<Layer>> make_layer(const LayerRoot& root, std::size_t depth) {
  auto checked = check_root(root);
  if (!checked.ok()) return checked.error();
  auto layer = std::make_unique<Layer>();
  layer->store = root.store;
  layer->root = root.root;
  layer->depth = depth;
  layer->backing = std::move(checked->backing);
  return layer;
}

// EXDEV: the work directory is on another file system. ELOOP: a layer is the upper or the work directory again.
Status check_writable_layers(const Stack& stack) {
  auto upper = check_root(*stack.upper);
  if (!upper.ok()) return upper.error();
  auto work = check_root(*stack.work);
  if (!work.ok()) return work.error();
  if (stack.upper->store != stack.work->store || !(upper->backing == work->backing)) return Errno::kEXDEV;
  if (is_same_directory(*upper, *work)) return Errno::kELOOP;
  for (const auto* roots : {&stack.lowers, &stack.data_layers}) {
    for (const LayerRoot& root : *roots) {
      auto lower = check_root(root);
      if (!lower.ok()) return lower.error();
      if (is_same_directory(*lower, *upper) || is_same_directory(*lower, *work)) return Errno::kELOOP;
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::mount(Stack stack, EngineOptions options) {
  if (stack.upper.has_value() != stack.work.has_value()) return Errno::kEINVAL;
  if ((options.identity == IdentityStrategy::kDerived) != (options.map == nullptr)) return Errno::kEINVAL;
  if (!stack.upper && stack.lowers.empty()) return Errno::kEINVAL;
  if (stack.lowers.size() + stack.data_layers.size() > names::kLayersMax) return Errno::kEINVAL;
  Layers layers;
  layers.xattrs = options.xattrs;
  for (const LayerRoot& root : stack.lowers) {
    auto layer = make_layer(root, layers.lowers.size() + 1);
    if (!layer.ok()) return layer.error();
    (*layer)->withheld = withheld_from(root, stack.upper);
    layers.lowers.push_back(std::move(*layer));
  }
  for (const LayerRoot& root : stack.data_layers) {
    auto layer = make_layer(root, layers.lowers.size() + layers.data_layers.size() + 1);
    if (!layer.ok()) return layer.error();
    layers.data_layers.push_back(std::move(*layer));
  }
  std::unique_ptr<WritableParts> parts;
  if (stack.upper) {
    OVLSPEC_TRY(check_writable_layers(stack));
    auto layer = make_layer(*stack.upper, 0);
    if (!layer.ok()) return layer.error();
    layers.upper = std::move(*layer);
    auto work = WorkDirectory::prepare(*stack.work->store, stack.work->root);
    if (!work.ok()) return work.error();
    parts = std::make_unique<WritableParts>(*stack.upper->store, std::move(*work));
  }
  auto engine = std::make_unique<OverlayEngine>(std::move(layers), std::move(parts), options);
  OVLSPEC_TRY(engine->start());
  return std::unique_ptr<Engine>(std::move(engine));
}

OverlayEngine::OverlayEngine(Layers layers, std::unique_ptr<WritableParts> parts, const EngineOptions& options)
    : layers_(std::move(layers)), parts_(std::move(parts)), options_(options) {}

OverlayEngine::~OverlayEngine() {
  if (!parts_) return;
  // What a failed removal left; where this fails too, the next mount does it.
  static_cast<void>(recover());
  static_cast<void>(drop_orphans());
  if (!parts_->is_sealed) static_cast<void>(write_seal(Amount::kAll));
}

Status OverlayEngine::start() {
  if (parts_) OVLSPEC_TRY(recover());
  // In the order of the stack: of file systems that cannot be told apart, the topmost is the plain one.
  if (layers_.upper) layers_.upper->file_system = table_.file_system(layers_.upper->backing);
  root_ = std::make_shared<Node>();
  root_->type = FileType::kDirectory;
  for (const auto& layer : layers_.lowers) {
    layer->file_system = table_.file_system(layer->backing);
    root_->lowers.push_back({layer.get(), layer->root});
  }
  if (layers_.upper) root_->upper = layers_.upper->root;
  root_->on_upper.store(layers_.upper != nullptr);
  const Instance highest = top(*root_);
  auto attributes = highest.layer->store->attributes(highest.inode);
  if (!attributes.ok()) return attributes.error();
  const FoundInstance found{highest.layer, {highest.inode, *attributes}};
  const ObjectKey key = key_of(*highest.layer, found.found);
  (layers_.upper ? root_->upper_key : root_->lower_key) = key;
  OVLSPEC_TRY(load_claims());
  auto number = kept_number(found, std::nullopt);
  if (!number.ok()) return number.error();
  table_.insert_root(root_, key, *number);
  // A mount does not fail for what it cannot adopt: the next writable mount tries again.
  if (parts_) static_cast<void>(adopt_upper_layer());
  if (parts_ && !parts_->is_sealed) static_cast<void>(write_seal(Amount::kAll));
  return options_.identity == IdentityStrategy::kUpfront ? map_upfront() : Status();
}

// What a crash left in the work directory goes, and the index entry of a copy that never showed with it.
Status OverlayEngine::recover() {
  const InodeRef& temporary = parts_->work.temporary();
  auto entries = parts_->store.entries(temporary);
  if (!entries.ok()) return entries.error();
  for (const StoredEntry& entry : *entries) {
    auto found = parts_->store.lookup(temporary, entry.name);
    if (!found.ok()) return found.error();
    const FoundInstance left = layers_.found_at({layers_.upper.get(), temporary}, entry.name, std::move(*found));
    if (WorkDirectory::purpose_of(entry.name) == WorkDirectory::Purpose::kCopyUp) OVLSPEC_TRY(recover_claim(left));
    if (left.found.attributes.type == FileType::kDirectory || left.found.attributes.links < 2) continue;
    OVLSPEC_TRY(recover_index(left));
  }
  if (!entries->empty()) OVLSPEC_TRY(parts_->work.clear(temporary));
  return layers_.takes_private_xattrs(FileType::kSymlink) ? Status()
                                                          : remove_entry_records(temporary, names::kEntryRecords);
}

// `left` has a name in the work directory and one other: in the index, or already in the upper layer.
Status OverlayEngine::recover_index(const FoundInstance& left) {
  if (left.found.attributes.links != 2) return {};
  auto index_name = index_name_of(left);
  if (!index_name.ok()) return index_name.error();
  return *index_name ? parts_->index.remove(**index_name) : Status();
}

// `left` is a copy that never showed.
Status OverlayEngine::recover_claim(const FoundInstance& left) {
  auto bytes = record_bytes(left);
  if (!bytes.ok()) return bytes.error();
  const auto record = *bytes ? decode_record(**bytes) : std::nullopt;
  return record && record->number != 0 ? parts_->claim_log.take_back(record->number) : Status();
}

std::vector<HeldName> OverlayEngine::idle_nodes(std::size_t most) {
  const std::shared_lock lock(namespace_);
  std::vector<HeldName> names;
  for (const NodePtr& node : table_.idle(most))
    if (const auto name = table_.a_name(*node))
      names.push_back(
          {.node = node->id, .parent = name->parent->id, .name = name->name, .is_directory = node->is_directory()});
  return names;
}

std::size_t OverlayEngine::nodes() const { return table_.size(); }

}  // namespace ovlspec::impl
