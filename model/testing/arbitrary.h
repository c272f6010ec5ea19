// Arbitrary values of the model, for properties and comparisons with real file systems. Names come from a small pool,
// so that layers, operations and mutations meet. Everything that is made keeps the invariants of invariants.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/layer.h"
#include "model/mutation.h"
#include "model/testing/choices.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/world.h"

namespace ovlspec::model::testing {

std::string name(Choices& choices);
Mode mode(Choices& choices);
Time time(Choices& choices);
// Without a name; of any type, no directory's entries.
Inode inode(Choices& choices);

// `objects` at most, some of them hard links.
Tree tree(Choices& choices, std::uint32_t objects);

// Marks beside it: whiteouts, opaque directories, redirects. Each object has a backing of its own on `file_system`.
Layer layer(Choices& choices, std::uint32_t objects, std::uint64_t file_system);
// One to four lowers, and most often an upper, whose objects may record that they come from lower ones.
Layers layers(Choices& choices, std::uint32_t objects_of_each);

Mutation mutation(Choices& choices, const Layers& layers);

// Root, two users who share a group, and one of odd identity and capabilities. Umasks differ.
std::vector<Caller> callers(Choices& choices);

// A path that leads to something more often than not: also through symlinks, `.` and `..`, with slashes too many, too
// long, or empty.
std::string path(Choices& choices, const Tree& tree);
// Any operation, aimed at what the world holds.
Operation operation(Choices& choices, const World& world);

}  // namespace ovlspec::model::testing
