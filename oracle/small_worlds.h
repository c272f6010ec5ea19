// Every small stack, and what is done to it: what `ovlspec explore` goes through.
//
// A layer has each of the names or not: as a file, a symlink to the directory that it lies in, a whiteout, another name
// of the file before it, a directory that is empty or holds a file by its own name, opaque or not, or a directory that
// holds a whiteout by its own name. Files of different layers differ in content. All layers lie on one file system.
//
// Names are interchangeable: of the stacks that differ by a permutation of names alone there is one, but for those with
// hard links. Two neighbouring lowers that have no name in common are interchangeable, too: of both orders there is one
// at least, and no more where no permutation of names is between them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "oracle/trace.h"

namespace ovlspec::oracle {

struct WorldSize {
  unsigned layers = 2;  // of a stack, the upper included, at most
  unsigned names = 1;   // at most kNamesAtMost
};
inline constexpr unsigned kNamesAtMost = 3;
inline constexpr unsigned kLayersAtMost = 4;

// "a", "b", "c".
std::string small_name(unsigned name);

// What one step of a sequence does: an operation, or an unmount, a change of the layers (or none) and a mount.
struct Remount {
  std::optional<model::Mutation> mutation;
};
using SmallStep = std::variant<Operation, Remount>;

// The stacks, one after the other, in an order that stays the same. There may be more than can be gone through.
class SmallStacks {
 public:
  explicit SmallStacks(const WorldSize& size) : size_(size) {}

  // Goes to the first one, or to the next. Whether it is there: not after the last, nor, perhaps, once `stop` (which
  // may be null) is true; then the search for it can be gone on with.
  bool next(const std::atomic<bool>* stop = nullptr);
  // Whether the last one was gone beyond.
  bool is_at_end() const { return layers_ > size_.layers; }
  // A trace without events. REQUIRES: next() was true.
  Trace make() const;

 private:
  bool step();
  bool is_canonical() const;

  WorldSize size_;
  unsigned layers_ = 0;
  bool has_upper_ = false;
  std::vector<std::uint8_t> shapes_;  // shapes_[layer * names + name]: what each layer has by it, topmost first
};

// What may be done to a stack: operations on each name and on the same name below it, or on two of these paths, and on
// what each name was opened as, then the remounts.
std::vector<SmallStep> small_steps(const WorldSize& size, const Trace& stack);

}  // namespace ovlspec::oracle
