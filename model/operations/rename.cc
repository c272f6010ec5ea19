#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {
namespace {

bool is_directory(const World& world, ObjectId object) {
  return object != kNoObject && world[object].is(FileType::kDirectory);
}

// Whether `object` is `ancestor` or lies below it.
bool lies_within(const World& world, ObjectId object, ObjectId ancestor) {
  for (;; object = world[object].parent) {
    if (object == ancestor) return true;
    if (object == kRoot || object == kNoObject) return false;
  }
}

// OVL-NAME-2. Both paths must name something that can be renamed, so far as they lead anywhere.
bool check_kinds(const Rename& operation, Plan& plan) {
  const auto is_plain = [](const Found& found) { return found.failed() || found.kind == NameKind::kPlain; };
  if (is_plain(plan.first) && is_plain(plan.second)) return true;
  plan.refuse(Errno::kEBUSY, Rule::kNameDots);
  plan.allow(Errno::kEINVAL, Rule::kNameDots);
  if (operation.mode == RenameMode::kNoReplace && plan.second.exists())
    plan.allow(Errno::kEEXIST, Rule::kRenameNoReplace);
  return false;
}

// OVL-RENAME-5.
void check_subtrees(const World& world, const Rename& operation, Plan& plan) {
  const Found& from = plan.first;
  const Found& to = plan.second;
  if (is_directory(world, from.object) && lies_within(world, to.parent, from.object))
    plan.refuse(Errno::kEINVAL, Rule::kRenameInside);
  if (!to.exists() || !is_directory(world, to.object) || !lies_within(world, from.parent, to.object)) return;
  plan.refuse(operation.mode == RenameMode::kExchange ? Errno::kEINVAL : Errno::kENOTEMPTY, Rule::kRenameInside);
}

void check_parent(const World& world, const Caller& caller, const Found& found, Plan& plan) {
  const Inode& parent = world[found.parent];
  plan.refuse_if(!may(caller, parent, {.write = true, .execute = true}), Errno::kEACCES, Rule::kParentWrite);
  if (found.exists())
    plan.refuse_if(sticky_forbids(caller, parent, world[found.object]), Errno::kEPERM, Rule::kParentSticky);
}

// OVL-RENAME-8: `..` of a directory changes with its parent.
void check_move(const World& world, const Caller& caller, const Found& found, ObjectId new_parent, Plan& plan) {
  if (found.parent == new_parent || !is_directory(world, found.object)) return;
  plan.refuse_if(!may(caller, world[found.object], {.write = true}), Errno::kEACCES, Rule::kRenameDirectoryWrite);
}

void check_slashes(const World& world, const Rename& operation, Plan& plan) {
  // The second path's slash is the first object's too, unless the objects change places.
  const bool slash =
      plan.first.trailing_slash || (plan.second.trailing_slash && operation.mode != RenameMode::kExchange);
  if (slash && !is_directory(world, plan.first.object)) plan.refuse(Errno::kENOTDIR, Rule::kPathNotDirectory);
  if (plan.second.trailing_slash && plan.second.exists() && !is_directory(world, plan.second.object))
    plan.refuse(Errno::kENOTDIR, Rule::kPathNotDirectory);
}

void check_replacement(const World& world, Plan& plan) {
  if (!plan.second.exists() || plan.second.object == plan.first.object) return;
  const bool from_directory = is_directory(world, plan.first.object);
  const bool to_directory = is_directory(world, plan.second.object);
  plan.refuse_if(from_directory && !to_directory, Errno::kENOTDIR, Rule::kRenameType);
  plan.refuse_if(!from_directory && to_directory, Errno::kEISDIR, Rule::kRenameType);
  if (to_directory && !world[plan.second.object].entries.empty()) {
    plan.refuse(Errno::kENOTEMPTY, Rule::kRenameNotEmpty);
    plan.allow(Errno::kEEXIST, Rule::kRenameNotEmpty);
  }
}

void check_mode(const World& world, const Rename& operation, Plan& plan) {
  switch (operation.mode) {
    case RenameMode::kReplace:
    case RenameMode::kWhiteout: check_replacement(world, plan); break;
    case RenameMode::kNoReplace: plan.refuse_if(plan.second.exists(), Errno::kEEXIST, Rule::kRenameNoReplace); break;
    case RenameMode::kExchange: plan.refuse_if(!plan.second.exists(), Errno::kENOENT, Rule::kRenameExchange); break;
  }
}

}  // namespace

OVLSPEC_CHECK(Rename) {
  Plan plan(operation.mode == RenameMode::kExchange ? Rule::kRenameExchange : Rule::kRename);
  if (operation.mode == RenameMode::kWhiteout && !caller.capabilities.has(Capability::kMknod))
    plan.allow(Errno::kEPERM, Rule::kMknodPrivilege);
  check_change(world, plan);
  plan.first = resolve(world, caller, operation.from, Last::kName);
  plan.second = resolve(world, caller, operation.to, Last::kName);
  const bool from = plan.accept(plan.first);
  const bool to = plan.accept(plan.second);
  if (from) plan.refuse_if(!plan.first.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (operation.mode == RenameMode::kWhiteout) plan.allow(Errno::kEINVAL, Rule::kRenameWhiteout);
  if (!check_kinds(operation, plan) || !from || !to) return plan;
  check_mode(world, operation, plan);
  check_subtrees(world, operation, plan);
  if (!plan.first.exists()) return plan;
  check_slashes(world, operation, plan);
  // OVL-RENAME-2: two names of one object; permissions may be checked before that is noticed.
  const bool same = plan.first.object == plan.second.object;
  plan.refuse_if(operation.mode == RenameMode::kWhiteout && !same, Errno::kEINVAL, Rule::kRenameWhiteout);
  if (same && plan.success()) {
    Plan permissions = plan;
    check_parent(world, caller, plan.first, permissions);
    check_parent(world, caller, plan.second, permissions);
    for (std::size_t i = plan.errors(); i < permissions.errors(); ++i)
      plan.allow(permissions.error(i).error, permissions.error(i).rule);
    return plan;
  }
  check_parent(world, caller, plan.first, plan);
  check_parent(world, caller, plan.second, plan);
  check_move(world, caller, plan.first, plan.second.parent, plan);
  if (operation.mode == RenameMode::kExchange) check_move(world, caller, plan.second, plan.first.parent, plan);
  return plan;
}

OVLSPEC_EFFECT(Rename) {
  (void)caller;
  const Found& from = plan.first;
  const Found& to = plan.second;
  if (from.object == to.object) return;
  world.detach(from.parent, from.name);
  if (to.exists()) world.detach(to.parent, to.name);
  const bool replaced = operation.mode != RenameMode::kExchange && is_directory(world, to.object);
  if (replaced) world[to.object].modify_time = FreeTime::unknown();
  world.attach(to.parent, to.name, from.object);
  if (operation.mode == RenameMode::kExchange) world.attach(from.parent, from.name, to.object);
  // A moved directory's own `..` may change its times; a moved directory was not removed.
  for (const ObjectId moved : {from.object, operation.mode == RenameMode::kExchange ? to.object : kNoObject}) {
    if (!is_directory(world, moved)) continue;
    for (OpenSlot& slot : world.slots)
      if (slot.open && slot.object == moved) slot.stream.removed = false;
    if (from.parent != to.parent) world[moved].modify_time = FreeTime::unknown();
  }
}

}  // namespace ovlspec::model
