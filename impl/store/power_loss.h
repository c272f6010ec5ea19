// What a power failure may leave of the calls that a memory store was given.
//
// The contract of a file system with a journal, which is what an overlay may count on (ext4, xfs, btrfs, f2fs; the
// kernel's overlay counts on no more): changes of names, attributes and sizes survive up to some one of them, in the
// order in which they were made; of what was written any calls survive, also where a change of metadata before them did
// not, but a file does not grow by them then; a sync makes durable what was written to its inode, and every change of
// metadata before it.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "impl/store/faulty_store.h"
#include "impl/store/memory_store.h"

namespace ovlspec::impl {

struct Survival {
  std::size_t metadata = 0;         // of the first `metadata` calls, what is metadata
  std::vector<std::size_t> writes;  // calls, by their place among all; ascending
};

// Of `calls`, everything that may survive; where more than eight writes are uncertain: all of them, none, each alone,
// and all but one.
std::vector<Survival> survivals(const std::vector<CountedCall>& calls);

// The contents of all files with a name, by inode number.
using Contents = std::map<InodeNumber, MemoryContent>;
Contents contents_of(const MemoryStore& store);

// Makes the files' contents what survives. REQUIRES: the store crashed at call `survival.metadata` + 1 of `calls`, had
// the contents `before` when they began, and none of them is a change or a copy of a range.
void lose(const MemoryStore& store, const Contents& before, const std::vector<CountedCall>& calls,
          const Survival& survival);

}  // namespace ovlspec::impl
