// What the visibility obligations speak of: any stack of four layers, looked at through the kernel. A stack of fewer is
// one whose last layers are absent; the obligations of visibility_step.cc hold for any depth.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "impl/engine/visibility_kernel.h"
#include "model/proofs/obligation.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {

using impl::visibility::LayerState;
using Look = impl::visibility::Step<TermDomain>;
using Sight = impl::visibility::Progress<TermDomain>;

inline constexpr std::size_t kDepth = 4;

// Any one of the layer states.
Word any_state(const std::string& name);

// Said of a state without the kernel's help.
Truth is(const Word& state, LayerState which);
Truth is_present(const Word& state);  // a directory, opaque or not, or a non-directory
Truth is_any_directory(const Word& state);
Truth is_stop(const Word& state);         // whiteout, opaque directory or non-directory: hides what lies below
Truth is_transparent(const Word& state);  // absent, or a directory that merges with what lies below

using States = std::vector<Word>;  // topmost first
States any_stack(const std::string& name, std::size_t depth = kDepth);

// Any place in a stack of kDepth layers.
class Position {
 public:
  explicit Position(const std::string& name);
  const Word& index() const { return index_; }
  Truth is_at(std::size_t index) const;
  // What holds of the layer at this place. REQUIRES: facts.size() <= kDepth.
  Truth has(const std::vector<Truth>& facts) const;

 private:
  Word index_;
};
Truth above(const Position& upper, const Position& lower);

// The kernel's answer for a stack.
struct View {
  std::vector<Truth> supplies;  // by layer
  std::vector<Truth> merges;
  Sight end;
};
View view(const States& states);
// The same name in the layers below: what the kernel says after `before`.
View view_after(Sight before, const States& states);

// `fact` of each state.
std::vector<Truth> each(const States& states, Truth (*fact)(const Word&));
std::vector<Truth> each_is(const States& states, LayerState which);

// A counterexample as a stack: one line a layer, topmost first, then what the kernel makes of it.
std::string picture(const Assignment& assignment, const States& states, const View& view);

}  // namespace ovlspec::proofs
