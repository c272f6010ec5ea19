#include "model/proofs/visibility_stack.h"

#include <cassert>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ovlspec::proofs {
namespace {

namespace kernel = impl::visibility;

std::string_view words_of(std::uint64_t state) {
  if (state >= kernel::kLayerStates) return "no state at all";
  switch (static_cast<LayerState>(state)) {
    case LayerState::kAbsent: return "nothing";
    case LayerState::kWhiteout: return "whiteout \"name\"";
    case LayerState::kOpaqueDirectory: return "dir \"name\" opaque";
    case LayerState::kDirectory: return "dir \"name\"";
    case LayerState::kNonDirectory: return "file \"name\"";
  }
  return "";
}

std::string_view role_of(bool supplies, bool merges) {
  if (supplies) return "   <- shown";
  return merges ? "   <- merged" : "";
}

}  // namespace

Word any_state(const std::string& name) {
  Word state = word(0);
  for (std::uint64_t value = 1; value < kernel::kLayerStates; ++value)
    state = choice(any_truth(fmt::format("{}_{}", name, value)), word(value), state);
  return state;
}

Truth is(const Word& state, LayerState which) { return equal(state, word(static_cast<std::uint64_t>(which))); }

Truth is_any_directory(const Word& state) {
  return either(is(state, LayerState::kDirectory), is(state, LayerState::kOpaqueDirectory));
}

Truth is_present(const Word& state) { return either(is_any_directory(state), is(state, LayerState::kNonDirectory)); }

Truth is_stop(const Word& state) {
  return any_of({is(state, LayerState::kWhiteout), is(state, LayerState::kOpaqueDirectory),
                 is(state, LayerState::kNonDirectory)});
}

Truth is_transparent(const Word& state) {
  return either(is(state, LayerState::kAbsent), is(state, LayerState::kDirectory));
}

States any_stack(const std::string& name, std::size_t depth) {
  States states;
  for (std::size_t i = 0; i < depth; ++i) states.push_back(any_state(fmt::format("{}_layer_{}", name, i)));
  return states;
}

Position::Position(const std::string& name)
    : index_(choice(any_truth(name + "_high"), choice(any_truth(name + "_low"), word(3), word(2)),
                    choice(any_truth(name + "_low"), word(1), word(0)))) {}

Truth Position::is_at(std::size_t index) const { return equal(index_, word(index)); }

Truth Position::has(const std::vector<Truth>& facts) const {
  assert(facts.size() <= kDepth);
  Truth any = truth(false);
  for (std::size_t i = 0; i < facts.size(); ++i) any = either(any, both(is_at(i), facts[i]));
  return any;
}

Truth above(const Position& upper, const Position& lower) { return below(upper.index(), lower.index()); }

View view(const States& states) { return view_after(kernel::start<TermDomain>(), states); }

View view_after(Sight before, const States& states) {
  View view{.supplies = {}, .merges = {}, .end = std::move(before)};
  for (const Word& state : states) {
    const Look look = kernel::look<TermDomain>(view.end, state);
    view.supplies.push_back(look.supplies);
    view.merges.push_back(look.merges);
    view.end = look.next;
  }
  return view;
}

std::vector<Truth> each(const States& states, Truth (*fact)(const Word&)) {
  std::vector<Truth> facts;
  for (const Word& state : states) facts.push_back(fact(state));
  return facts;
}

std::vector<Truth> each_is(const States& states, LayerState which) {
  std::vector<Truth> facts;
  for (const Word& state : states) facts.push_back(is(state, which));
  return facts;
}

std::string picture(const Assignment& assignment, const States& states, const View& view) {
  std::string lines;
  for (std::size_t i = 0; i < states.size(); ++i)
    lines += fmt::format("layer {}: {}{}\n", i, words_of(assignment.value(states[i])),
                         role_of(assignment.value(view.supplies[i]), assignment.value(view.merges[i])));
  const bool found = assignment.value(view.end.found);
  const std::string_view what = assignment.value(view.end.directory) ? "a directory" : "a non-directory";
  return lines + fmt::format("\"name\" is {}", found ? what : "not there");
}

}  // namespace ovlspec::proofs
