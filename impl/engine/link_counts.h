// How many names show each object that has several, or may have: what st_nlink says of it.
//
// Backing link counts do not say it: names may be hidden by layers above, lie outside the layers, or be spread over an
// upper inode and the lower one that it was copied up from. So the first time that a count is asked for, one walk of
// the tree counts the names of every backing inode; after it the engine tells of each name that comes and goes.
// A tree without hard links is never walked.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "impl/engine/object_key.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// Threads: every method may be called from several threads at once.
class LinkCounts {
 public:
  using Counts = std::unordered_map<ObjectKey, std::uint32_t, ObjectKeyHash>;
  // Counts the names of every inode in the tree.
  using Walk = std::function<Status(Counts&)>;

  // The names that lead to this inode of a layer. REQUIRES: the tree does not change during a walk.
  Result<std::uint32_t> of(const ObjectKey& key, const Walk& walk);

  // A name of the inode came or went. Nothing to do before the first walk.
  void added(const ObjectKey& key);
  void removed(const ObjectKey& key);

 private:
  std::mutex mutex_;
  bool walked_ = false;
  Counts counts_;
};

}  // namespace ovlspec::impl
