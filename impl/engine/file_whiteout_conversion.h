// Upper layers that fuse-overlayfs wrote: where it may not make devices it leaves whiteouts as files `.wh.NAME`, and
// directories that it makes over lower ones have a file `.wh..wh..opq`. An upper has one form here, the kernel's.
#pragma once

#include <cstddef>
#include <string>

#include "impl/engine/engine.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// Puts the kernel's whiteouts and attributes in the place of those files, in the whole layer; how many there were. What
// has the name beside its whiteout wins, as it does in lowers; directories keep their modification times. Where it ends
// early, or the process does, each file counts still or was replaced. `opaque_attribute`: the full name.
Result<std::size_t> convert_file_whiteouts(const LayerRoot& upper, const std::string& opaque_attribute);

}  // namespace ovlspec::impl
