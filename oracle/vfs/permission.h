// Who may do what, from an object's owner and mode and the caller's identity and capabilities.
#pragma once

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/result.h"

namespace ovlspec::oracle::vfs {

// A set of wishes, in the bits of one class of a mode.
using Wanted = Mode;
inline constexpr Wanted kWantRead = 4;
inline constexpr Wanted kWantWrite = 2;
inline constexpr Wanted kWantSearch = 1;  // of a directory; to execute a file

bool in_group(const Caller& caller, Gid group);
bool owns(const Caller& caller, const Attributes& object);  // or has CAP_FOWNER
// Whether the caller may give an object of this group the set-group-id bit.
bool may_set_group_id(const Caller& caller, Gid group);

// EACCES where the mode's class for this caller lacks a wish and no capability makes up for it.
Status permits(const Caller& caller, const Attributes& object, Wanted wanted);
// EPERM for another's name in a sticky directory.
Status permits_removal(const Caller& caller, const Attributes& directory, const Attributes& object);
// EPERM for a new link to what is neither one's own nor a plain file that one may read and write.
Status permits_protected_link(const Caller& caller, const Attributes& object);

}  // namespace ovlspec::oracle::vfs
