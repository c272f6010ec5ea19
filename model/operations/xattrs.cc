#include "model/operations/operations.h"
#include "model/operations/xattr_names.h"
#include "model/permission.h"

namespace ovlspec::model {
namespace {

constexpr std::size_t kXattrNameMax = 255;
constexpr std::size_t kXattrValueMax = 65536;
// What every file system of the layers takes; a larger value may be refused.
constexpr std::size_t kXattrValueSure = 1024;

bool takes_user_xattrs(const Inode& inode) { return inode.is(FileType::kRegular) || inode.is(FileType::kDirectory); }

// OVL-XATTR-8. Whether the name can be an attribute's. Where not, the permissions may still be checked first.
bool check_name(const std::string& name, Plan& plan) {
  if (name.empty() || name.size() > kXattrNameMax) {
    plan.refuse(Errno::kERANGE, Rule::kXattrName);
    return false;
  }
  const XattrSpace space = space_of(name);
  if (space == XattrSpace::kUnknown) {
    plan.refuse(Errno::kEOPNOTSUPP, Rule::kXattrName);
    plan.allow(Errno::kEINVAL, Rule::kXattrName);
    return false;
  }
  if (rest_of(name).empty()) {
    plan.refuse(Errno::kEINVAL, Rule::kXattrName);
    plan.allow(Errno::kEOPNOTSUPP, Rule::kXattrName);
    return false;
  }
  return true;
}

// An overlay may also keep such an attribute apart from its own, as the kernel's does for nested overlays.
void check_private(const std::string& name, Plan& plan) {
  if (!is_private(name)) return;
  plan.allow(Errno::kEPERM, Rule::kXattrPrivate);
  plan.allow(Errno::kEOPNOTSUPP, Rule::kXattrPrivate);
}

void check_writer(const Caller& caller, const std::string& name, const Inode& inode, Plan& plan) {
  switch (space_of(name)) {
    case XattrSpace::kUser: {
      plan.refuse_if(!takes_user_xattrs(inode), Errno::kEPERM, Rule::kXattrUser);
      const bool sticky = inode.is(FileType::kDirectory) && (inode.mode & kSticky) != 0;
      plan.refuse_if(sticky && !owns(caller, inode), Errno::kEPERM, Rule::kXattrUser);
      plan.refuse_if(!may(caller, inode, {.write = true}), Errno::kEACCES, Rule::kXattrPermission);
      break;
    }
    case XattrSpace::kTrusted:
      plan.refuse_if(!caller.capabilities.has(Capability::kSysAdmin), Errno::kEPERM, Rule::kXattrTrusted);
      break;
    case XattrSpace::kSecurity:
      plan.refuse_if(!caller.capabilities.has(Capability::kSysAdmin), Errno::kEPERM, Rule::kXattrSecurity);
      break;
    case XattrSpace::kUnknown:
      plan.refuse_if(!may(caller, inode, {.write = true}), Errno::kEACCES, Rule::kXattrPermission);
      break;
  }
}

void check_reader(const Caller& caller, const std::string& name, const Inode& inode, Plan& plan) {
  switch (space_of(name)) {
    case XattrSpace::kUser:
      plan.refuse_if(!takes_user_xattrs(inode), Errno::kENODATA, Rule::kXattrUser);
      plan.refuse_if(!may(caller, inode, {.read = true}), Errno::kEACCES, Rule::kXattrPermission);
      break;
    case XattrSpace::kTrusted:
      plan.refuse_if(!caller.capabilities.has(Capability::kSysAdmin), Errno::kENODATA, Rule::kXattrTrusted);
      break;
    case XattrSpace::kSecurity: break;
    case XattrSpace::kUnknown:
      plan.refuse_if(!may(caller, inode, {.read = true}), Errno::kEACCES, Rule::kXattrPermission);
      break;
  }
}

}  // namespace

OVLSPEC_CHECK(SetXattr) {
  Plan plan(Rule::kXattr);
  const bool named = check_name(operation.name, plan);
  plan.refuse_if(operation.value.size() > kXattrValueMax, Errno::kE2BIG, Rule::kXattrSize);
  const bool found = find_target(world, caller, operation.target, plan);
  if (!found) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  check_writer(caller, operation.name, inode, plan);
  if (!named) return plan;
  if (operation.value.size() > kXattrValueSure) {
    plan.allow(Errno::kENOSPC, Rule::kXattrSize);
    plan.allow(Errno::kERANGE, Rule::kXattrSize);
  }
  check_private(operation.name, plan);
  const bool present = inode.xattr(operation.name) != nullptr;
  plan.refuse_if(present && operation.mode == XattrMode::kCreate, Errno::kEEXIST, Rule::kXattrExists);
  plan.refuse_if(!present && operation.mode == XattrMode::kReplace, Errno::kENODATA, Rule::kXattrExists);
  return plan;
}

OVLSPEC_EFFECT(SetXattr) {
  (void)caller;
  set_xattr(world[plan.first.object], operation.name, operation.value);
}

OVLSPEC_CHECK(GetXattr) {
  Plan plan(Rule::kXattr);
  const bool named = check_name(operation.name, plan);
  const bool found = find_target(world, caller, operation.target, plan);
  if (!found) return plan;
  const Inode& inode = world[plan.first.object];
  check_reader(caller, operation.name, inode, plan);
  if (!named) return plan;
  if (is_private(operation.name)) plan.allow(Errno::kEOPNOTSUPP, Rule::kXattrPrivate);
  plan.refuse_if(inode.xattr(operation.name) == nullptr, Errno::kENODATA, Rule::kXattrMissing);
  // A file system without attributes of that kind has none to show.
  if (!plan.success()) plan.allow(Errno::kEOPNOTSUPP, Rule::kXattrMissing);
  return plan;
}

OVLSPEC_CHECK(ListXattr) {
  Plan plan(Rule::kXattrList);
  (void)find_target(world, caller, operation.target, plan);
  return plan;
}

OVLSPEC_CHECK(RemoveXattr) {
  Plan plan(Rule::kXattr);
  const bool named = check_name(operation.name, plan);
  const bool found = find_target(world, caller, operation.target, plan);
  if (!found) return plan;
  const Inode& inode = world[plan.first.object];
  check_change(world, plan);
  check_writer(caller, operation.name, inode, plan);
  if (!named) return plan;
  check_private(operation.name, plan);
  plan.refuse_if(inode.xattr(operation.name) == nullptr, Errno::kENODATA, Rule::kXattrMissing);
  return plan;
}

OVLSPEC_EFFECT(RemoveXattr) {
  (void)caller;
  remove_xattr(world[plan.first.object], operation.name);
}

}  // namespace ovlspec::model
