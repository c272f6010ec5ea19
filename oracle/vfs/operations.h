// The operations, one overload each; Vfs::apply dispatches.
#pragma once

#include "oracle/vfs/session.h"

namespace ovlspec::oracle::vfs {

// open.cc
Outcome run(Session& session, const Caller& caller, const Open& operation);
Outcome run(Session& session, const Caller& caller, const Close& operation);

// file_io.cc
Outcome run(Session& session, const Caller& caller, const Read& operation);
Outcome run(Session& session, const Caller& caller, const Write& operation);
Outcome run(Session& session, const Caller& caller, const Truncate& operation);
Outcome run(Session& session, const Caller& caller, const Sync& operation);
Outcome run(Session& session, const Caller& caller, const Lock& operation);

// directories.cc
Outcome run(Session& session, const Caller& caller, const ReadDirectory& operation);
Outcome run(Session& session, const Caller& caller, const RewindDirectory& operation);
Outcome run(Session& session, const Caller& caller, const ListDirectory& operation);

// names.cc
Outcome run(Session& session, const Caller& caller, const Mkdir& operation);
Outcome run(Session& session, const Caller& caller, const Mknod& operation);
Outcome run(Session& session, const Caller& caller, const Symlink& operation);
Outcome run(Session& session, const Caller& caller, const Link& operation);
Outcome run(Session& session, const Caller& caller, const Rmdir& operation);
Outcome run(Session& session, const Caller& caller, const Unlink& operation);

// rename.cc
Outcome run(Session& session, const Caller& caller, const Rename& operation);

// attributes.cc
Outcome run(Session& session, const Caller& caller, const Chmod& operation);
Outcome run(Session& session, const Caller& caller, const Chown& operation);
Outcome run(Session& session, const Caller& caller, const Utimens& operation);
Outcome run(Session& session, const Caller& caller, const Stat& operation);
Outcome run(Session& session, const Caller& caller, const StatFileSystem& operation);
Outcome run(Session& session, const Caller& caller, const Readlink& operation);

// xattrs.cc
Outcome run(Session& session, const Caller& caller, const SetXattr& operation);
Outcome run(Session& session, const Caller& caller, const GetXattr& operation);
Outcome run(Session& session, const Caller& caller, const ListXattr& operation);
Outcome run(Session& session, const Caller& caller, const RemoveXattr& operation);

}  // namespace ovlspec::oracle::vfs
