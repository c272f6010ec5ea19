// What a change of the stack does to what shows: two stacks are looked at and compared.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "model/proofs/registry.h"
#include "model/proofs/visibility_stack.h"

namespace ovlspec::proofs {
namespace {

struct Seen {
  States states;
  View view;
};
Seen look_at(States states) {
  View seen = view(states);
  return Seen{.states = std::move(states), .view = std::move(seen)};
}

struct Comparison {
  std::vector<Assumption> assumptions;
  Truth claim;
  Seen before;
  Seen after;
};

Obligation of_a_change(const std::string& id, std::string sentence, const std::string& cites, Comparison (*compare)()) {
  const auto state = [compare] {
    Comparison of = compare();
    return Statement{.assumptions = std::move(of.assumptions),
                     .claim = of.claim,
                     .picture = [before = std::move(of.before), after = std::move(of.after)](const Assignment& values) {
                       return fmt::format("before:\n{}\nafter:\n{}", picture(values, before.states, before.view),
                                          picture(values, after.states, after.view));
                     }};
  };
  return Obligation{
      .id = "change-" + id, .sentence = std::move(sentence), .cites = "OVL-MRG-1 " + cites, .state = state};
}

Truth same_answer(const View& one, const View& other) {
  return both(equal(one.end.found, other.end.found), equal(one.end.directory, other.end.directory));
}

Truth same_roles(const View& one, const View& other) {
  std::vector<Truth> same;
  for (std::size_t i = 0; i < one.merges.size(); ++i) {
    same.push_back(equal(one.merges[i], other.merges[i]));
    same.push_back(equal(one.supplies[i], other.supplies[i]));
  }
  return all_of(same);
}

// `layer` is put into the stack: it becomes the one at `position`.
States with_layer(const States& states, const Position& position, const Word& layer) {
  States result;
  for (std::size_t i = 0; i <= states.size(); ++i) {
    const Word& shifted = i == 0 ? layer : states[i - 1];
    const Word& kept = i == states.size() ? layer : states[i];
    const Word rest = choice(position.is_at(i), layer, shifted);
    result.push_back(choice(below(word(i), position.index()), kept, rest));
  }
  return result;
}

States on_top(const Word& state, const States& states) {
  States result = {state};
  result.insert(result.end(), states.begin(), states.end());
  return result;
}

// The layers of `one` have in `other` the roles that they had, each one place lower from `position` on.
Truth same_roles_shifted(const View& one, const View& other, const Position& position) {
  std::vector<Truth> same;
  for (std::size_t i = 0; i < one.merges.size(); ++i) {
    const Truth above_it = below(word(i), position.index());
    const Truth kept = both(equal(one.merges[i], other.merges[i]), equal(one.supplies[i], other.supplies[i]));
    const Truth shifted =
        both(equal(one.merges[i], other.merges[i + 1]), equal(one.supplies[i], other.supplies[i + 1]));
    same.push_back(both(implies(above_it, kept), implies(negation(above_it), shifted)));
  }
  return all_of(same);
}

Comparison empty_layer() {
  const Word layer = any_state("new_layer");
  const Position place("place");
  Seen before = look_at(any_stack("stack", kDepth - 1));
  Seen after = look_at(with_layer(before.states, place, layer));
  const Truth claim = both(same_answer(before.view, after.view), same_roles_shifted(before.view, after.view, place));
  return Comparison{.assumptions = {{"the new layer is without the name", is(layer, LayerState::kAbsent)}},
                    .claim = claim,
                    .before = std::move(before),
                    .after = std::move(after)};
}

// The ways in which the two halves of a layer can have what it had: a half has an object whole, but for directories,
// which may be in both, the lower one keeping the opaque mark.
Truth is_split(const Word& whole, const Word& upper, const Word& lower) {
  const auto are = [&](LayerState of_whole, LayerState of_upper, LayerState of_lower) {
    return all_of({is(whole, of_whole), is(upper, of_upper), is(lower, of_lower)});
  };
  return any_of({both(equal(upper, whole), is(lower, LayerState::kAbsent)),
                 both(equal(lower, whole), is(upper, LayerState::kAbsent)),
                 are(LayerState::kWhiteout, LayerState::kWhiteout, LayerState::kWhiteout),
                 are(LayerState::kDirectory, LayerState::kDirectory, LayerState::kDirectory),
                 are(LayerState::kOpaqueDirectory, LayerState::kDirectory, LayerState::kOpaqueDirectory)});
}

Comparison split_layer() {
  const Word upper = any_state("upper_half"), lower = any_state("lower_half");
  Seen before = look_at(any_stack("stack", kDepth - 1));
  const Word whole = before.states[1];
  Seen after = look_at({before.states[0], upper, lower, before.states[2]});
  const View& one = before.view;
  const View& two = after.view;
  const Truth claim =
      all_of({same_answer(one, two), equal(one.merges[0], two.merges[0]),
              equal(one.merges[1], either(two.merges[1], two.merges[2])), equal(one.merges[2], two.merges[3]),
              equal(one.supplies[0], two.supplies[0]), equal(one.supplies[1], either(two.supplies[1], two.supplies[2])),
              equal(one.supplies[2], two.supplies[3])});
  return Comparison{.assumptions = {{"the halves have what the layer had", is_split(whole, upper, lower)}},
                    .claim = claim,
                    .before = std::move(before),
                    .after = std::move(after)};
}

// Both stacks have the same layers down to `position`, that one included.
Truth equal_down_to(const Position& position, const States& one, const States& other) {
  std::vector<Truth> same;
  for (std::size_t i = 0; i < one.size(); ++i)
    same.push_back(implies(negation(below(position.index(), word(i))), equal(one[i], other[i])));
  return all_of(same);
}

Comparison below_a_stop() {
  const Position stop("stop");
  Seen before = look_at(any_stack("before")), after = look_at(any_stack("after"));
  const Truth same = equal_down_to(stop, before.states, after.states);
  const Truth stops = stop.has(each(before.states, is_stop));
  const Truth claim = both(same_answer(before.view, after.view), same_roles(before.view, after.view));
  return Comparison{.assumptions = {{"the stacks are equal down to a layer", same},
                                    {"that layer has a whiteout, an opaque directory or a non-directory", stops}},
                    .claim = claim,
                    .before = std::move(before),
                    .after = std::move(after)};
}

Comparison below_the_supplier() {
  const Position supplier("supplier");
  Seen before = look_at(any_stack("before")), after = look_at(any_stack("after"));
  const Truth same = equal_down_to(supplier, before.states, after.states);
  const Truth supplies = supplier.has(before.view.supplies);
  const Truth claim = both(supplier.has(after.view.supplies), same_answer(before.view, after.view));
  return Comparison{
      .assumptions = {{"the stacks are equal down to a layer", same}, {"that layer supplies the name", supplies}},
      .claim = claim,
      .before = std::move(before),
      .after = std::move(after)};
}

Truth shows_alone(const View& view) {
  const std::vector<Truth> rest(view.merges.begin() + 1, view.merges.end());
  return all_of({view.supplies[0], view.merges[0], negation(any_of(rest)), view.end.found});
}

Comparison put_on_top(LayerState which, const char* assumption, Truth (*claim)(const View&)) {
  const Word top = any_state("top");
  Seen before = look_at(any_stack("stack", kDepth - 1));
  Seen after = look_at(on_top(top, before.states));
  const Truth claimed = claim(after.view);
  return Comparison{.assumptions = {{assumption, is(top, which)}},
                    .claim = claimed,
                    .before = std::move(before),
                    .after = std::move(after)};
}

Comparison whiteout_on_top() {
  return put_on_top(LayerState::kWhiteout, "the new layer has a whiteout",
                    [](const View& view) { return negation(either(view.end.found, any_of(view.merges))); });
}

Comparison file_on_top() {
  return put_on_top(LayerState::kNonDirectory, "the new layer has a non-directory",
                    [](const View& view) { return both(shows_alone(view), negation(view.end.directory)); });
}

Comparison opaque_on_top() {
  return put_on_top(LayerState::kOpaqueDirectory, "the new layer has an opaque directory",
                    [](const View& view) { return both(shows_alone(view), view.end.directory); });
}

Comparison directory_copied_up() {
  const Word top = any_state("top");
  Seen before = look_at(any_stack("stack", kDepth - 1));
  Seen after = look_at(on_top(top, before.states));
  std::vector<Truth> same = {after.view.supplies[0], after.view.end.directory};
  for (std::size_t i = 0; i < before.states.size(); ++i)
    same.push_back(equal(before.view.merges[i], after.view.merges[i + 1]));
  const Truth claim = all_of(same), directory = before.view.end.directory;
  return Comparison{.assumptions = {{"the name was a directory", directory},
                                    {"the upper gets a directory that is not opaque", is(top, LayerState::kDirectory)}},
                    .claim = claim,
                    .before = std::move(before),
                    .after = std::move(after)};
}

Comparison directory_over_none() {
  const Word top = any_state("top");
  Seen before = look_at(any_stack("stack", kDepth - 1));
  Seen after = look_at(on_top(top, before.states));
  const Truth claim = shows_alone(after.view), none = negation(before.view.end.directory);
  return Comparison{.assumptions = {{"the name was no directory", none},
                                    {"the new layer has a directory", is(top, LayerState::kDirectory)}},
                    .claim = claim,
                    .before = std::move(before),
                    .after = std::move(after)};
}

Comparison opaque_is_two_layers() {
  const Word opaque = any_state("opaque"), directory = any_state("directory"), whiteout = any_state("whiteout");
  const States rest = any_stack("rest", kDepth - 2);
  Seen before = look_at(on_top(opaque, rest));
  Seen after = look_at(on_top(directory, on_top(whiteout, rest)));
  std::vector<Truth> same = {same_answer(before.view, after.view),
                             equal(before.view.supplies[0], after.view.supplies[0]), negation(after.view.merges[1])};
  for (std::size_t i = 0; i < rest.size(); ++i)
    same.push_back(equal(before.view.merges[i + 1], after.view.merges[i + 2]));
  return Comparison{.assumptions = {{"the one layer has an opaque directory", is(opaque, LayerState::kOpaqueDirectory)},
                                    {"the first of the two has a directory", is(directory, LayerState::kDirectory)},
                                    {"the second of the two has a whiteout", is(whiteout, LayerState::kWhiteout)}},
                    .claim = all_of(same),
                    .before = std::move(before),
                    .after = std::move(after)};
}

}  // namespace

std::vector<Obligation> visibility_change_obligations() {
  return {
      of_a_change("empty-layer", "a layer without the name, put anywhere into the stack, changes nothing",
                  "MRG-1 ID-10", empty_layer),
      of_a_change("split-layer", "a layer split in two, one above the other, changes nothing", "MRG-1 ID-10",
                  split_layer),
      of_a_change("below-a-stop", "no change below a whiteout, an opaque directory or a non-directory changes anything",
                  "WH-1 OPQ-1 MRG-2", below_a_stop),
      of_a_change("below-the-supplier",
                  "no change below the layer that supplies a name changes who supplies it, or its type", "MRG-3 ID-10",
                  below_the_supplier),
      of_a_change("whiteout-on-top", "a whiteout put on top takes the name away", "WH-1 WH-3", whiteout_on_top),
      of_a_change("file-on-top", "a non-directory put on top shows alone", "MRG-1 CU-3", file_on_top),
      of_a_change("opaque-on-top", "an opaque directory put on top shows alone", "OPQ-1 WH-4", opaque_on_top),
      of_a_change("directory-copied-up", "a directory copied up to the top merges with what it was merged from",
                  "CU-2 MRG-1", directory_copied_up),
      of_a_change("directory-over-none", "a directory put on top of a whiteout, a non-directory or nothing shows alone",
                  "MRG-1 MRG-2 WH-4", directory_over_none),
      of_a_change("opaque-is-directory-over-whiteout",
                  "an opaque directory is the same as a directory above a layer with a whiteout", "OPQ-1 WH-1",
                  opaque_is_two_layers),
  };
}

}  // namespace ovlspec::proofs
