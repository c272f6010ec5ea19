// Copying what lies in an inode from a lower layer to a new inode of the upper one.
#pragma once

#include "impl/engine/layers.h"
#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// The first `size` bytes of a regular file; holes stay holes. `to` is empty and has `size` bytes after. Returns `to`,
// open; null where there was nothing to copy.
Result<FileRef> copy_data(const Instance& from, const Instance& to, FileSize size);

// All attributes but the private ones and those that the layer withholds. An attribute of a kind that the upper file
// system does not know is left out, as the kernel does, but for access control lists and security attributes.
Status copy_xattrs(const Layers& layers, const Instance& from, const Instance& to);

// Makes data and attributes of a regular file durable. `opened`: the file, or null.
Status sync_file(const Instance& file, FileRef opened);

}  // namespace ovlspec::impl
