// One inode of the memory store, open to view and edit. Holds no lock: see MemoryStore.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "impl/store/layer_store.h"
#include "impl/store/memory_content.h"
#include "model/vocabulary/attributes.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

class MemoryNumbers;
struct MemoryInode;
using MemoryInodeRef = std::shared_ptr<MemoryInode>;

struct MemoryEntry {
  std::string name;
  MemoryInodeRef inode;
};

struct MemoryXattr {
  std::string name;  // with its namespace
  std::string value;
};

// Invariants: `entries` and `xattrs` are sorted by name in byte order, without duplicates; attributes.links is the
// number of entries that lead here, and for a directory with a name 2 plus its subdirectories, 0 once removed;
// attributes.size and blocks are kept by the store's methods, for those who edit `content` by refresh_size.
struct MemoryInode final : StoreInode, std::enable_shared_from_this<MemoryInode> {
  // Takes a number and a generation, and gives the number back when the last reference goes.
  MemoryInode(std::shared_ptr<MemoryNumbers> numbers_of_store, FileType type);
  // With the number and generation that a copied inode had.
  MemoryInode(std::shared_ptr<MemoryNumbers> numbers_of_store, const MemoryInode& copied);
  ~MemoryInode() override;
  MemoryInode(const MemoryInode&) = delete;
  MemoryInode& operator=(const MemoryInode&) = delete;

  Attributes attributes;
  std::uint32_t generation = 0;   // never 0
  InodeFlags flags = 0;           // kept, and without effect here
  MemoryInode* parent = nullptr;  // a directory's; the root's is itself; null for what is no directory or was removed
  MemoryContent content;          // a regular file's
  std::string symlink_target;
  std::vector<MemoryEntry> entries;
  std::vector<MemoryXattr> xattrs;
  const std::shared_ptr<MemoryNumbers> numbers;  // equal for inodes of one store

  bool is_directory() const { return attributes.type == FileType::kDirectory; }
  // Whether new names may be made in this directory.
  bool is_removed() const { return parent == nullptr; }

  // Null where the name is missing.
  MemoryInode* find(std::string_view name) const;
  const std::string* xattr(std::string_view name) const;
  void refresh_size();

  // Names, with link counts and parent but no times. REQUIRES: this is a directory; `attach`: the name is free;
  // `detach`: it is not.
  void attach(std::string_view name, MemoryInodeRef inode);
  MemoryInodeRef detach(std::string_view name);
};

// Gives out inode numbers and generations, and finds live inodes by number. Threads: safe.
class MemoryNumbers {
 public:
  enum class Reuse : std::uint8_t {
    kNever,
    kAtOnce,  // a freed number is the next to be given out, as on ext4
  };
  MemoryNumbers(InodeNumber first, Reuse reuse) : next_(first), first_(first), reuse_(reuse) {}
  // For a copy of a store: gives out what this would give out next, and has no inode yet; `adopt` brings them.
  std::shared_ptr<MemoryNumbers> clone() const;
  // Frees the numbers of inodes that were not brought.
  void free_unused();

  void take(MemoryInode& inode);   // sets number and generation
  void adopt(MemoryInode& inode);  // keeps those that it has
  void release(const MemoryInode& inode);
  MemoryInodeRef find(InodeNumber number) const;
  std::vector<InodeNumber> freed() const;

 private:
  mutable std::mutex mutex_;
  InodeNumber next_;
  InodeNumber first_;
  Reuse reuse_;
  std::uint32_t next_generation_ = 1;
  std::vector<InodeNumber> freed_;
  std::vector<MemoryInode*> live_;  // live_[number - first_]; null where there is none
};

}  // namespace ovlspec::impl
