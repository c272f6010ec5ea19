// Subject `engine`: our engine over memory stores, with the oracle's own VFS before it. No mount, no system calls.
//
// Options, after a colon and separated by commas: `reuse`: freed inode numbers are given out again at once; `uncached`:
// the VFS keeps no names between operations; `identity=upfront`, `identity=on-lookup`, `identity=volatile`: the
// engine's other strategies, with a map in memory that outlives mounts but for the last; `seal=trust`: of upfront;
// `userxattr`: private attributes are user.overlay.
//
// Mount options of a trace that it knows: `volatile`, `userxattr`. A mount with any other is refused with EINVAL.
// A crash keeps all that was done before it: what a power failure forgets is not modelled here.
#pragma once

#include <string_view>

#include "oracle/subject.h"

namespace ovlspec::oracle {

// `options`: what follows `engine:`, or empty.
SubjectOrError make_engine_subject(std::string_view options);

}  // namespace ovlspec::oracle
