// The layers, looked at before anything is mounted or written.
#pragma once

#include <cstdint>
#include <string>

#include "impl/fuse/attempt.h"
#include "impl/fuse/options.h"
#include "impl/fuse/system.h"

namespace ovlspec::fuse {

// Layers that can be mounted. While this lives, no other mount takes the same upper or work directory.
struct CheckedLayers {
  Descriptor top;  // the upper, or the topmost lower: whose free space the mount shows
  Descriptor upper_lock;
  Descriptor work_lock;
  std::uint32_t stack_depth = 1;  // how deep the layers' file systems are stacked, with the mount itself
};

// Each layer is a directory; none is another or lies inside another, nor does the state directory, which may be the
// work directory; the work directory is on the upper's file system, which takes writes; and nobody else uses either.
// Writes nothing. Symlinks in the paths are followed.
Attempt<CheckedLayers> check_layers(const MountOptions& options);

}  // namespace ovlspec::fuse
