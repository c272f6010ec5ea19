// The open files of a trace, by slot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "impl/engine/engine.h"
#include "model/vocabulary/operation.h"
#include "oracle/vfs/nodes.h"

namespace ovlspec::oracle::vfs {

struct OpenSlot {
  enum class Kind : std::uint8_t { kClosed, kFile, kDirectory, kFifo };
  Kind kind = Kind::kClosed;
  NodeId node = 0;  // pinned while open
  Access access = Access::kRead;
  bool append = false;
  std::optional<LockKind> lock;      // kShared or kExclusive
  bool removed = false;              // a directory whose last name is gone
  impl::OpenFileRef file;            // of kFile
  impl::OpenDirectoryRef directory;  // of kDirectory
  std::uint64_t position = 0;        // of kDirectory: where the listing goes on

  bool readable() const { return access != Access::kWrite; }
  bool writable() const { return access != Access::kRead; }
};

class Slots {
 public:
  explicit Slots(Nodes& nodes) : nodes_(nodes) {}

  // Nothing where it is closed or there is no such slot.
  OpenSlot* find(Slot slot);
  // REQUIRES: slot < kSlots and closed; open.node was looked up in this operation.
  void fill(Slot slot, OpenSlot open);
  void close(Slot slot);
  void close_all();

  void directory_removed(NodeId node);
  bool has_reader(NodeId fifo) const;
  // As flock(2) without waiting: EAGAIN where another open file's lock excludes it, and then none is held any more.
  // REQUIRES: the slot is open.
  Status lock(Slot slot, LockKind kind);

 private:
  Nodes& nodes_;
  std::array<OpenSlot, kSlots> slots_;
};

}  // namespace ovlspec::oracle::vfs
