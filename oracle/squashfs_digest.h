// A squashfs has no uuid. Our engine names it, in its records too, by a digest of superblock and inode table; this
// reads the same, so that a record's origin is found, and an image that was built again is told from the one before.
#pragma once

#include <string>

namespace ovlspec::oracle {

// The WideDigest of the squashfs that the open inode lies on: of its first 96 bytes, and of its inode table as it is
// stored. Empty where it lies on another file system, or the block device below cannot be read.
std::string squashfs_digest(int descriptor);

}  // namespace ovlspec::oracle
