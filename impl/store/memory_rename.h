// The decision and the effect of a rename in the memory store.
#pragma once

#include <string_view>

#include "impl/store/memory_inode.h"

namespace ovlspec::impl {

struct MemoryPlace {
  MemoryInode* directory = nullptr;  // a directory, not null
  std::string_view name;             // a checked component
};

// Renames in the order of checks that Linux has, with link counts and times of everything touched.
Status rename_in_memory(const MemoryPlace& from, const MemoryPlace& to, StoreRename mode, Time now);

// Sets modify and change time of a directory whose entries changed.
void touch_directory(MemoryInode& directory, Time now);

}  // namespace ovlspec::impl
