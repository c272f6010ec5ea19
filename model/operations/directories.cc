// readdir, rewinddir, and a whole listing.
#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {

OVLSPEC_CHECK(ReadDirectory) {
  (void)caller;
  Plan plan(Rule::kList);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  plan.first.object = slot->object;
  const Inode& inode = world[slot->object];
  plan.refuse_if(!inode.is(FileType::kDirectory), Errno::kENOTDIR, Rule::kListNotDirectory);
  if (inode.links == 0) plan.allow(Errno::kENOENT, Rule::kListRemoved);
  return plan;
}

OVLSPEC_CHECK(RewindDirectory) {
  (void)caller;
  Plan plan(Rule::kListRewind);
  const OpenSlot* slot = find_slot(world, operation.slot, plan);
  if (slot == nullptr) return plan;
  plan.first.object = slot->object;
  // lseek to the start: of any descriptor but a pipe's.
  const Inode& inode = world[slot->object];
  plan.refuse_if(inode.is(FileType::kFifo) || inode.is(FileType::kSocket), Errno::kESPIPE, Rule::kReadSpecial);
  return plan;
}

OVLSPEC_EFFECT(RewindDirectory) {
  (void)caller;
  if (world[plan.first.object].is(FileType::kDirectory)) world.start_stream(operation.slot);
}

OVLSPEC_CHECK(ListDirectory) {
  Plan plan(Rule::kList);
  plan.first = resolve(world, caller, operation.path, Last::kFollow);
  if (!plan.accept(plan.first)) return plan;
  plan.refuse_if(!plan.first.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (!plan.first.exists()) return plan;
  const Inode& inode = world[plan.first.object];
  plan.refuse_if(!inode.is(FileType::kDirectory), Errno::kENOTDIR, Rule::kListNotDirectory);
  plan.refuse_if(!may(caller, inode, {.read = true}), Errno::kEACCES, Rule::kListPermission);
  return plan;
}

}  // namespace ovlspec::model
