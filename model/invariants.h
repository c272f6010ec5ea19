// What is true of every value of the model; tests ask after each step.
#pragma once

#include <optional>
#include <string>

#include "model/layer.h"
#include "model/world.h"

namespace ovlspec::model {

// The first invariant that does not hold, in words; nothing where all do.
//
// Tree: the root is a directory and its own parent. Entries are sorted, unlike, possible names and of directories
// only; they lead to objects of the tree. links is the number of names; a directory has one, and its parent is where it
// stands; no directory is above itself. Only directories have a parent. Contents are of regular files and symlinks;
// devices alone have a number. xattrs are sorted and unlike. Modes have permission bits alone, nanoseconds are below a
// second. An object without names holds no names.
std::optional<std::string> broken_invariant(const Tree& tree);

// Also: each object has its marks; a whiteout, a redirect and an opaque mark lie on what can have them.
std::optional<std::string> broken_invariant(const Layer& layer);

// Also: an open slot has an object and is of use; streams are of directories, and hold sorted sets.
std::optional<std::string> broken_invariant(const World& world);

}  // namespace ovlspec::model
