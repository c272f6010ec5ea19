// A layer as a value: the files of one directory tree beside what the overlay recorded in it, and the stack of them.
// scan makes layers from directories, traces make them from text, and both say the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/tree.h"

namespace ovlspec::model {

// Which backing inode an object of a layer is. Two objects of a stack with equal backings are one object.
struct Backing {
  std::uint64_t file_system = 0;  // the oracle's own number for it; 0: no backing, the object is itself alone
  InodeNumber number = 0;
  std::uint32_t generation = 0;
  auto operator<=>(const Backing&) const = default;
};

// What a record says of where a copied-up object came from.
struct Origin {
  Backing backing;
  bool linked = false;  // the origin had more than one link when it was copied up
  bool operator==(const Origin&) const = default;
};

// What makes an object of a layer more than a plain file or directory.
struct Marks {
  bool whiteout = false;                // hides the name; the inode beside it means nothing
  bool opaque = false;                  // a directory that does not merge with what lies below
  bool metacopy = false;                // a file whose data are those of what it is found over
  std::optional<std::string> redirect;  // a directory merges, and a metacopy has its data, from this name or absolute
                                        // path below, not from its own
  std::optional<Origin> origin;
  Backing backing;
  bool operator==(const Marks&) const = default;
};

struct Layer {
  Tree tree = Tree::empty();
  std::vector<Marks> marks{1};  // marks[id] belongs to tree[id]

  const Marks& mark(ObjectId id) const { return marks[id]; }
  ObjectId add(Inode inode, Marks marks_of_it = {});
};

// Lowers topmost first.
struct Layers {
  std::vector<Layer> lowers;
  std::optional<Layer> upper;
};

}  // namespace ovlspec::model
