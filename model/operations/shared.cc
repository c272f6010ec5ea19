// Clauses that several operations share.
#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {

bool find_target(const World& world, const Caller& caller, const Target& target, Plan& plan) {
  if (target.slot) {
    const OpenSlot* slot = find_slot(world, *target.slot, plan);
    if (slot == nullptr) return false;
    plan.first.object = slot->object;
    return true;
  }
  plan.first = resolve(world, caller, target.path, target.follow == Follow::kFollow ? Last::kFollow : Last::kNoFollow);
  if (!plan.accept(plan.first)) return false;
  plan.refuse_if(!plan.first.exists(), Errno::kENOENT, Rule::kPathMissing);
  return plan.first.exists();
}

const OpenSlot* find_slot(const World& world, Slot slot, Plan& plan) {
  if (slot < kSlots && world.slots[slot].open) return &world.slots[slot];
  plan.refuse(Errno::kEBADF, Rule::kSlotClosed);
  return nullptr;
}

void check_change(const World& world, Plan& plan) {
  plan.refuse_if(world.writable == Writable::kNo, Errno::kEROFS, Rule::kReadOnly);
}

void check_new_name(const World& world, const Caller& caller, Makes makes, Plan& plan, const Found& found) {
  plan.refuse_if(found.exists() || found.kind != NameKind::kPlain, Errno::kEEXIST, Rule::kExists);
  // `new/` names a directory, which mkdir alone makes.
  plan.refuse_if(found.trailing_slash && makes == Makes::kOther && !found.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (found.exists()) return;
  plan.refuse_if(!may(caller, world[found.parent], {.write = true, .execute = true}), Errno::kEACCES,
                 Rule::kParentWrite);
}

void check_removal(const World& world, const Caller& caller, Plan& plan, const Found& found) {
  plan.refuse_if(!found.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (!found.exists() || found.kind != NameKind::kPlain) return;
  const Inode& directory = world[found.parent];
  plan.refuse_if(!may(caller, directory, {.write = true, .execute = true}), Errno::kEACCES, Rule::kParentWrite);
  plan.refuse_if(sticky_forbids(caller, directory, world[found.object]), Errno::kEPERM, Rule::kParentSticky);
}

ObjectId make(World& world, const Found& found, Inode inode) {
  const ObjectId object = world.tree.add(std::move(inode));
  world.attach(found.parent, found.name, object);
  return object;
}

}  // namespace ovlspec::model
