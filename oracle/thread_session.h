// In whose name, and with which root directory, the calling thread makes system calls.
//
// A session inside a mount lasts until it is left or another is entered, because entering costs more than most
// operations. While it lasts, paths of the thread are paths of the mount, and files are opened with the caller's
// permissions: whoever does anything else than operate on the mount leaves first.
#pragma once

#include <cstdint>
#include <optional>

#include "model/vocabulary/caller.h"
#include "model/vocabulary/result.h"
#include "oracle/descriptor.h"

namespace ovlspec::oracle {

// The thread's file system user, groups, effective capabilities and umask. Permitted capabilities and real ids stay.
class ThreadCredentials {
 public:
  ThreadCredentials();
  // REQUIRES: the process's own, or adopted before: what raises capabilities again is kept in every caller's set. No
  // file system asks for those (set ids, change root).
  Status adopt(const Caller& caller);
  // Back to what the thread had when this object was made.
  Status restore();

 private:
  Status set(const Caller& caller, std::uint64_t effective);

  Caller own_;
  std::uint64_t own_effective_ = 0;
  std::uint64_t permitted_ = 0;
  std::uint64_t inheritable_ = 0;
  std::optional<Caller> current_;  // nothing: own_
  bool settled_ = true;            // false: the change to current_ failed on the way
};

class ThreadSession {
 public:
  // The calling thread's. REQUIRES: enter_private_namespace succeeded on this thread.
  static ThreadSession& current();

  // Makes `mount` the thread's root and working directory, and `caller` its credentials. `identity` tells mounts apart,
  // and is never used twice: descriptors are.
  Status enter(int mount, std::uint64_t identity, const Caller& caller);
  // As enter, for what needs no path.
  Status become(const Caller& caller) { return credentials_.adopt(caller); }
  // Back to the process's root, working directory and credentials. Aborts where that cannot be done, since all that
  // follows would go astray.
  void leave();

 private:
  ThreadSession();

  ThreadCredentials credentials_;
  Descriptor root_;
  Descriptor directory_;  // working directory before
  std::optional<std::uint64_t> inside_;
};

// A number that no other call in this process gave.
std::uint64_t next_identity();

}  // namespace ovlspec::oracle
