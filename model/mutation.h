// What somebody does to the layers while nothing is mounted: the fifth function, mutate.
//
// Paths are of plain components from the layer's root; no symlink is followed. A change whose path does not exist, or
// whose parent is not a directory, does nothing: a mutation is total, so that shrinking and fuzzing never make it fail.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "model/layer.h"

namespace ovlspec::model {

// Which layer: the upper, or a lower by its place in the stack, 0 topmost. One that does not exist: nothing happens.
struct LayerName {
  bool upper = false;
  std::uint16_t lower = 0;
  bool operator==(const LayerName&) const = default;
};

// Creates the object, or replaces what is there (its subtree too). Directories start empty. Parents are not made.
struct Put {
  LayerName layer;
  std::string path;
  Inode inode;
  Marks marks;
  bool operator==(const Put&) const = default;
};
struct Remove {
  LayerName layer;
  std::string path;
  bool operator==(const Remove&) const = default;
};  // with its subtree
// rename(2) after the target was removed with its subtree. Into its own subtree: nothing happens.
struct Move {
  LayerName layer;
  std::string from;
  std::string to;
  bool operator==(const Move&) const = default;
};
// A second name for a non-directory, where the name is free.
struct HardLink {
  LayerName layer;
  std::string from;
  std::string to;
  bool operator==(const HardLink&) const = default;
};
struct ChangeMode {
  LayerName layer;
  std::string path;
  Mode mode = 0;
  bool operator==(const ChangeMode&) const = default;
};
// In place: the same inode.
struct ChangeContent {
  LayerName layer;
  std::string path;
  std::string content;
  bool operator==(const ChangeContent&) const = default;
};
// cp -a of a file or subtree to a free name: new inodes, all xattrs, records too.
struct Copy {
  LayerName layer;
  std::string from;
  std::string to;
  bool operator==(const Copy&) const = default;
};

// With what a whole layer is copied to a new directory that takes its place; hard links within it are kept.
enum class CopyXattrs : std::uint8_t { kAll, kNone };  // kNone: whiteouts stay, opaque marks, redirects, records go
struct CopyLayer {
  LayerName layer;
  CopyXattrs xattrs = CopyXattrs::kAll;
  bool operator==(const CopyLayer&) const = default;
};

// The stack itself.
struct AddLower {
  std::uint16_t position = 0;
  std::uint8_t place = 0;
  Layer layer;
  bool operator==(const AddLower&) const;
};
struct RemoveLower {
  std::uint16_t position = 0;
  bool operator==(const RemoveLower&) const = default;
};  // never the last
struct SwapLowers {
  std::uint16_t first = 0;
  std::uint16_t second = 0;
  bool operator==(const SwapLowers&) const = default;
};
struct UpperBecomesLower {
  bool operator==(const UpperBecomesLower&) const = default;
};  // topmost; a new empty upper and work directory take its place
struct WipeWork {
  bool operator==(const WipeWork&) const = default;
};  // rm -rf of all in the work directory

using Mutation = std::variant<Put, Remove, Move, HardLink, ChangeMode, ChangeContent, Copy, CopyLayer, AddLower,
                              RemoveLower, SwapLowers, UpperBecomesLower, WipeWork>;

Layers mutate(Layers layers, const Mutation& mutation);

}  // namespace ovlspec::model
