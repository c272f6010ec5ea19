#include <algorithm>

#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {
namespace {

bool writes(const OpenFlags& flags) { return flags.access != Access::kRead || flags.truncate; }
bool reads(const OpenFlags& flags) { return flags.access != Access::kWrite; }

// A fifo or socket ignores O_TRUNC, but the permission to truncate may be asked for before its type is looked at.
void check_permission(const World& world, const Caller& caller, const OpenFlags& flags, const Inode& inode,
                      Plan& plan) {
  const bool piped = inode.is(FileType::kFifo) || inode.is(FileType::kSocket);
  const bool truncates = flags.truncate && !piped;
  const Wish wish{.read = reads(flags), .write = flags.access != Access::kRead || truncates};
  plan.refuse_if(!may(caller, inode, wish), Errno::kEACCES, Rule::kOpenPermission);
  if (flags.truncate && piped && !may(caller, inode, {.write = true}))
    plan.allow(Errno::kEACCES, Rule::kOpenPermission);
  const bool stored = inode.is(FileType::kRegular) || inode.is(FileType::kDirectory);
  if (stored && wish.write) check_change(world, plan);
}

bool has_reader(const World& world, ObjectId fifo) {
  return std::any_of(world.slots.begin(), world.slots.end(),
                     [fifo](const OpenSlot& slot) { return slot.open && slot.object == fifo && slot.readable; });
}

void check_type(const World& world, const OpenFlags& flags, Plan& plan) {
  const Inode& inode = world[plan.first.object];
  switch (inode.type) {
    case FileType::kRegular: break;
    case FileType::kDirectory:
      plan.refuse_if(writes(flags) || flags.create, Errno::kEISDIR, Rule::kOpenDirectory);
      break;
    case FileType::kSymlink: plan.refuse(Errno::kELOOP, Rule::kOpenNoFollow); break;
    case FileType::kFifo:
      plan.refuse_if(flags.access == Access::kWrite && !has_reader(world, plan.first.object), Errno::kENXIO,
                     Rule::kOpenSpecial);
      break;
    case FileType::kSocket: plan.refuse(Errno::kENXIO, Rule::kOpenSpecial); break;
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
      plan.refuse(Errno::kEACCES, Rule::kOpenSpecial);
      plan.allow(Errno::kENXIO, Rule::kOpenSpecial);
      break;
  }
  plan.refuse_if(flags.directory && !inode.is(FileType::kDirectory), Errno::kENOTDIR, Rule::kOpenNotDirectory);
}

void check_existing(const World& world, const Caller& caller, const OpenFlags& flags, Plan& plan) {
  const Inode& inode = world[plan.first.object];
  check_type(world, flags, plan);
  check_permission(world, caller, flags, inode, plan);
  if (!flags.create) return;
  plan.refuse_if(flags.exclusive, Errno::kEEXIST, Rule::kOpenExists);
  const Inode& parent = world[plan.first.parent];
  const bool protected_place = (parent.mode & kSticky) != 0 && caller.uid != inode.uid && parent.uid != inode.uid;
  if (protected_place && !inode.is(FileType::kDirectory)) plan.allow(Errno::kEACCES, Rule::kOpenProtected);
}

void check_creation(const World& world, const Caller& caller, Plan& plan) {
  check_change(world, plan);
  plan.refuse_if(!may(caller, world[plan.first.parent], {.write = true, .execute = true}), Errno::kEACCES,
                 Rule::kParentWrite);
}

Last last_of(const OpenFlags& flags) {
  if (flags.create && flags.exclusive) return Last::kName;
  return flags.no_follow ? Last::kNoFollow : Last::kFollow;
}

}  // namespace

OVLSPEC_CHECK(Open) {
  Plan plan(Rule::kOpen);
  const OpenFlags& flags = operation.flags;
  plan.refuse_if(flags.create && flags.directory, Errno::kEINVAL, Rule::kOpenFlags);
  plan.first = resolve(world, caller, operation.path, last_of(flags));
  const bool found = plan.accept(plan.first);
  if (flags.create && (plan.first.trailing_slash || (found && plan.first.kind != NameKind::kPlain)))
    plan.refuse(Errno::kEISDIR, Rule::kOpenDirectory);
  if (!found) return plan;
  if (plan.first.exists()) {
    check_existing(world, caller, flags, plan);
  } else if (flags.create) {
    check_creation(world, caller, plan);
  } else {
    plan.refuse(Errno::kENOENT, Rule::kPathMissing);
  }
  return plan;
}

OVLSPEC_EFFECT(Open) {
  ObjectId object = plan.first.object;
  if (object == kNoObject) {
    Inode inode = new_inode(caller, world[plan.first.parent], FileType::kRegular, operation.mode);
    object = make(world, plan.first, std::move(inode));
  } else if (operation.flags.truncate && world[object].is(FileType::kRegular)) {
    Inode& inode = world[object];
    clear_set_id(caller, inode);
    inode.content.resize(0);
    inode.modify_time = FreeTime::unknown();
  }
  world.slots[operation.slot] = OpenSlot{.open = true,
                                         .object = object,
                                         .readable = reads(operation.flags),
                                         .writable = operation.flags.access != Access::kRead,
                                         .append = operation.flags.append};
  if (world[object].is(FileType::kDirectory)) world.start_stream(operation.slot);
}

OVLSPEC_CHECK(Close) {
  (void)caller;
  Plan plan(Rule::kClose);
  (void)find_slot(world, operation.slot, plan);
  return plan;
}

OVLSPEC_EFFECT(Close) {
  (void)caller, (void)plan;
  world.slots[operation.slot] = OpenSlot{};
}

}  // namespace ovlspec::model
