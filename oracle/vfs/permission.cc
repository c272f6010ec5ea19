#include "oracle/vfs/permission.h"

#include <algorithm>

namespace ovlspec::oracle::vfs {
namespace {

constexpr Mode kAnyExecute = 0111;

bool class_permits(const Caller& caller, const Attributes& object, Wanted wanted) {
  Mode bits = object.mode & 7;
  if (caller.uid == object.uid)
    bits = (object.mode >> 6) & 7;
  else if (in_group(caller, object.gid))
    bits = (object.mode >> 3) & 7;
  return (wanted & ~bits) == 0;
}

bool capability_permits(const Caller& caller, const Attributes& object, Wanted wanted) {
  const Capabilities held = caller.capabilities;
  if (object.type == FileType::kDirectory)
    return held.has(Capability::kDacOverride) || ((wanted & kWantWrite) == 0 && held.has(Capability::kDacReadSearch));
  if (wanted == kWantRead && held.has(Capability::kDacReadSearch)) return true;
  const bool executable = (object.mode & kAnyExecute) != 0;
  return ((wanted & kWantSearch) == 0 || executable) && held.has(Capability::kDacOverride);
}

}  // namespace

bool in_group(const Caller& caller, Gid group) {
  return caller.gid == group || std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
}

bool owns(const Caller& caller, const Attributes& object) {
  return caller.uid == object.uid || caller.capabilities.has(Capability::kFowner);
}

bool may_set_group_id(const Caller& caller, Gid group) {
  return in_group(caller, group) || caller.capabilities.has(Capability::kFsetid);
}

Status permits(const Caller& caller, const Attributes& object, Wanted wanted) {
  if (class_permits(caller, object, wanted) || capability_permits(caller, object, wanted)) return {};
  return Errno::kEACCES;
}

Status permits_removal(const Caller& caller, const Attributes& directory, const Attributes& object) {
  if ((directory.mode & kSticky) == 0 || caller.uid == object.uid || caller.uid == directory.uid) return {};
  return caller.capabilities.has(Capability::kFowner) ? Status() : Status(Errno::kEPERM);
}

Status permits_protected_link(const Caller& caller, const Attributes& object) {
  constexpr Mode kGroupExecute = 0010;
  if (owns(caller, object)) return {};
  const bool set_group_id = (object.mode & (kSetGid | kGroupExecute)) == (kSetGid | kGroupExecute);
  if (object.type != FileType::kRegular || (object.mode & kSetUid) != 0 || set_group_id) return Errno::kEPERM;
  return permits(caller, object, kWantRead | kWantWrite).ok() ? Status() : Status(Errno::kEPERM);
}

}  // namespace ovlspec::oracle::vfs
