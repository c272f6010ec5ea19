// Making objects: what their mode becomes, and the call to the engine.
#pragma once

#include "oracle/vfs/session.h"

namespace ovlspec::oracle::vfs {

// The mode of a new object in `directory`: what the call lets through of `asked`, the umask and the set-group-id rule
// applied.
Mode mode_for_new(const Caller& caller, const Attributes& directory, FileType type, Mode asked);

// REQUIRES: the name is free and the caller may make it.
Result<Place> make_object(Session& session, const Place& directory, std::string_view name, const impl::NewInode& inode);

}  // namespace ovlspec::oracle::vfs
