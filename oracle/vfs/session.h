// What all operations of one mount share.
#pragma once

#include "oracle/vfs/nodes.h"
#include "oracle/vfs/permission.h"
#include "oracle/vfs/slots.h"
#include "oracle/vfs/vfs.h"
#include "oracle/vfs/walk.h"

namespace ovlspec::oracle::vfs {

struct Session {
  Session(impl::Engine& engine_of_mount, VfsOptions options_of_mount);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  impl::Engine& engine;
  VfsOptions options;
  bool read_only;
  Nodes nodes;
  Slots slots;
  Walk first;   // most operations walk one path
  Walk second;  // link and rename walk two
};

inline Outcome answer(const Status& status) {
  return status.ok() ? Outcome::success() : Outcome::failure(status.error());
}

// EROFS on a read-only mount.
Status writable(const Session& session);
// EROFS for writing to a file, directory or symlink of a read-only mount, whatever its mode; then `permits`.
Status allows(const Session& session, const Caller& caller, const Attributes& object, Wanted wanted);
// Whether names may be made in and taken from `directory`.
Status allows_names(const Session& session, const Caller& caller, const Attributes& directory);

// The object that an operation acts on. EBADF for a closed slot.
Result<Place> resolve(Session& session, const Caller& caller, const Target& target);

}  // namespace ovlspec::oracle::vfs
