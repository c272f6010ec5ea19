// The index: which upper inode a lower inode with several links was copied up to. work/index/NAME is a hard link of
// the upper inode; NAME is the origin's handle in hexadecimal (origin_handle.h), as the kernel's overlayfs has it.
//
// An entry counts while its inode has another link, that is, a name in the upper layer. Alone, it only keeps the count
// of the names of the lower inode that were removed.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "impl/engine/work_directory.h"
#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// Threads: every method may be called from several threads at once; add, take and put_back of one name are the
// caller's to order.
class HardLinkIndex {
 public:
  HardLinkIndex(LayerStore& store, WorkDirectory& work) : store_(store), work_(work) {}

  // The directory of the entries, made where it is missing.
  Result<InodeRef> directory();
  Result<std::vector<std::string>> names();
  // Whether there are no entries. Reads the directory once.
  Result<bool> empty();
  Result<std::optional<FoundInode>> find(const std::string& name);
  // Makes an entry of the inode, in the place of one of this name.
  Status add(const InodeRef& inode, const std::string& name);
  Status remove(const std::string& name);
  // Moves what was taken back.
  Status put_back(std::string_view temporary, const std::string& name);
  // Moves an entry out of the index; its temporary name.
  Result<std::string> take(const std::string& name);

 private:
  Status load_locked();
  Status make_directory_locked();

  LayerStore& store_;
  WorkDirectory& work_;
  std::mutex mutex_;
  bool loaded_ = false;
  InodeRef directory_;  // null: there is none
  std::unordered_set<std::string> entries_;
};

}  // namespace ovlspec::impl
