#include "oracle/vfs/change.h"

namespace ovlspec::oracle::vfs {
namespace {

constexpr Mode kGroupExecute = 0010;

bool may_give_user(const Caller& caller, const Attributes& object, Uid uid) {
  return caller.capabilities.has(Capability::kChown) || (caller.uid == object.uid && uid == object.uid);
}

bool may_give_group(const Caller& caller, const Attributes& object, Gid gid) {
  return caller.capabilities.has(Capability::kChown) ||
         (caller.uid == object.uid && (gid == object.gid || in_group(caller, gid)));
}

bool has_capability_xattr(Session& session, NodeId node) {
  const auto value = session.engine.xattr(node, kCapabilityXattr);
  return value.ok() && !value->empty();
}

bool loses_set_group_id(const Caller& caller, const Attributes& object) {
  if ((object.mode & kSetGid) == 0) return false;
  return (object.mode & kGroupExecute) != 0 || !may_set_group_id(caller, object.gid);
}

// FUSE asks for the mode again and takes both set-id bits, but never a set-group-id bit without group execute, which
// means mandatory locking.
void take_set_id_bits(const Attributes& object, ChangeRequest& request) {
  if (!request.lost.set_user_id && !request.lost.set_group_id) return;
  Mode mode = object.mode & ~kSetUid;
  if ((mode & (kSetGid | kGroupExecute)) == (kSetGid | kGroupExecute)) mode &= ~kSetGid;
  request.change.mode.reset();
  if (mode != object.mode) request.change.mode = mode;
}

Status check_caller(const Caller& caller, const Attributes& object, ChangeRequest& request) {
  impl::AttributeChange& change = request.change;
  if (change.uid && !may_give_user(caller, object, *change.uid)) return Errno::kEPERM;
  if (change.gid && !may_give_group(caller, object, *change.gid)) return Errno::kEPERM;
  if (change.mode) {
    if (!owns(caller, object)) return Errno::kEPERM;
    if (!may_set_group_id(caller, change.gid.value_or(object.gid))) *change.mode &= ~kSetGid;
  }
  if (request.times_given && !owns(caller, object)) return Errno::kEPERM;
  return {};
}

}  // namespace

Status apply_change(Session& session, const Caller& caller, const Place& place, ChangeRequest request) {
  const Attributes& object = place.attributes;
  if (request.both_times_now && !owns(caller, object)) OVLSPEC_TRY(allows(session, caller, object, kWantWrite));
  if (request.change.mode && object.type == FileType::kSymlink) return Errno::kEOPNOTSUPP;
  take_set_id_bits(object, request);
  if (request.authority == Authority::kCaller) OVLSPEC_TRY(check_caller(caller, object, request));
  if (request.lost.capability) OVLSPEC_TRY(session.engine.remove_xattr(place.node, kCapabilityXattr));
  const auto changed = session.engine.change(place.node, request.change);
  return changed.ok() ? Status() : Status(changed.error());
}

Privileges lost_by_write(Session& session, const Caller& caller, const Place& place) {
  Privileges lost{.set_user_id = (place.attributes.mode & kSetUid) != 0,
                  .set_group_id = loses_set_group_id(caller, place.attributes),
                  .capability = false};
  if (caller.capabilities.has(Capability::kFsetid)) lost = Privileges{};
  lost.capability = has_capability_xattr(session, place.node);
  return lost;
}

Privileges lost_by_chown(Session& session, const Caller& caller, const Place& place) {
  if (place.attributes.type == FileType::kDirectory) return {};
  return Privileges{.set_user_id = (place.attributes.mode & kSetUid) != 0,
                    .set_group_id = loses_set_group_id(caller, place.attributes),
                    .capability = has_capability_xattr(session, place.node)};
}

Status remove_privileges(Session& session, const Caller& caller, const Place& place) {
  const Privileges lost = lost_by_write(session, caller, place);
  if (!lost.any()) return {};
  ChangeRequest request;
  request.lost = lost;
  request.authority = Authority::kKernel;
  return apply_change(session, caller, place, request);
}

}  // namespace ovlspec::oracle::vfs
