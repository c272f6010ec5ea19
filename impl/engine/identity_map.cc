#include "impl/engine/identity_map.h"

#include "impl/engine/digest.h"

namespace ovlspec::impl {

std::size_t MemoryIdentityMap::Hash::operator()(const MappedInode& inode) const {
  return static_cast<std::size_t>(mix(inode.file_system ^ mix(inode.inode ^ mix(inode.generation))));
}

Result<std::optional<InodeNumber>> MemoryIdentityMap::find(const MappedInode& inode) {
  const std::lock_guard lock(mutex_);
  const auto found = numbers_.find(inode);
  return found == numbers_.end() ? std::optional<InodeNumber>() : std::optional(found->second);
}

Result<InodeNumber> MemoryIdentityMap::add(const MappedInode& inode) {
  const std::lock_guard lock(mutex_);
  ++writes_;
  return numbers_[inode] = next_++;
}

Result<std::optional<std::string>> MemoryIdentityMap::seal() {
  const std::lock_guard lock(mutex_);
  return seal_;
}

Status MemoryIdentityMap::set_seal(const std::string& seal) {
  const std::lock_guard lock(mutex_);
  ++writes_;
  seal_ = seal;
  return {};
}

std::uint64_t MemoryIdentityMap::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

}  // namespace ovlspec::impl
