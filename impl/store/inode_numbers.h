// Finding inodes by their number alone, on file systems that open handles of which only the number is known:
//
// | file system                  | handle                                                   |
// | ext2 to ext4, erofs, squashfs | number, generation zero: any                            |
// | btrfs                        | number, the subvolume of the layer, generation zero: any |
// | xfs                          | number, generation asked for by BULKSTAT (privileged)    |
//
// Others take no handle without its generation (tmpfs), or have handles of their own. How the number lies in a handle is
// checked against the handle of the layer's root, which also tells the subvolume.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "impl/store/layer_store.h"
#include "impl/store/syscalls.h"

namespace ovlspec::impl {

// An O_PATH descriptor of the inode with this number on the file system, or subvolume, of the directory `root`.
// `listing`: any directory of the same mount, open for reading. Errors as LayerStore::names_of has them, but for ENOENT.
Result<syscalls::Descriptor> open_number(int root, int listing, InodeNumber number);

// The components of `path` behind those of the directory `root`; both are absolute. ENOENT where it does not lie below.
Result<std::vector<std::string>> names_below(std::string_view root, std::string_view path);

}  // namespace ovlspec::impl
