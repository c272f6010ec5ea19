// Applies operations to a mounted directory by system calls, as the process of a trace's caller would.
//
// - The mount is the thread's root and working directory meanwhile (thread_session.h): no symlink and no `..` leads
//   out.
// - Every open has O_NONBLOCK, O_NOCTTY and O_CLOEXEC, so that nothing waits for the other end of a FIFO: opening one
//   for writing alone without a reader is ENXIO. Opening a device node is EACCES on the mounts that subjects make
//   (nodev).
// - An open that succeeds on a slot that is in use closes what was open there; one that fails leaves it. An operation
//   on a slot that is not open is EBADF without a system call.
// - ReadDirectory asks the kernel for few entries at a time and keeps what it did not hand out, as readdir(3) does.
// - A read asks for kFileSizeLimit bytes at most.
//
// Threads: one, the same from attach to detach.
#pragma once

#include <array>
#include <cstdint>

#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"
#include "oracle/descriptor.h"
#include "oracle/directory_reader.h"

namespace ovlspec::oracle {

class SyscallExecutor {
 public:
  struct OpenSlot {
    Descriptor descriptor;
    DirectoryReader reader{DirectoryReader::Chunk::kSmall};
  };

  // What the operations go to from now on: the root of a mount, O_PATH will do. REQUIRES: enter_private_namespace
  // succeeded on this thread.
  void attach(Descriptor mount);
  bool attached() const { return mount_.open(); }
  int mount() const { return mount_.get(); }
  // Leaves the thread's session, closes all slots and the mount, so that it can be unmounted.
  void detach();

  // REQUIRES: attached. Afterwards the thread is in a session inside the mount, as ThreadSession says.
  Outcome apply(const Caller& caller, const Operation& operation);

 private:
  Descriptor mount_;
  std::uint64_t identity_ = 0;
  std::array<OpenSlot, kSlots> slots_;
};

}  // namespace ovlspec::oracle
