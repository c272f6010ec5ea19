#include "impl/store/memory_inode.h"

#include <algorithm>

namespace ovlspec::impl {
namespace {

template <typename Named>
auto position(std::vector<Named>& items, std::string_view name) {
  return std::lower_bound(items.begin(), items.end(), name,
                          [](const Named& item, std::string_view wanted) { return item.name < wanted; });
}

template <typename Named>
auto position(const std::vector<Named>& items, std::string_view name) {
  return std::lower_bound(items.begin(), items.end(), name,
                          [](const Named& item, std::string_view wanted) { return item.name < wanted; });
}

}  // namespace

MemoryInode::MemoryInode(std::shared_ptr<MemoryNumbers> numbers_of_store, FileType type)
    : numbers(std::move(numbers_of_store)) {
  attributes.type = type;
  attributes.links = type == FileType::kDirectory ? 2 : 0;
  numbers->take(*this);
}

MemoryInode::MemoryInode(std::shared_ptr<MemoryNumbers> numbers_of_store, const MemoryInode& copied)
    : attributes(copied.attributes),
      generation(copied.generation),
      flags(copied.flags),
      content(copied.content),
      symlink_target(copied.symlink_target),
      xattrs(copied.xattrs),
      numbers(std::move(numbers_of_store)) {
  numbers->adopt(*this);
}

MemoryInode::~MemoryInode() {
  for (const MemoryEntry& entry : entries) {
    if (entry.inode->is_directory()) entry.inode->parent = nullptr;
  }
  numbers->release(*this);
}

MemoryInode* MemoryInode::find(std::string_view name) const {
  const auto it = position(entries, name);
  return it != entries.end() && it->name == name ? it->inode.get() : nullptr;
}

const std::string* MemoryInode::xattr(std::string_view name) const {
  const auto it = position(xattrs, name);
  return it != xattrs.end() && it->name == name ? &it->value : nullptr;
}

void MemoryInode::refresh_size() {
  attributes.size = content.size();
  attributes.blocks = content.blocks();
}

void MemoryInode::attach(std::string_view name, MemoryInodeRef inode) {
  if (inode->is_directory()) {
    inode->parent = this;
    ++attributes.links;
  } else {
    ++inode->attributes.links;
  }
  entries.insert(position(entries, name), MemoryEntry{.name = std::string(name), .inode = std::move(inode)});
}

MemoryInodeRef MemoryInode::detach(std::string_view name) {
  const auto it = position(entries, name);
  MemoryInodeRef inode = std::move(it->inode);
  entries.erase(it);
  if (inode->is_directory()) {
    inode->parent = nullptr;
    --attributes.links;
  } else {
    --inode->attributes.links;
  }
  return inode;
}

std::shared_ptr<MemoryNumbers> MemoryNumbers::clone() const {
  const std::lock_guard lock(mutex_);
  auto copy = std::make_shared<MemoryNumbers>(first_, reuse_);
  copy->next_ = next_;
  copy->next_generation_ = next_generation_;
  copy->live_.resize(live_.size());
  copy->freed_ = freed_;
  return copy;
}

void MemoryNumbers::take(MemoryInode& inode) {
  const std::lock_guard lock(mutex_);
  if (freed_.empty()) {
    inode.attributes.number = next_++;
    live_.push_back(&inode);
  } else {
    inode.attributes.number = freed_.back();
    freed_.pop_back();
    live_[inode.attributes.number - first_] = &inode;
  }
  inode.generation = next_generation_++;
  if (next_generation_ == 0) next_generation_ = 1;
}

void MemoryNumbers::adopt(MemoryInode& inode) {
  const std::lock_guard lock(mutex_);
  live_[inode.attributes.number - first_] = &inode;
}

void MemoryNumbers::free_unused() {
  const std::lock_guard lock(mutex_);
  if (reuse_ == Reuse::kNever) return;
  std::vector<bool> known(live_.size());
  for (const InodeNumber number : freed_) known[number - first_] = true;
  for (std::size_t i = 0; i < live_.size(); ++i) {
    if (live_[i] == nullptr && !known[i]) freed_.push_back(first_ + i);
  }
}

void MemoryNumbers::release(const MemoryInode& inode) {
  const std::lock_guard lock(mutex_);
  live_[inode.attributes.number - first_] = nullptr;
  if (reuse_ == Reuse::kAtOnce) freed_.push_back(inode.attributes.number);
}

std::vector<InodeNumber> MemoryNumbers::freed() const {
  const std::lock_guard lock(mutex_);
  return freed_;
}

MemoryInodeRef MemoryNumbers::find(InodeNumber number) const {
  const std::lock_guard lock(mutex_);
  if (number < first_ || number - first_ >= live_.size()) return nullptr;
  MemoryInode* inode = live_[number - first_];
  // An inode whose destructor waits for the lock has no owner left: lock() gives nothing.
  return inode == nullptr ? nullptr : inode->weak_from_this().lock();
}

}  // namespace ovlspec::impl
