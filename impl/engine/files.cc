// Open files.
#include "impl/engine/open_handles.h"
#include "impl/engine/overlay_engine.h"
#include "impl/engine/prepared_copy.h"

namespace ovlspec::impl {

Result<OpenFileRef> OverlayEngine::open(NodeId id, OpenMode mode) {
  const bool writes = mode.access != Access::kRead || mode.truncate;
  std::shared_lock reading(namespace_);
  auto opened = node(id);
  if (!opened.ok()) return opened.error();
  if ((*opened)->is_directory()) return Errno::kEISDIR;
  if ((*opened)->type == FileType::kSymlink) return Errno::kELOOP;
  if ((*opened)->type != FileType::kRegular) return Errno::kENXIO;
  if (writes) OVLSPEC_TRY(check_writing(**opened, mode));
  if (!writes) {
    // Whatever the layer has the open wait for, such as somebody's lease, nobody else waits for it.
    const Instance instance = (*opened)->data ? *(*opened)->data : top(**opened);
    auto open = std::make_shared<OpenFile>(table_, *opened, mode.access);
    open->on_upper = (*opened)->on_upper.load(std::memory_order_acquire);
    reading.unlock();
    return open_instance(std::move(open), instance);
  }
  if ((*opened)->upper && !(*opened)->data) return open_held(*opened, mode);
  PreparedCopy prepared(*this);
  const bool copies_first = !mode.truncate && prepared.is_wanted(*opened);
  reading.unlock();
  if (copies_first) prepared.make();
  const std::unique_lock writing(namespace_);
  OVLSPEC_TRY(check_writable());
  if (mode.truncate && !(*opened)->upper) {
    StoreChange to_nothing;
    to_nothing.size = 0;
    OVLSPEC_TRY(copy_up(*opened, CopyUp{.place = {}, .change = &to_nothing}));
    mode.truncate = false;
  } else {
    OVLSPEC_TRY(copy_up(*opened, CopyUp{.place = {}, .change = nullptr, .prepared = &prepared}));
  }
  return open_held(*opened, mode);
}

// For writing. REQUIRES: the file is in the upper layer, with its data.
Result<OpenFileRef> OverlayEngine::open_held(const NodePtr& node, OpenMode mode) {
  const Instance instance = top(*node);
  if (mode.truncate) {
    StoreChange to_nothing;
    to_nothing.size = 0;
    OVLSPEC_TRY(instance.layer->store->change(instance.inode, to_nothing));
  }
  auto open = std::make_shared<OpenFile>(table_, node, mode.access);
  open->on_upper = true;
  return open_instance(std::move(open), instance);
}

Result<OpenFileRef> OverlayEngine::open_instance(OpenFileRef open, const Instance& instance) {
  if (instance.layer == nullptr) return Errno::kEIO;
  auto file = instance.layer->store->open(instance.inode, open->access);
  if (!file.ok()) return file.error();
  open->store = instance.layer->store;
  open->file = std::move(*file);
  return open;
}

// The backing file as it is now: a file opened before a copy up reads the copy after it.
Result<OverlayEngine::Current> OverlayEngine::current(OpenFile& open) const {
  {
    const std::lock_guard lock(open.mutex);
    const bool is_stale = !open.on_upper && open.held.node()->on_upper.load(std::memory_order_acquire);
    if (!is_stale) return Current{open.store, open.file, open.on_upper};
  }
  const std::shared_lock reading(namespace_);
  auto file = layers_.upper->store->open(open.held.node()->upper, open.access);
  if (!file.ok()) return file.error();
  const std::lock_guard lock(open.mutex);
  open.store = layers_.upper->store;
  open.file = std::move(*file);
  open.on_upper = true;
  return Current{open.store, open.file, open.on_upper};
}

Result<std::size_t> OverlayEngine::read(const OpenFileRef& file, char* buffer, std::size_t size, FileSize offset) {
  if (file->access == Access::kWrite) return Errno::kEBADF;
  auto backing = current(*file);
  if (!backing.ok()) return backing.error();
  return backing->store->read(backing->file, buffer, size, offset);
}

Result<std::size_t> OverlayEngine::write(const OpenFileRef& file, std::string_view data, FileSize offset) {
  if (file->access == Access::kRead) return Errno::kEBADF;
  auto backing = current(*file);
  if (!backing.ok()) return backing.error();
  return backing->store->write(backing->file, data, offset);
}

Result<FileSize> OverlayEngine::seek(const OpenFileRef& file, Sought sought, FileSize offset) {
  auto backing = current(*file);
  if (!backing.ok()) return backing.error();
  auto data = backing->store->next_data(backing->file, offset);
  if (!data.ok()) return data.error();
  if (sought == Sought::kData) return *data ? Result<FileSize>((*data)->begin) : Errno::kENXIO;
  if (*data) return (*data)->begin > offset ? offset : (*data)->end;
  auto attributes = backing_attributes(*file);
  if (!attributes.ok()) return attributes.error();
  return offset < attributes->size ? Result<FileSize>(offset) : Errno::kENXIO;
}

Result<Attributes> OverlayEngine::backing_attributes(const OpenFile& file) const {
  const std::shared_lock lock(namespace_);
  const Instance instance = top(*file.held.node());
  return instance.layer->store->attributes(instance.inode);
}

Status OverlayEngine::change_range(const OpenFileRef& file, RangeChange change, LayerStore::Extent range) {
  if (file->access == Access::kRead) return Errno::kEBADF;
  OVLSPEC_TRY(check_range(*file, change));
  auto backing = current(*file);
  if (!backing.ok()) return backing.error();
  return backing->store->change_range(backing->file, change, range);
}

Result<std::size_t> OverlayEngine::copy_range(Position from, Position to, std::size_t size) {
  if (from.file->access == Access::kWrite || to.file->access == Access::kRead) return Errno::kEBADF;
  OVLSPEC_TRY(check_range(*to.file, RangeChange::kAllocate));
  auto source = current(*from.file);
  if (!source.ok()) return source.error();
  auto target = current(*to.file);
  if (!target.ok()) return target.error();
  if (source->store != target->store) return Errno::kEXDEV;
  return source->store->copy_range({source->file, from.offset}, {target->file, to.offset}, size);
}

Status OverlayEngine::sync(const OpenFileRef& file) {
  if (options_.durability == Durability::kVolatile) return {};
  if (!file->held.node()->on_upper.load(std::memory_order_acquire)) return {};
  auto backing = current(*file);
  if (!backing.ok()) return backing.error();
  return backing->store->sync(backing->file);
}

std::optional<Engine::BackingDescriptor> OverlayEngine::descriptor(const OpenFileRef& file) {
  auto backing = current(*file);
  if (!backing.ok()) return std::nullopt;
  const auto descriptor = backing->store->descriptor(backing->file);
  if (!descriptor) return std::nullopt;
  return BackingDescriptor{.descriptor = *descriptor, .may_change = parts_ != nullptr && !backing->on_upper};
}

// A metacopy file is left out: a change of its size is one of the upper layer alone.
void OverlayEngine::give_content(const OpenFileRef& file, std::size_t most,
                                 const std::function<void(std::string_view)>& take) {
  // Kept by the thread, as many files as it may serve.
  static thread_local std::string bytes;
  Node& node = *file->held.node();
  if (node.content_given.load(std::memory_order_acquire)) return;
  const std::lock_guard others_wait(giving_[node.id % giving_.size()]);
  if (node.content_given.load(std::memory_order_relaxed)) return;
  {
    const std::shared_lock no_copy_up(namespace_);
    if (!node.upper && !node.data) {
      const std::lock_guard lock(file->mutex);
      bytes.resize(most + 1);
      const auto count = file->store->read(file->file, bytes.data(), bytes.size(), 0);
      if (count.ok() && *count > 0 && *count <= most) take(std::string_view(bytes.data(), *count));
    }
  }
  node.content_given.store(true, std::memory_order_release);
}

}  // namespace ovlspec::impl
