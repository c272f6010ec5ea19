// Between the engine's values and those of the FUSE protocol. No decisions: each function says one thing in the other
// language.
#pragma once

#include <optional>
#include <string>

#include "impl/engine/engine.h"
#include "impl/fuse/libfuse.h"
#include "impl/fuse/presentation.h"
#include "impl/fuse/protocol.h"
#include "impl/fuse/system.h"

namespace ovlspec::fuse {

// How long the kernel may believe what it was told, in seconds: for ever. Nobody but us changes the tree.
inline constexpr double kForEver = 1e9;

int number_of(Errno error);
struct stat stat_of(const Attributes& attributes, const Presentation& presentation);
fuse_entry_param entry_of(const impl::NodeEntry& entry, const Presentation& presentation);
// An answer to a lookup: there is no such name.
fuse_entry_param no_entry();
// The same as entry_of, as bytes of the protocol.
fuse_entry_out wire_entry_of(const impl::NodeEntry& entry, const Presentation& presentation);

// Nothing for bits that name no type.
std::optional<FileType> type_of(mode_t mode);
mode_t type_bits(FileType type);
Device device_of(dev_t device);
// What setattr asks for, owners as they are shown. `mask` has FUSE_SET_ATTR_*.
impl::AttributeChange change_of(const struct stat& wanted, int mask);
Access access_of(int open_flags);
// Nothing for flags that renameat2(2) does not have.
std::optional<RenameMode> rename_mode_of(unsigned flags);
std::optional<XattrMode> xattr_mode_of(int flags);
// Nothing for modes of fallocate(2) that FUSE does not pass on.
std::optional<impl::RangeChange> range_change_of(int mode);
// A new object of `type` that belongs to the caller, as it is shown.
impl::NewInode new_inode(const fuse_ctx& caller, FileType type, mode_t mode);
struct statvfs status_of(const FileSystemStatus& status, const Space& space);

}  // namespace ovlspec::fuse
