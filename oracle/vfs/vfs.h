// A small virtual file system: it stands between a trace's paths and the engine's nodes as the Linux kernel stands
// before a FUSE server mounted with default_permissions. Path walk, permissions, open flags, set-id clearing and the
// order in which errors are found are Linux's (fs/namei.c, open.c, attr.c, xattr.c, fuse/dir.c of 6.18); what a name
// leads to and what an object holds is the engine's answer, passed on as it is.
//
// Not modelled: mounts within the mount, access control lists, immutable and append-only flags, locks, leases, quotas,
// user namespaces other than the first. Device nodes answer EACCES to open, as on a nodev mount; every open is
// non-blocking. Of the sysctls fs.protected_*, hardlinks is an option; symlinks, fifos and regular are 0.
//
// Threads: one at a time for one Vfs. Several Vfs may share one engine if none of them caches.
#pragma once

#include <memory>

#include "impl/engine/engine.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"

namespace ovlspec::oracle {

struct VfsOptions {
  // kDentries: a name once looked up is asked for again only after drop_caches, as with entry timeouts without end.
  // kNone: every component of every walk asks the engine, and is forgotten when the operation ends.
  enum class Caching : std::uint8_t { kDentries, kNone };
  enum class ProtectedHardLinks : std::uint8_t { kOff, kOn };  // fs.protected_hardlinks
  Caching caching = Caching::kDentries;
  ProtectedHardLinks protected_hard_links = ProtectedHardLinks::kOff;
};

class Vfs {
 public:
  // REQUIRES: `engine` outlives every call, and nobody else holds its nodes through this Vfs. The destructor does not
  // touch the engine: call release before it for an orderly unmount.
  Vfs(impl::Engine& engine, VfsOptions options);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  Outcome apply(const Caller& caller, const Operation& operation);
  // Forgets every node that no open slot holds.
  void drop_caches();
  // Closes all slots and forgets all nodes: the engine holds none afterwards but the root.
  void release();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ovlspec::oracle
