// One system call for each operation. The caller of these has entered the session; paths are the mount's.
#pragma once

#include <array>
#include <variant>

#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"
#include "oracle/syscall_executor.h"

namespace ovlspec::oracle {

struct SyscallOperations {
  std::array<SyscallExecutor::OpenSlot, kSlots>& slots;

  // Open files.
  Outcome operator()(const Open& operation) const;
  Outcome operator()(const Close& operation) const;
  Outcome operator()(const Read& operation) const;
  Outcome operator()(const Write& operation) const;
  Outcome operator()(const ReadDirectory& operation) const;
  Outcome operator()(const RewindDirectory& operation) const;
  Outcome operator()(const ListDirectory& operation) const;
  Outcome operator()(const Sync& operation) const;
  Outcome operator()(const Lock& operation) const;

  // Names.
  Outcome operator()(const Mkdir& operation) const;
  Outcome operator()(const Rmdir& operation) const;
  Outcome operator()(const Unlink& operation) const;
  Outcome operator()(const Link& operation) const;
  Outcome operator()(const Symlink& operation) const;
  Outcome operator()(const Readlink& operation) const;
  Outcome operator()(const Rename& operation) const;
  Outcome operator()(const Mknod& operation) const;
  Outcome operator()(const StatFileSystem& operation) const;

  // Attributes, by path or slot.
  Outcome operator()(const Truncate& operation) const;
  Outcome operator()(const Chmod& operation) const;
  Outcome operator()(const Chown& operation) const;
  Outcome operator()(const Utimens& operation) const;
  Outcome operator()(const SetXattr& operation) const;
  Outcome operator()(const GetXattr& operation) const;
  Outcome operator()(const ListXattr& operation) const;
  Outcome operator()(const RemoveXattr& operation) const;
  Outcome operator()(const Stat& operation) const;

  // -1, which the kernel answers with EBADF, for a slot that is not open.
  int descriptor(Slot slot) const { return slot < kSlots ? slots[slot].descriptor.get() : -1; }
};

// Whether an operation has a path, so that it matters what the thread's root directory is.
bool has_path(const Operation& operation);

// Success without payload, or the calling thread's errno where `result` is negative.
Outcome outcome_of(long result);

}  // namespace ovlspec::oracle
