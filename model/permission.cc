#include "model/permission.h"

#include <algorithm>

namespace ovlspec::model {
namespace {

constexpr Mode kGroupExecute = 0010;
constexpr Mode kAnyExecute = 0111;

bool group_member_or_capable(const Caller& caller, Gid gid) {
  return in_group(caller, gid) || caller.capabilities.has(Capability::kFsetid);
}

}  // namespace

bool in_group(const Caller& caller, Gid gid) {
  return caller.gid == gid || std::find(caller.groups.begin(), caller.groups.end(), gid) != caller.groups.end();
}

bool owns(const Caller& caller, const Inode& inode) {
  return caller.uid == inode.uid || caller.capabilities.has(Capability::kFowner);
}

bool may(const Caller& caller, const Inode& inode, Wish wish) {
  const Mode wanted = (wish.read ? 4U : 0U) | (wish.write ? 2U : 0U) | (wish.execute ? 1U : 0U);
  const unsigned shift = caller.uid == inode.uid ? 6 : in_group(caller, inode.gid) ? 3 : 0;
  if (((inode.mode >> shift) & wanted) == wanted) return true;
  const bool directory = inode.is(FileType::kDirectory);
  if (caller.capabilities.has(Capability::kDacOverride))
    return directory || !wish.execute || (inode.mode & kAnyExecute) != 0;
  if (!caller.capabilities.has(Capability::kDacReadSearch)) return false;
  return !wish.write && (directory || !wish.execute);
}

bool sticky_forbids(const Caller& caller, const Inode& directory, const Inode& object) {
  return (directory.mode & kSticky) != 0 && caller.uid != object.uid && caller.uid != directory.uid &&
         !caller.capabilities.has(Capability::kFowner);
}

void clear_set_id(const Caller& caller, Inode& inode) {
  if (!inode.is(FileType::kRegular) || caller.capabilities.has(Capability::kFsetid)) return;
  inode.mode &= ~kSetUid;
  if ((inode.mode & kGroupExecute) != 0) {
    inode.mode &= ~kSetGid;
  } else if ((inode.mode & kSetGid) != 0 && !in_group(caller, inode.gid)) {
    inode.set_gid_free = true;
  }
}

Inode new_inode(const Caller& caller, const Inode& directory, FileType type, Mode mode) {
  const bool inherits = (directory.mode & kSetGid) != 0;
  Inode inode;
  inode.type = type;
  inode.uid = caller.uid;
  inode.gid = inherits ? directory.gid : caller.gid;
  inode.mode = mode & kModeMask & ~caller.umask;
  inode.access_time = FreeTime::unknown();
  inode.modify_time = FreeTime::unknown();
  if (type == FileType::kSymlink) {
    inode.mode = 0777;
  } else if (type == FileType::kDirectory) {
    inode.mode = (inode.mode & (0777 | kSticky)) | (inherits ? kSetGid : 0U);
  } else if (inherits && (mode & (kSetGid | kGroupExecute)) == (kSetGid | kGroupExecute) &&
             !group_member_or_capable(caller, inode.gid)) {
    inode.mode &= ~kSetGid;
  }
  return inode;
}

}  // namespace ovlspec::model
