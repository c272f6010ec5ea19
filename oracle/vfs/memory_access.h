// LayerAccess over a directory of a memory store: what posix_access.h is for a real directory.
//
// A backing is (st_dev, st_ino, generation); a handle is the one that a real file system with the store's uuid gives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "impl/store/memory_store.h"
#include "oracle/layer_access.h"

namespace ovlspec::oracle {

class MemoryAccess final : public LayerAccess {
 public:
  // REQUIRES: `root` is a directory of `store`, which outlives this.
  MemoryAccess(impl::MemoryStore& store, impl::MemoryInodeRef root) : store_(store), root_(std::move(root)) {}

  Result<AccessedInode> read(std::string_view path) override;
  Result<std::vector<std::string>> list(std::string_view path) override;
  Status make(std::string_view path, const model::Inode& inode) override;  // "": the root gets the attributes
  Status link(std::string_view from, std::string_view to) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status remove(std::string_view path) override;
  Status set_mode(std::string_view path, Mode mode) override;
  Status set_content(std::string_view path, std::string_view content) override;
  Status set_times(std::string_view path, Time access, Time modify) override;

 private:
  struct Place {
    impl::MemoryInodeRef directory;
    std::string_view name;
  };
  Result<impl::MemoryInodeRef> find(std::string_view path) const;
  Result<Place> place(std::string_view path) const;  // EBUSY for the root
  Status write(const impl::MemoryInodeRef& inode, std::string_view bytes);
  Status fill(const impl::MemoryInodeRef& made, const model::Inode& inode);
  Status set_attributes(const impl::MemoryInodeRef& made, const model::Inode& inode);
  Status empty(const impl::MemoryInodeRef& directory);
  Status remove_at(const Place& at);

  impl::MemoryStore& store_;
  impl::MemoryInodeRef root_;
};

}  // namespace ovlspec::oracle
