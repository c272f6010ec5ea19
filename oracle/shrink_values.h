// Simpler values for a layer's objects: what a shrunk trace does not need of owners, modes, times, contents and
// attributes.
#pragma once

#include <array>

#include "model/tree.h"

namespace ovlspec::oracle {

// Makes one aspect of an object as plain as it can be; false where it is.
using Simplification = bool (*)(model::Inode&);
extern const std::array<Simplification, 5> kSimplifications;

}  // namespace ovlspec::oracle
