// The rules of Linux for changes of attributes in the memory store.
#pragma once

#include "impl/store/layer_store.h"
#include "impl/store/memory_inode.h"

namespace ovlspec::impl {

// EISDIR, EINVAL, EFBIG and EOPNOTSUPP as LayerStore::change has them.
Status check_change_in_memory(const MemoryInode& inode, const StoreChange& change);
bool changes_nothing(const StoreChange& change);
// REQUIRES: the change was checked.
void change_in_memory(MemoryInode& inode, const StoreChange& change, Time now);

}  // namespace ovlspec::impl
