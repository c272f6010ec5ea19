// Deep copies of a memory store.
#include <unordered_map>

#include "impl/store/memory_store.h"

namespace ovlspec::impl {
namespace {

using Copies = std::unordered_map<const MemoryInode*, MemoryInodeRef>;

MemoryInodeRef copy_tree(const MemoryInode& inode, const std::shared_ptr<MemoryNumbers>& numbers, std::uint64_t device,
                         Copies& copies) {
  if (const auto it = copies.find(&inode); it != copies.end()) return it->second;
  auto copy = std::make_shared<MemoryInode>(numbers, inode);
  copy->attributes.file_system = device;
  if (!inode.is_directory() && inode.attributes.links > 1) copies.emplace(&inode, copy);
  copy->entries.reserve(inode.entries.size());
  for (const MemoryEntry& entry : inode.entries) {
    MemoryInodeRef child = copy_tree(*entry.inode, numbers, device, copies);
    if (child->is_directory()) child->parent = copy.get();
    copy->entries.push_back(MemoryEntry{.name = entry.name, .inode = std::move(child)});
  }
  return copy;
}

}  // namespace

MemoryStore::MemoryStore(ForClone, MemoryStoreOptions options, std::shared_ptr<MemoryNumbers> numbers)
    : options_(std::move(options)), numbers_(std::move(numbers)) {}

std::unique_ptr<MemoryStore> MemoryStore::clone() const { return clone_as(options_.uuid, options_.device); }

std::unique_ptr<MemoryStore> MemoryStore::clone_as(std::string uuid, std::uint64_t device) const {
  const std::lock_guard lock(mutex_);
  MemoryStoreOptions options = options_;
  options.uuid = std::move(uuid);
  options.device = device;
  std::unique_ptr<MemoryStore> copy(new MemoryStore(ForClone{}, std::move(options), numbers_->clone()));
  Copies copies;
  copy->root_ = copy_tree(*root_, copy->numbers_, device, copies);
  copy->root_->parent = copy->root_.get();
  copy->numbers_->free_unused();
  return copy;
}

}  // namespace ovlspec::impl
