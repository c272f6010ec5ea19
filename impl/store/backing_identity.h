// Which file system an inode lies on, told by what survives a remount as far as the file system has such a thing:
//
// | file system                                | uuid                                            | stable |
// | any with FS_IOC_GETFSUUID                  | that                                            | yes    |
// | btrfs, and old kernels' ext4, erofs, tmpfs | digest of type and statfs f_fsid                | yes    |
// | squashfs                                   | digest of superblock and inode table, read once | yes    |
// | others                                     | digest of type, mount source and f_fsid         | no     |
//
// btrfs has the subvolume in f_fsid; squashfs and xfs have the device number there. Images made without a uuid share
// one of zeros: they are others.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "impl/store/layer_store.h"
#include "impl/store/syscalls.h"

namespace ovlspec::impl {

// Threads: safe.
class BackingIdentities {
 public:
  // `inode` is an O_PATH descriptor; `attributes` are its own.
  Result<BackingFileSystem> identify(int inode, const Attributes& attributes);
  // LayerStore::content_seal of the file system of an open directory: of an erofs the superblock, of a squashfs with it
  // the inode table, of a read-only snapshot of btrfs its id and the transaction that changed it last.
  Result<std::string> content_seal(int listing);

 private:
  // Empty where the image cannot be read.
  std::string squashfs_digest(std::uint64_t device);

  std::mutex mutex_;
  // By st_dev and superblock, so that an image mounted later under the same st_dev is another one.
  std::map<std::pair<std::uint64_t, std::string>, std::string> squashfs_digests_;
};

}  // namespace ovlspec::impl
