// Where the identity record of an object lies that takes no private attribute itself: under user.overlay. a symlink, a
// fifo, a socket or a device, since user.* attributes are for files and directories alone (xattr(7)).
//
// Such a record lies on the object's directory, in its layer, one for each name: the attribute `ovlspec.of.NAME.INODE`,
// a digest of the name and the inode number, both in hexadecimal. As any record it counts for the inode alone that it
// was written for (identity_record.h); what was left behind counts for nothing.
//
// Where the directory has no room for another attribute (ext4: 29 of them with blocks of 4 KiB, 7 with 1 KiB), the
// object keeps its number for this mount only.
//
// Before a name shows the object, its record is there; after the name went, it goes. The inode number in the
// attribute's name keeps the two apart where one object takes another's name.
#pragma once

#include <string>
#include <string_view>

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

// A name in a directory of a layer.
struct DirectoryEntryPlace {
  const InodeRef& directory;
  std::string_view name;
};

// Private names, without the overlay's prefix: what those of one name begin with, and one. All begin with
// names::kEntryRecords.
std::string entry_record_prefix(std::string_view name);
std::string entry_record_name(std::string_view name, InodeNumber inode);

}  // namespace ovlspec::impl
