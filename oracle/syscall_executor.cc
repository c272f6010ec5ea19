#include "oracle/syscall_executor.h"

#include <utility>

#include "oracle/syscall_operations.h"
#include "oracle/thread_session.h"

namespace ovlspec::oracle {

void SyscallExecutor::attach(Descriptor mount) {
  detach();
  mount_ = std::move(mount);
  identity_ = next_identity();
}

void SyscallExecutor::detach() {
  if (!mount_.open()) return;
  ThreadSession::current().leave();
  for (OpenSlot& slot : slots_) slot.descriptor.reset();
  mount_.reset();
}

Outcome SyscallExecutor::apply(const Caller& caller, const Operation& operation) {
  ThreadSession& session = ThreadSession::current();
  const Status ready = has_path(operation) ? session.enter(mount_.get(), identity_, caller) : session.become(caller);
  if (!ready.ok()) return Outcome::failure(ready.error());
  return std::visit(SyscallOperations{slots_}, operation);
}

}  // namespace ovlspec::oracle
