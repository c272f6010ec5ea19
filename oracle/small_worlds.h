// Every small stack, and what is done to it: what `ovlspec explore` goes through.
//
// A layer has each of the names or not: as a file, a symlink to the root, a whiteout, another name of the file before
// it, or a directory, opaque or not, that is empty or holds a file or a whiteout by its own name. Files of different
// layers differ in content. All layers lie on one file system. Names are interchangeable: of the stacks that differ by
// a permutation of names alone there is one, but for those with hard links. So are two neighbouring lowers that have no
// name in common.
#pragma once

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

// The stacks, each a trace without events, in an order that stays the same.
class SmallStacks {
 public:
  explicit SmallStacks(const WorldSize& size);
  std::size_t count() const { return stacks_.size(); }
  // REQUIRES: index < count().
  Trace make(std::size_t index) const;

 private:
  // What each layer has by each name, topmost first; whether the first is an upper.
  struct Stack {
    bool has_upper = false;
    std::vector<std::uint8_t> shapes;  // shapes[layer * names + name]
  };
  void add_stacks(unsigned layers, bool has_upper);
  bool is_canonical(const Stack& stack) const;

  WorldSize size_;
  std::vector<Stack> stacks_;
};

// What may be done to a stack: operations on every path, or two paths, of one or two names, and on the file that is
// open by each name, then the remounts.
std::vector<SmallStep> small_steps(const WorldSize& size, const Trace& stack);

}  // namespace ovlspec::oracle
