// One step of the fold from any progress: what holds of each step holds, by induction, of a stack of any depth.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/proofs/registry.h"
#include "model/proofs/visibility_stack.h"

namespace ovlspec::proofs {
namespace {

struct Scene {  // what the layers above decided, one layer, and what it makes of that
  Sight before;
  Word state;
  Look look;
};

struct Fact {
  std::vector<Assumption> assumptions;
  Truth claim;
};

std::string words_of(const Assignment& values, const Sight& sight) {
  const std::string_view what = values.value(sight.directory) ? "a directory found" : "a non-directory found";
  return fmt::format("{}, {}", values.value(sight.ended) ? "ended" : "open",
                     values.value(sight.found) ? what : "nothing found");
}

std::string picture_of(const Assignment& values, const Scene& scene) {
  const View one{.supplies = {scene.look.supplies}, .merges = {scene.look.merges}, .end = scene.look.next};
  return fmt::format("above: {}\n{}\nbelow: {}", words_of(values, scene.before), picture(values, {scene.state}, one),
                     words_of(values, scene.look.next));
}

Obligation of_a_step(const std::string& id, std::string sentence, const std::string& cites,
                     Fact (*fact)(const Scene&)) {
  const auto state = [fact] {
    const Sight before{any_truth("ended"), any_truth("found"), any_truth("directory")};
    const Word layer = any_state("layer");
    const Scene scene{before, layer, impl::visibility::look<TermDomain>(before, layer)};
    Fact about = fact(scene);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [scene](const Assignment& values) { return picture_of(values, scene); }};
  };
  return Obligation{.id = "step-" + id, .sentence = std::move(sentence), .cites = "OVL-MRG-1 " + cites, .state = state};
}

// What the fold keeps true: a directory was found before it is one, and a file that was found ended the search.
Truth sound(const Sight& sight) {
  return both(implies(sight.directory, sight.found),
              implies(both(sight.found, negation(sight.directory)), sight.ended));
}

Fact stays_sound(const Scene& scene) {
  return Fact{.assumptions = {{"the progress was sound", sound(scene.before)}}, .claim = sound(scene.look.next)};
}

Fact end_is_final(const Scene& scene) {
  return Fact{.assumptions = {{"the search had ended", scene.before.ended}}, .claim = scene.look.next.ended};
}

Fact nothing_after_the_end(const Scene& scene) {
  return Fact{.assumptions = {{"the search had ended", scene.before.ended}},
              .claim = negation(either(scene.look.supplies, scene.look.merges))};
}

Fact answer_after_the_end(const Scene& scene) {
  return Fact{.assumptions = {{"the search had ended", scene.before.ended}},
              .claim = both(equal(scene.look.next.found, scene.before.found),
                            equal(scene.look.next.directory, scene.before.directory))};
}

Fact stop_ends(const Scene& scene) {
  return Fact{
      .assumptions = {{"the layer has a whiteout, an opaque directory or a non-directory", is_stop(scene.state)}},
      .claim = scene.look.next.ended};
}

Fact transparent_goes_on(const Scene& scene) {
  return Fact{.assumptions = {{"the layer is without the name, or has a directory that is not opaque",
                               is_transparent(scene.state)},
                              {"the search had not ended", negation(scene.before.ended)}},
              .claim = negation(scene.look.next.ended)};
}

Fact found_stays(const Scene& scene) {
  return Fact{.assumptions = {{"the name was found", scene.before.found}},
              .claim = both(scene.look.next.found, negation(scene.look.supplies))};
}

Fact type_stays(const Scene& scene) {
  return Fact{.assumptions = {{"the name was found", scene.before.found}},
              .claim = equal(scene.look.next.directory, scene.before.directory)};
}

Fact file_takes_no_directory(const Scene& scene) {
  return Fact{
      .assumptions = {{"a non-directory was found", both(scene.before.found, negation(scene.before.directory))}},
      .claim = negation(scene.look.merges)};
}

Fact absent_changes_nothing(const Scene& scene) {
  const Sight& next = scene.look.next;
  return Fact{.assumptions = {{"the layer is without the name", is(scene.state, LayerState::kAbsent)}},
              .claim = all_of({equal(next.ended, scene.before.ended), equal(next.found, scene.before.found),
                               equal(next.directory, scene.before.directory), negation(scene.look.supplies),
                               negation(scene.look.merges)})};
}

Fact directory_joins(const Scene& scene) {
  return Fact{.assumptions = {{"the search had not ended", negation(scene.before.ended)},
                              {"the progress was sound", sound(scene.before)},
                              {"the layer has a directory", is_any_directory(scene.state)}},
              .claim = scene.look.merges};
}

Fact first_supplies(const Scene& scene) {
  return Fact{.assumptions = {{"the search had not ended", negation(scene.before.ended)},
                              {"nothing was found above", negation(scene.before.found)},
                              {"the layer has the name", is_present(scene.state)}},
              .claim = both(scene.look.supplies, scene.look.next.found)};
}

// The kernel compares words, so that a word of no state must be harmless.
Obligation word_of_no_state() {
  const auto state = [] {
    const Sight before{any_truth("ended"), any_truth("found"), any_truth("directory")};
    const Word layer = any_word("word");
    const Scene scene{before, layer, impl::visibility::look<TermDomain>(before, layer)};
    return Statement{
        .assumptions = {{"the word is no state", negation(below(layer, word(impl::visibility::kLayerStates)))}},
        .claim = absent_changes_nothing(scene).claim,
        .picture = [scene](const Assignment& values) { return picture_of(values, scene); }};
  };
  return Obligation{.id = "step-word-of-no-state",
                    .sentence = "a word that is no state counts as a layer without the name",
                    .cites = "OVL-MRG-1 MRG-1",
                    .state = state};
}

}  // namespace

std::vector<Obligation> visibility_step_obligations() {
  return {
      of_a_step("sound", "at any depth: what was found and is no directory ended the search", "MRG-1 MRG-2",
                stays_sound),
      of_a_step("end-is-final", "at any depth: a search that ended stays ended", "MRG-2 WH-1", end_is_final),
      of_a_step("nothing-after-end", "at any depth: no layer below the end is part of the object", "WH-1 OPQ-1 MRG-2",
                nothing_after_the_end),
      of_a_step("answer-after-end", "at any depth: no layer below the end changes the answer", "WH-1 OPQ-1 MRG-2",
                answer_after_the_end),
      of_a_step("stop-ends", "at any depth: a whiteout, an opaque directory and a non-directory end the search",
                "WH-1 OPQ-1 MRG-2", stop_ends),
      of_a_step("transparent-goes-on", "at any depth: nothing else ends the search", "MRG-1 ID-6", transparent_goes_on),
      of_a_step("found-stays", "at any depth: what was found stays found, and no second layer supplies it", "MRG-1",
                found_stays),
      of_a_step("type-stays", "at any depth: no lower layer changes the type of what was found", "MRG-3", type_stays),
      of_a_step("file-merges-nothing", "at any depth: nothing merges into a non-directory", "MRG-1 MRG-2",
                file_takes_no_directory),
      of_a_step("absent-changes-nothing", "at any depth: a layer without the name changes nothing", "MRG-1 ID-10",
                absent_changes_nothing),
      of_a_step("directory-joins", "at any depth: a directory that the search reaches is part of the object", "MRG-1",
                directory_joins),
      of_a_step("first-supplies", "at any depth: the first layer with the name supplies it", "MRG-1 MRG-3",
                first_supplies),
      word_of_no_state(),
  };
}

}  // namespace ovlspec::proofs
