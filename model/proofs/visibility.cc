// What shows of a stack of layers. The sentences are those of the catalogue: the rule each one serves is cited.
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "model/proofs/registry.h"
#include "model/proofs/visibility_stack.h"

namespace ovlspec::proofs {
namespace {

struct Fact {  // an assumption and a claim about one stack
  std::vector<Assumption> assumptions;
  Truth claim;
};

// An obligation about every stack: `fact` says what holds of the states and the kernel's view of them.
Obligation of_a_stack(const std::string& id, std::string sentence, const std::string& cites,
                      std::function<Fact(const States&, const View&)> fact) {
  const auto state = [fact = std::move(fact)] {
    const States states = any_stack("stack");
    const View seen = view(states);
    Fact about = fact(states, seen);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [states, seen](const Assignment& values) { return picture(values, states, seen); }};
  };
  return Obligation{
      .id = "visibility-" + id, .sentence = std::move(sentence), .cites = "OVL-MRG-1 " + cites, .state = state};
}

// Nothing of a lower layer is part of the object when the layer above it is of this state.
Obligation hides_below(const std::string& id, std::string sentence, const std::string& cites, LayerState which) {
  return of_a_stack(id, std::move(sentence), cites, [which](const States& states, const View& seen) {
    const Position hider("hider"), lower("lower");
    return Fact{.assumptions = {{"the lower layer lies below it", above(hider, lower)},
                                {"the layer above is of this kind", hider.has(each_is(states, which))}},
                .claim = negation(either(lower.has(seen.merges), lower.has(seen.supplies)))};
  });
}

// A layer of this state is no part of the object.
Obligation never_shows(const std::string& id, std::string sentence, const std::string& cites, LayerState which) {
  return of_a_stack(id, std::move(sentence), cites, [which](const States& states, const View& seen) {
    const Position layer("layer");
    return Fact{.assumptions = {{"the layer is of this kind", layer.has(each_is(states, which))}},
                .claim = negation(either(layer.has(seen.merges), layer.has(seen.supplies)))};
  });
}

// All layers above `position` have the fact.
Truth all_above(const Position& position, const std::vector<Truth>& facts) {
  std::vector<Truth> implied;
  for (std::size_t i = 0; i < facts.size(); ++i) implied.push_back(implies(below(word(i), position.index()), facts[i]));
  return all_of(implied);
}

std::vector<Obligation> what_hides() {
  return {
      hides_below("whiteout-hides", "nothing below a whiteout shows, as the object or merged into it", "WH-1 ID-6",
                  LayerState::kWhiteout),
      hides_below("opaque-hides", "nothing below an opaque directory shows, as the object or merged into it", "OPQ-1",
                  LayerState::kOpaqueDirectory),
      hides_below("non-directory-hides", "nothing below a non-directory shows: a merge stops there", "MRG-1 MRG-2",
                  LayerState::kNonDirectory),
      never_shows("whiteout-invisible", "a whiteout itself never shows", "WH-1 WH-6", LayerState::kWhiteout),
      never_shows("absent-invisible", "a layer without the name supplies nothing", "MRG-1", LayerState::kAbsent),
  };
}

Fact topmost_decides(const States& states, const View& seen) {
  const Position layer("layer");
  const Truth first = all_above(layer, each_is(states, LayerState::kAbsent));
  const Truth present = layer.has(each(states, is_present));
  return Fact{.assumptions = {}, .claim = equal(layer.has(seen.supplies), both(first, present))};
}

Fact one_supplier(const States&, const View& seen) {
  const Position one("one"), other("other");
  return Fact{.assumptions = {{"one layer supplies the name", one.has(seen.supplies)},
                              {"another one does, too", other.has(seen.supplies)}},
              .claim = equal(one.index(), other.index())};
}

Fact found_where_supplied(const States&, const View& seen) {
  return Fact{.assumptions = {}, .claim = equal(seen.end.found, any_of(seen.supplies))};
}

Fact type_of_the_supplier(const States& states, const View& seen) {
  const Position supplier("supplier");
  return Fact{.assumptions = {{"the layer supplies the name", supplier.has(seen.supplies)}},
              .claim = equal(seen.end.directory, supplier.has(each(states, is_any_directory)))};
}

Fact nothing_is_no_directory(const States&, const View& seen) {
  return Fact{.assumptions = {{"the name is not there", negation(seen.end.found)}},
              .claim = negation(seen.end.directory)};
}

Fact topmost_whiteout(const States& states, const View& seen) {
  const Position layer("layer");
  return Fact{.assumptions = {{"the layer has a whiteout", layer.has(each_is(states, LayerState::kWhiteout))},
                              {"all layers above are without the name",
                               all_above(layer, each_is(states, LayerState::kAbsent))}},
              .claim = negation(seen.end.found)};
}

std::vector<Obligation> who_supplies() {
  return {
      of_a_stack("topmost-decides", "a layer supplies the name exactly when it has it and no layer above has anything",
                 "MRG-1 MRG-3", topmost_decides),
      of_a_stack("answer-unique", "no two layers supply one name", "MRG-1 ID-1", one_supplier),
      of_a_stack("found-where-supplied", "a name is found exactly when some layer supplies it", "MRG-1 ID-6",
                 found_where_supplied),
      of_a_stack("type-of-supplier", "an object is a directory exactly when the supplying layer's instance is one",
                 "MRG-3 RD-6", type_of_the_supplier),
      of_a_stack("nothing-no-directory", "a name that is not there is no directory", "MRG-1", nothing_is_no_directory),
      of_a_stack("topmost-whiteout", "a name whose topmost layer has a whiteout is not there", "WH-1 WH-3",
                 topmost_whiteout),
  };
}

Fact supplier_merges(const States&, const View& seen) {
  const Position layer("layer");
  return Fact{.assumptions = {{"the layer supplies the name", layer.has(seen.supplies)}},
              .claim = layer.has(seen.merges)};
}

Fact only_directories_merge(const States& states, const View& seen) {
  const Position one("one"), other("other");
  return Fact{.assumptions = {{"one layer is part of the object", one.has(seen.merges)},
                              {"another one is, too", other.has(seen.merges)},
                              {"they are two layers", negation(equal(one.index(), other.index()))}},
              .claim = both(one.has(each(states, is_any_directory)), other.has(each(states, is_any_directory)))};
}

Fact merged_below_supplier(const States&, const View& seen) {
  const Position supplier("supplier"), merged("merged");
  return Fact{.assumptions = {{"the layer supplies the name", supplier.has(seen.supplies)},
                              {"the other is part of the object", merged.has(seen.merges)}},
              .claim = negation(above(merged, supplier))};
}

Fact nothing_merges_alone(const States&, const View& seen) {
  return Fact{.assumptions = {{"some layer is part of the object", any_of(seen.merges)}}, .claim = seen.end.found};
}

// What lies above a layer of an object, whether that layer supplies the name or joins it.
Fact merge_has_no_gap(const States& states, const View& seen) {
  const Position merged("merged"), higher("higher");
  return Fact{.assumptions = {{"the layer is part of the object", merged.has(seen.merges)},
                              {"the other lies above it", above(higher, merged)}},
              .claim = higher.has(each(states, is_transparent))};
}

// The whole rule at once: what merges is known without the kernel.
Fact merge_is_the_rule(const States& states, const View& seen) {
  const Position layer("layer");
  const Truth first = both(all_above(layer, each_is(states, LayerState::kAbsent)), layer.has(each(states, is_present)));
  const Truth joins = both(all_above(layer, each(states, is_transparent)), layer.has(each(states, is_any_directory)));
  return Fact{.assumptions = {}, .claim = equal(layer.has(seen.merges), either(first, joins))};
}

std::vector<Obligation> what_merges() {
  return {
      of_a_stack("supplier-merges", "the layer that supplies the name is part of the object", "MRG-1", supplier_merges),
      of_a_stack("only-directories-merge", "where two layers are part of one object, both have directories", "MRG-1",
                 only_directories_merge),
      of_a_stack("merged-below-supplier", "no layer above the supplying one is part of the object", "MRG-3",
                 merged_below_supplier),
      of_a_stack("nothing-merges-alone", "where some layer is part of an object, the object is there", "MRG-1 ID-6",
                 nothing_merges_alone),
      of_a_stack("merge-without-gap",
                 "above a layer that is part of an object lie only directories that are not opaque and layers without "
                 "the name",
                 "MRG-2 WH-1 OPQ-1", merge_has_no_gap),
      of_a_stack("merge-is-the-rule",
                 "a layer is part of the object exactly when it is the first that has anything, or a directory below "
                 "nothing but directories that are not opaque",
                 "MRG-1 MRG-2 WH-1 OPQ-1", merge_is_the_rule),
  };
}

}  // namespace

std::vector<Obligation> visibility_obligations() {
  std::vector<Obligation> all;
  for (auto part : {what_hides, who_supplies, what_merges}) {
    std::vector<Obligation> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace ovlspec::proofs
