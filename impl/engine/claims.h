// The numbers that identity records hold. An object without a record never shows one of them, so that its number does
// not depend on what was looked up first; and a claim outlives its object, so that no other object is taken for it.
//
// On disk twice: work/claims, a log that is appended to before the object with the number shows, and the seal of the
// upper layer (layer_seal.h), which holds them where the work directory is lost or the upper becomes a lower.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/engine/work_directory.h"
#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// Which layers claim a number. Not for several threads: the node table guards it.
class ClaimedNumbers {
 public:
  // `depth`: of the layer whose records hold it, 0 the upper. Of several layers the topmost counts.
  void add(InodeNumber number, std::size_t depth);
  bool contains(InodeNumber number) const { return topmost_.contains(number); }
  // Whether a layer above `depth` claims the number.
  bool claimed_above(InodeNumber number, std::size_t depth) const;

 private:
  std::unordered_map<InodeNumber, std::size_t> topmost_;
};

// The log in the work directory: 16-byte entries, each a number and a word that proves it. An entry with bit 63 set
// takes the claim back: the copy never showed. What is not an entry counts for nothing.
//
// The log grows before the entry is written: its size is metadata, which a power failure keeps as far as it keeps the
// record that the claim is of, and what was written is not. So a lost claim shows as a place without an entry.
//
// Threads: the engine's namespace lock, exclusive, orders the calls.
class ClaimLog {
 public:
  ClaimLog(LayerStore& store, WorkDirectory& work) : store_(store), work_(work) {}

  struct Logged {
    std::vector<InodeNumber> numbers;  // in no order
    bool is_whole = true;              // no claim was lost
  };
  // What the log claims. Nothing where there is no log.
  Result<Logged> read();
  Status append(InodeNumber number) { return append_entry(number); }
  Status take_back(InodeNumber number);
  // A new log of these claims alone, whole and on disk, in the old one's place.
  Status rewrite(const std::vector<InodeNumber>& numbers, Durability durability);

 private:
  Status append_entry(std::uint64_t word);
  // Makes the log where there is none; what lies in its place and is no file goes.
  Status open();

  LayerStore& store_;
  WorkDirectory& work_;
  InodeRef inode_;    // with file_
  FileRef file_;      // null until something is appended
  FileSize end_ = 0;  // bytes of whole entries
};

}  // namespace ovlspec::impl
