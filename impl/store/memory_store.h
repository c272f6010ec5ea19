// A whole file system in memory: no system calls, deterministic, as strict as Linux's tmpfs and ext4.
//
// One store may hold several layers as sub-directories; names and links may be moved between all directories of one
// store, and are EXDEV between two stores. Stores of one stack share one clock (copies of one Clock), or times would go
// backwards at a copy up. Behaves as a store with every privilege: no permission is checked.
//
// What Linux leaves to the file system, and what it is here:
// - entries come in byte order; a directory has 2 + subdirectories links, a removed one 0; no limit of links;
// - reading never changes an access time; a change of content, owner or size of a file removes security.capability;
// - attributes lie in user., trusted. and security.; system. (access control lists) is EOPNOTSUPP; the names and values
//   of one inode have no limit together;
// - holes are kept in units of MemoryContent::kBlock;
// - handles are those of ext4: type 1 with a 32-bit number and the generation, 0x81 with a 64-bit number where it does
//   not fit; a generation of 0 opens any; an inode without a name is found while it is held;
// - flags are kept and forbid nothing;
// - what is allocated is a hole: no space is counted for it; ranges can be zeroed, as on ext4;
// - no limit of space: an error of that kind comes from FaultyStore.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "impl/store/layer_store.h"
#include "impl/store/memory_inode.h"

namespace ovlspec::impl {

using Clock = std::function<Time()>;

// Goes one nanosecond on at each call, from 1,000,000,000 seconds. Copies share one state. Threads: safe.
Clock logical_clock();

struct MemoryStoreOptions {
  std::string uuid = std::string(16, '\1');  // 16 bytes
  std::uint64_t device = 1;                  // st_dev
  InodeNumber first_number = 2;              // the root's; the following are given out one by one
  MemoryNumbers::Reuse reuse = MemoryNumbers::Reuse::kNever;
  Clock clock = logical_clock();
};

class MemoryStore final : public LayerStore {
 public:
  // An empty root directory of mode 0755 that belongs to 0:0.
  explicit MemoryStore(MemoryStoreOptions options = {});

  // The root directory. Those who edit inodes directly see that no other thread uses the store meanwhile, and keep
  // MemoryInode's invariants.
  const MemoryInodeRef& root() const { return root_; }
  // The inode behind a reference. REQUIRES: it comes from a MemoryStore.
  static MemoryInodeRef inode_of(const InodeRef& inode) { return std::static_pointer_cast<MemoryInode>(inode); }
  Time now() const { return options_.clock(); }
  // The numbers that are given out next, the last one first; where there is none, one that was never given out is.
  std::vector<InodeNumber> freed_numbers() const { return numbers_->freed(); }

  // A deep copy of what has a name: same numbers, generations, times, uuid, device and clock (a restored snapshot).
  std::unique_ptr<MemoryStore> clone() const;
  // The same as another file system, or as a copied image (another device, same uuid).
  std::unique_ptr<MemoryStore> clone_as(std::string uuid, std::uint64_t device) const;

  Result<BackingFileSystem> file_system(const InodeRef& inode) override;
  Result<FileSystemStatus> status(const InodeRef& inode) override;

  Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) override;
  Result<Attributes> attributes(const InodeRef& inode) override;
  Result<std::vector<StoredEntry>> entries(const InodeRef& directory) override;
  Result<std::string> symlink_target(const InodeRef& inode) override;
  Result<std::string> xattr(const InodeRef& inode, std::string_view name) override;
  Result<std::vector<std::string>> xattr_names(const InodeRef& inode) override;
  Result<InodeFlags> flags(const InodeRef& inode) override;
  Result<InodeFlags> protection(const InodeRef& inode) override;
  Result<BackingHandle> handle(const InodeRef& inode) override;
  Result<FoundInode> by_handle(const InodeRef& root, const BackingHandle& handle) override;
  Result<std::vector<std::string>> names_of(const InodeRef& root, InodeNumber number) override;
  Result<std::string> content_seal(const InodeRef& root) override;

  Result<FoundInode> create(const InodeRef& directory, std::string_view name, const NewInode& inode) override;
  Status link(const InodeRef& inode, const InodeRef& directory, std::string_view name) override;
  Status unlink(const InodeRef& directory, std::string_view name) override;
  Status remove_directory(const InodeRef& directory, std::string_view name) override;
  Status rename(const InodeRef& from, std::string_view from_name, const InodeRef& to, std::string_view to_name,
                StoreRename mode) override;
  Status change(const InodeRef& inode, const StoreChange& change) override;
  Status set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) override;
  Status remove_xattr(const InodeRef& inode, std::string_view name) override;
  Status set_flags(const InodeRef& inode, InodeFlags flags) override;

  Result<FileRef> open(const InodeRef& inode, Access access) override;
  Result<std::size_t> read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) override;
  Result<std::size_t> write(const FileRef& file, std::string_view data, FileSize offset) override;
  Result<std::optional<Extent>> next_data(const FileRef& file, FileSize offset) override;
  Status change_range(const FileRef& file, RangeChange change, Extent range) override;
  Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) override;
  Status sync(const FileRef& file) override;
  Status sync_inode(const InodeRef& inode) override;
  std::optional<int> descriptor(const FileRef& file) const override;

 private:
  struct ForClone {};
  MemoryStore(ForClone, MemoryStoreOptions options, std::shared_ptr<MemoryNumbers> numbers);

  MemoryStoreOptions options_;
  std::shared_ptr<MemoryNumbers> numbers_;
  MemoryInodeRef root_;
  mutable std::mutex mutex_;  // guards every inode but its number
};

}  // namespace ovlspec::impl
