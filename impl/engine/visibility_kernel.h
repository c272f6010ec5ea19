// Which layers' instances make up a name: a fold over the layers of a stack, topmost first.
//
// The rules: the topmost layer that has the name decides; a whiteout hides itself and everything below; a non-directory
// hides everything below; only directories merge; an opaque directory is the last that merges.
//
// The caller follows redirects: the state of a layer is that of the instance at the path where the layers above say
// that the name lies. An absent instance below a whiteout, a non-directory or an opaque directory on that path is
// kWhiteout, a directory there kOpaqueDirectory; so is the reach of an absolute redirect decided before this kernel.
//
// For the domain D see value_domain.h. In it a state is a Word of the enumerator's value.
#pragma once

#include <cstdint>

namespace ovlspec::impl::visibility {

enum class LayerState : std::uint8_t { kAbsent, kWhiteout, kOpaqueDirectory, kDirectory, kNonDirectory };
inline constexpr std::uint64_t kLayerStates = 5;

template <typename D>
typename D::Word state_word(LayerState state) {
  return D::constant(static_cast<std::uint64_t>(state));
}

// What the layers seen so far have decided.
template <typename D>
struct Progress {
  typename D::Bool ended;      // no layer below is looked at
  typename D::Bool found;      // a layer supplied the name
  typename D::Bool directory;  // ... and it is a directory
};

template <typename D>
Progress<D> start() {
  return Progress<D>{D::truth(false), D::truth(false), D::truth(false)};
}

template <typename D>
struct Step {
  typename D::Bool supplies;  // this layer's instance is the one whose type and metadata show
  typename D::Bool merges;    // this layer's instance is part of the object (implied by supplies)
  Progress<D> next;
};

// The part that one layer plays. REQUIRES: state < kLayerStates.
template <typename D>
Step<D> look(const Progress<D>& before, const typename D::Word& state) {
  const auto is = [&state](LayerState which) { return D::equal(state, state_word<D>(which)); };
  const auto open = D::negate(before.ended);
  const auto is_directory = D::either(is(LayerState::kDirectory), is(LayerState::kOpaqueDirectory));
  const auto is_present = D::either(is_directory, is(LayerState::kNonDirectory));
  const auto stops =
      D::either(is(LayerState::kWhiteout), D::either(is(LayerState::kOpaqueDirectory), is(LayerState::kNonDirectory)));
  const auto supplies = D::both(open, D::both(D::negate(before.found), is_present));
  const auto joins = D::both(open, D::both(D::both(before.found, before.directory), is_directory));
  return Step<D>{supplies, D::either(supplies, joins),
                 Progress<D>{D::either(before.ended, stops), D::either(before.found, supplies),
                             D::either(before.directory, D::both(supplies, is_directory))}};
}

}  // namespace ovlspec::impl::visibility
