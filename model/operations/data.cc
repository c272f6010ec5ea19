// read, write, truncate, fsync.
#include <algorithm>

#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {
namespace {

bool is_piped(const Inode& inode) { return inode.is(FileType::kFifo) || inode.is(FileType::kSocket); }

void written(const Caller& caller, Inode& inode) {
  clear_set_id(caller, inode);
  inode.modify_time = FreeTime::unknown();
}

}  // namespace

OVLSPEC_CHECK(Read) {
  (void)caller;
  Plan plan(Rule::kRead);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  plan.first.object = slot->object;
  plan.refuse_if(!slot->readable, Errno::kEBADF, Rule::kSlotClosed);
  plan.refuse_if(world[slot->object].is(FileType::kDirectory), Errno::kEISDIR, Rule::kReadDirectory);
  plan.refuse_if(is_piped(world[slot->object]), Errno::kESPIPE, Rule::kReadSpecial);
  return plan;
}

OVLSPEC_CHECK(Write) {
  (void)caller;
  Plan plan(Rule::kWrite);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  plan.first.object = slot->object;
  plan.refuse_if(!slot->writable, Errno::kEBADF, Rule::kSlotClosed);
  plan.refuse_if(is_piped(world[slot->object]), Errno::kESPIPE, Rule::kReadSpecial);
  return plan;
}

OVLSPEC_EFFECT(Write) {
  (void)plan;
  if (operation.data.empty()) return;
  const OpenSlot& slot = world.slots[operation.slot];
  Inode& inode = world[slot.object];
  inode.content.write(slot.append ? inode.content.size() : operation.offset, operation.data);
  written(caller, inode);
}

OVLSPEC_CHECK(Truncate) {
  Plan plan(Rule::kTruncate);
  // truncate(2) follows symlinks whatever is wished.
  Target target = operation.target;
  target.follow = Follow::kFollow;
  if (!find_target(world, caller, target, plan)) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  if (operation.target.slot) {
    plan.refuse_if(!world.slots[*operation.target.slot].writable || !inode.is(FileType::kRegular), Errno::kEINVAL,
                   Rule::kSlotClosed);
    if (!world.slots[*operation.target.slot].writable) plan.allow(Errno::kEBADF, Rule::kSlotClosed);
    return plan;
  }
  plan.refuse_if(inode.is(FileType::kDirectory), Errno::kEISDIR, Rule::kTruncateType);
  plan.refuse_if(!inode.is(FileType::kRegular) && !inode.is(FileType::kDirectory), Errno::kEINVAL, Rule::kTruncateType);
  plan.refuse_if(!may(caller, inode, {.write = true}), Errno::kEACCES, Rule::kTruncatePermission);
  return plan;
}

OVLSPEC_EFFECT(Truncate) {
  Inode& inode = world[plan.first.object];
  inode.content.resize(operation.size);
  written(caller, inode);
}

OVLSPEC_CHECK(Sync) {
  (void)caller;
  Plan plan(Rule::kSync);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  const Inode& inode = world[slot->object];
  if (!inode.is(FileType::kRegular) && !inode.is(FileType::kDirectory)) plan.allow(Errno::kEINVAL, Rule::kSyncSpecial);
  return plan;
}

OVLSPEC_CHECK(Lock) {
  (void)caller;
  Plan plan(Rule::kLock);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  plan.first.object = slot->object;
  if (operation.kind == LockKind::kUnlock) return plan;
  // "A shared lock may be held by more than one process, an exclusive lock by one": flock(2), of open files.
  const bool excluded = std::any_of(world.slots.begin(), world.slots.end(), [&](const OpenSlot& other) {
    const bool is_beside = &other != slot && other.open && other.object == slot->object && other.lock;
    return is_beside && (operation.kind == LockKind::kExclusive || other.lock == LockKind::kExclusive);
  });
  plan.refuse_if(excluded, Errno::kEAGAIN, Rule::kLockConflict);
  return plan;
}

OVLSPEC_EFFECT(Lock) {
  (void)caller, (void)plan;
  world.slots[operation.slot].lock =
      operation.kind == LockKind::kUnlock ? std::nullopt : std::optional<LockKind>(operation.kind);
}

}  // namespace ovlspec::model
