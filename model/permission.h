// Who may do what to an object, and what a new object is owned by. Source: POSIX 4.5 File Access Permissions,
// capabilities(7), inode(7).
#pragma once

#include "model/tree.h"
#include "model/vocabulary/caller.h"

namespace ovlspec::model {

struct Wish {  // the access that is asked for
  bool read = false;
  bool write = false;
  bool execute = false;  // search, for directories
};

bool may(const Caller& caller, const Inode& inode, Wish wish);
bool in_group(const Caller& caller, Gid gid);
bool owns(const Caller& caller, const Inode& inode);  // or has CAP_FOWNER
// Whether a sticky directory keeps the caller from taking the name of `object` away.
bool sticky_forbids(const Caller& caller, const Inode& directory, const Inode& object);

// What a write by `caller` does to the mode of a regular file. OVL-WRITE-2, OVL-WRITE-3.
void clear_set_id(const Caller& caller, Inode& inode);

// A new object of that type in `directory`; `mode` as asked for. OVL-NEW-1, OVL-NEW-2.
Inode new_inode(const Caller& caller, const Inode& directory, FileType type, Mode mode);

}  // namespace ovlspec::model
