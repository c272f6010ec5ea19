// POSIX access control lists, as far as the engine has to know them: what a new object inherits from its directory.
// Who may do what by them is the kernel's affair, and the layers' file systems keep list and mode in step.
// Source: POSIX.1e draft 17, 23.1.4; the attribute's bytes: linux/posix_acl_xattr.h.
#pragma once

#include <string>
#include <string_view>

#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

inline constexpr std::string_view kAccessList = "system.posix_acl_access";
inline constexpr std::string_view kDefaultList = "system.posix_acl_default";  // of directories

struct InheritedLists {
  Mode mode = 0;            // what the lists leave of the mode that was asked for
  std::string access;       // empty: the mode says it all
  std::string for_objects;  // a new directory's own default list; empty for others
};

// What an object of `type`, asked for with `mode`, takes from its directory's default list. EIO for what is no list.
Result<InheritedLists> inherit(std::string_view default_list, FileType type, Mode mode);

}  // namespace ovlspec::impl
