// mkdir, rmdir, unlink, link, symlink, readlink, mknod.
#include "model/vocabulary/names.h"
#include "model/operations/operations.h"
#include "model/permission.h"

namespace ovlspec::model {

OVLSPEC_CHECK(Mkdir) {
  Plan plan(Rule::kMkdir);
  check_change(world, plan);
  plan.first = resolve(world, caller, operation.path, Last::kName);
  if (plan.accept(plan.first)) check_new_name(world, caller, Makes::kDirectory, plan, plan.first);
  return plan;
}

OVLSPEC_EFFECT(Mkdir) {
  // The bits of mkdir's mode beyond permissions and sticky are not taken over.
  const Mode mode = operation.mode & (0777 | kSticky);
  make(world, plan.first, new_inode(caller, world[plan.first.parent], FileType::kDirectory, mode));
}

OVLSPEC_CHECK(Rmdir) {
  Plan plan(Rule::kRmdir);
  check_change(world, plan);
  plan.first = resolve(world, caller, operation.path, Last::kName);
  if (!plan.accept(plan.first)) return plan;
  check_removal(world, caller, plan, plan.first);
  switch (plan.first.kind) {
    case NameKind::kPlain: break;
    case NameKind::kDot: plan.refuse(Errno::kEINVAL, Rule::kNameDots); return plan;
    case NameKind::kDotDot: plan.refuse(Errno::kENOTEMPTY, Rule::kNameDots); return plan;
    case NameKind::kSlash: plan.refuse(Errno::kEBUSY, Rule::kNameDots); return plan;
  }
  if (!plan.first.exists()) return plan;
  const Inode& inode = world[plan.first.object];
  plan.refuse_if(!inode.is(FileType::kDirectory), Errno::kENOTDIR, Rule::kRmdirType);
  if (!inode.entries.empty()) {
    plan.refuse(Errno::kENOTEMPTY, Rule::kRmdirNotEmpty);
    plan.allow(Errno::kEEXIST, Rule::kRmdirNotEmpty);
  }
  return plan;
}

OVLSPEC_EFFECT(Rmdir) {
  (void)caller, (void)operation;
  const ObjectId removed = world.detach(plan.first.parent, plan.first.name);
  // POSIX speaks of the parent's times alone; whiteouts may go from what was removed.
  world[removed].modify_time = FreeTime::unknown();
}

OVLSPEC_CHECK(Unlink) {
  Plan plan(Rule::kUnlink);
  check_change(world, plan);
  plan.first = resolve(world, caller, operation.path, Last::kName);
  if (!plan.accept(plan.first)) return plan;
  check_removal(world, caller, plan, plan.first);
  if (!plan.first.exists()) return plan;
  if (world[plan.first.object].is(FileType::kDirectory)) {
    plan.refuse(Errno::kEISDIR, Rule::kUnlinkDirectory);
    plan.allow(Errno::kEPERM, Rule::kUnlinkDirectory);
  } else {
    plan.refuse_if(plan.first.trailing_slash, Errno::kENOTDIR, Rule::kPathNotDirectory);
  }
  return plan;
}

OVLSPEC_EFFECT(Unlink) {
  (void)caller, (void)operation;
  world.detach(plan.first.parent, plan.first.name);
}

OVLSPEC_CHECK(Link) {
  Plan plan(Rule::kLink);
  check_change(world, plan);
  plan.first =
      resolve(world, caller, operation.from, operation.follow == Follow::kFollow ? Last::kFollow : Last::kNoFollow);
  plan.second = resolve(world, caller, operation.to, Last::kName);
  const bool from = plan.accept(plan.first);
  if (from) plan.refuse_if(!plan.first.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (plan.accept(plan.second)) check_new_name(world, caller, Makes::kOther, plan, plan.second);
  if (!from || !plan.first.exists()) return plan;
  const Inode& inode = world[plan.first.object];
  plan.refuse_if(inode.is(FileType::kDirectory), Errno::kEPERM, Rule::kLinkDirectory);
  const bool privileged = owns(caller, inode);
  const bool harmless = inode.is(FileType::kRegular) && (inode.mode & kSetUid) == 0 &&
                        (inode.mode & (kSetGid | 0010)) != (kSetGid | 0010) &&
                        may(caller, inode, {.read = true, .write = true});
  if (!privileged && !harmless) plan.allow(Errno::kEPERM, Rule::kPrivilegedHardLink);
  return plan;
}

OVLSPEC_EFFECT(Link) {
  (void)caller, (void)operation;
  world.attach(plan.second.parent, plan.second.name, plan.first.object);
}

OVLSPEC_CHECK(Symlink) {
  Plan plan(Rule::kSymlink);
  check_change(world, plan);
  plan.refuse_if(operation.target.empty(), Errno::kENOENT, Rule::kSymlinkTarget);
  plan.refuse_if(operation.target.size() > names::kPathMax, Errno::kENAMETOOLONG, Rule::kSymlinkTarget);
  plan.first = resolve(world, caller, operation.path, Last::kName);
  if (plan.accept(plan.first)) check_new_name(world, caller, Makes::kOther, plan, plan.first);
  return plan;
}

OVLSPEC_EFFECT(Symlink) {
  Inode inode = new_inode(caller, world[plan.first.parent], FileType::kSymlink, 0777);
  inode.content = Content(operation.target);
  make(world, plan.first, std::move(inode));
}

OVLSPEC_CHECK(Readlink) {
  Plan plan(Rule::kReadlink);
  plan.first = resolve(world, caller, operation.path, Last::kNoFollow);
  if (!plan.accept(plan.first)) return plan;
  plan.refuse_if(!plan.first.exists(), Errno::kENOENT, Rule::kPathMissing);
  if (plan.first.exists())
    plan.refuse_if(!world[plan.first.object].is(FileType::kSymlink), Errno::kEINVAL, Rule::kReadlinkType);
  return plan;
}

OVLSPEC_CHECK(Mknod) {
  Plan plan(Rule::kMknod);
  check_change(world, plan);
  plan.first = resolve(world, caller, operation.path, Last::kName);
  if (plan.accept(plan.first)) check_new_name(world, caller, Makes::kOther, plan, plan.first);
  const bool device = operation.type == FileType::kCharDevice || operation.type == FileType::kBlockDevice;
  plan.refuse_if(device && !caller.capabilities.has(Capability::kMknod), Errno::kEPERM, Rule::kMknodPrivilege);
  plan.refuse_if(operation.type == FileType::kCharDevice && operation.device == Device{}, Errno::kEPERM,
                 Rule::kMknodWhiteout);
  if (operation.type == FileType::kDirectory) {
    plan.refuse(Errno::kEPERM, Rule::kMknodType);
    plan.allow(Errno::kEINVAL, Rule::kMknodType);
  }
  plan.refuse_if(operation.type == FileType::kSymlink, Errno::kEINVAL, Rule::kMknodType);
  return plan;
}

OVLSPEC_EFFECT(Mknod) {
  Inode inode = new_inode(caller, world[plan.first.parent], operation.type, operation.mode);
  if (operation.type == FileType::kCharDevice || operation.type == FileType::kBlockDevice)
    inode.device = operation.device;
  make(world, plan.first, std::move(inode));
}

}  // namespace ovlspec::model
