// Changing attributes: what a request becomes on its way to the server, and who may make it.
#pragma once

#include "oracle/vfs/session.h"

namespace ovlspec::oracle::vfs {

// Bits and records that a change of owner, a write or a truncate takes from a file.
struct Privileges {
  bool set_user_id = false;
  bool set_group_id = false;
  bool capability = false;  // the attribute security.capability
  bool any() const { return set_user_id || set_group_id || capability; }
};

enum class Authority : std::uint8_t {
  kCaller,  // owner, group and times are checked against the caller
  kKernel,  // the change comes with a write or truncate that was allowed
};

struct ChangeRequest {
  impl::AttributeChange change;
  Privileges lost;
  Authority authority = Authority::kCaller;
  bool both_times_now = false;  // utimes(NULL): who may write may do it
  bool times_given = false;     // any other utimens
};

Status apply_change(Session& session, const Caller& caller, const Place& place, ChangeRequest request);

// What the kernel takes away when `caller` writes to or truncates the file, and when somebody changes its owner.
Privileges lost_by_write(Session& session, const Caller& caller, const Place& place);
Privileges lost_by_chown(Session& session, const Caller& caller, const Place& place);

// As a write does just before it writes.
Status remove_privileges(Session& session, const Caller& caller, const Place& place);

inline constexpr std::string_view kCapabilityXattr = "security.capability";

}  // namespace ovlspec::oracle::vfs
