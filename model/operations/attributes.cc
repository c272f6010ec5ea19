// stat, statfs, chmod, chown, utimens.
#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {
namespace {

constexpr Mode kGroupExecute = 0010;

FreeTime changed(const FreeTime& before, const TimeChange& change) {
  switch (change.kind) {
    case TimeChange::Kind::kOmit: return before;
    case TimeChange::Kind::kNow: return FreeTime::unknown();
    case TimeChange::Kind::kSet: return FreeTime::at(change.value);
  }
  return before;
}

// Set-group-id is lost by what is group-executable and where the caller is not in the group; not in the new group only
// where the mode changes anyhow, as chmod does.
Mode mode_after_chown(const Caller& caller, const Inode& inode, Gid new_group) {
  const auto belongs = [&](Gid gid) { return in_group(caller, gid) || caller.capabilities.has(Capability::kFsetid); };
  const bool drops_group = (inode.mode & kGroupExecute) != 0 || !belongs(inode.gid);
  const bool changes = (inode.mode & kSetUid) != 0 || ((inode.mode & kSetGid) != 0 && drops_group);
  if (!changes) return inode.mode;
  return inode.mode & ~kSetUid & ~(drops_group || !belongs(new_group) ? kSetGid : 0U);
}

}  // namespace

OVLSPEC_CHECK(Stat) {
  Plan plan(Rule::kStat);
  (void)find_target(world, caller, operation.target, plan);
  return plan;
}

OVLSPEC_CHECK(StatFileSystem) {
  Plan plan(Rule::kStatFileSystem);
  (void)find_target(world, caller, Target::at(operation.path), plan);
  return plan;
}

OVLSPEC_CHECK(Chmod) {
  Plan plan(Rule::kChmod);
  if (!find_target(world, caller, operation.target, plan)) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  plan.refuse_if(!owns(caller, inode), Errno::kEPERM, Rule::kChmodOwner);
  plan.refuse_if(inode.is(FileType::kSymlink), Errno::kEOPNOTSUPP, Rule::kChmodSymlink);
  return plan;
}

OVLSPEC_EFFECT(Chmod) {
  Inode& inode = world[plan.first.object];
  inode.set_gid_free = false;
  inode.mode = operation.mode & kModeMask;
  if (!in_group(caller, inode.gid) && !caller.capabilities.has(Capability::kFsetid)) inode.mode &= ~kSetGid;
}

OVLSPEC_CHECK(Chown) {
  Plan plan(Rule::kChown);
  if (!find_target(world, caller, operation.target, plan)) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  if (caller.capabilities.has(Capability::kChown)) {
    // Clearing set-id bits is a change of mode, which the owner or CAP_FOWNER makes.
    if (!owns(caller, inode) && (inode.mode & (kSetUid | kSetGid)) != 0) plan.allow(Errno::kEPERM, Rule::kChmodOwner);
    return plan;
  }
  const bool owner = caller.uid == inode.uid;
  const bool keeps_uid = !operation.uid || (owner && *operation.uid == inode.uid);
  const bool keeps_gid = !operation.gid || (owner && (in_group(caller, *operation.gid) || *operation.gid == inode.gid));
  plan.refuse_if(!keeps_uid || !keeps_gid, Errno::kEPERM, Rule::kChownOwner);
  if (!owner) plan.allow(Errno::kEPERM, Rule::kChownOwner);
  return plan;
}

OVLSPEC_EFFECT(Chown) {
  Inode& inode = world[plan.first.object];
  if (!inode.is(FileType::kDirectory)) {
    const Mode before = inode.mode;
    inode.mode = mode_after_chown(caller, inode, operation.gid.value_or(inode.gid));
    // OVL-WRITE-3 holds of chown too.
    inode.set_gid_free = inode.set_gid_free || ((before & kSetGid) != 0 && (before & kGroupExecute) == 0);
  }
  if (operation.uid) inode.uid = *operation.uid;
  if (operation.gid) inode.gid = *operation.gid;
}

OVLSPEC_CHECK(Utimens) {
  using Kind = TimeChange::Kind;
  Plan plan(Rule::kUtimens);
  const bool nothing = operation.access.kind == Kind::kOmit && operation.modify.kind == Kind::kOmit;
  if (!find_target(world, caller, operation.target, plan)) {
    if (!nothing) return plan;
    // Where both are omitted, the path need not even be looked at.
    Plan either(Rule::kUtimens);
    for (std::size_t i = 0; i < plan.errors(); ++i) either.allow(plan.error(i).error, plan.error(i).rule);
    return either;
  }
  if (nothing) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  if (owns(caller, inode)) return plan;
  const bool both_now = operation.access.kind == Kind::kNow && operation.modify.kind == Kind::kNow;
  if (!both_now) {
    plan.refuse(Errno::kEPERM, Rule::kUtimensOwner);
  } else {
    plan.refuse_if(!may(caller, inode, {.write = true}), Errno::kEACCES, Rule::kUtimensOwner);
  }
  return plan;
}

OVLSPEC_EFFECT(Utimens) {
  (void)caller;
  if (plan.first.object == kNoObject) return;
  Inode& inode = world[plan.first.object];
  inode.access_time = changed(inode.access_time, operation.access);
  inode.modify_time = changed(inode.modify_time, operation.modify);
}

}  // namespace ovlspec::model
