// Which displacement an object takes, and that it then shares its number with no other.
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "impl/engine/identity_encoder.h"
#include "model/proofs/registry.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

namespace kernel = impl::identity;
using Choice = kernel::Choice<TermDomain>;
using Taken = std::array<Truth, kernel::kDisplacements>;
static_assert(kernel::kDisplacements == 8);

template <typename Make>
Taken taken_by(Make make) {
  return Taken{make(0), make(1), make(2), make(3), make(4), make(5), make(6), make(7)};
}

Taken any_taken(const std::string& name) {
  return taken_by([&](std::size_t k) { return any_truth(fmt::format("{}_{}", name, k)); });
}

struct Chosen {
  Taken taken;
  Choice choice;
};
Chosen chosen(const Taken& taken) { return Chosen{.taken = taken, .choice = kernel::choose<TermDomain>(taken)}; }

std::string picture(const Assignment& values, const Chosen& chosen) {
  std::string claims;
  for (const Truth& claim : chosen.taken) claims += values.value(claim) ? '1' : '0';
  return fmt::format("taken, from displacement 0 on: {}; chosen {}{}", claims, values.value(chosen.choice.displacement),
                     values.value(chosen.choice.found) ? "" : " (none is free)");
}

Truth free_somewhere(const Taken& taken) { return negation(all_of({taken.begin(), taken.end()})); }

// What holds of the displacement `index`; false of an index that is none.
Truth at(const Taken& taken, const Word& index) {
  Truth any = truth(false);
  for (std::size_t k = 0; k < taken.size(); ++k) any = either(any, both(equal(index, word(k)), taken[k]));
  return any;
}

struct Fact {
  std::vector<Assumption> assumptions;
  Truth claim;
};

Obligation of_a_choice(const std::string& id, std::string sentence, std::string cites, Fact (*fact)(const Chosen&)) {
  const auto state = [fact] {
    const Chosen one = chosen(any_taken("taken"));
    Fact about = fact(one);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [one](const Assignment& values) { return picture(values, one); }};
  };
  return Obligation{
      .id = "displacement-" + id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

Obligation of_two_choices(const std::string& id, std::string sentence, std::string cites,
                          Fact (*fact)(const Chosen&, const Chosen&)) {
  const auto state = [fact] {
    const Chosen one = chosen(any_taken("before")), other = chosen(any_taken("after"));
    Fact about = fact(one, other);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [one, other](const Assignment& values) {
                       return picture(values, one) + "\n" + picture(values, other);
                     }};
  };
  return Obligation{
      .id = "displacement-" + id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

Fact found_where_free(const Chosen& chosen) {
  return Fact{.assumptions = {}, .claim = equal(chosen.choice.found, free_somewhere(chosen.taken))};
}

Fact chosen_is_free(const Chosen& chosen) {
  return Fact{.assumptions = {{"some displacement is free", free_somewhere(chosen.taken)}},
              .claim = negation(at(chosen.taken, chosen.choice.displacement))};
}

Fact chosen_is_one(const Chosen& chosen) {
  return Fact{.assumptions = {}, .claim = below(chosen.choice.displacement, word(kernel::kDisplacements))};
}

Fact chosen_is_smallest(const Chosen& chosen) {
  std::vector<Truth> smaller;
  for (std::size_t k = 0; k < chosen.taken.size(); ++k)
    smaller.push_back(implies(below(word(k), chosen.choice.displacement), chosen.taken[k]));
  return Fact{.assumptions = {}, .claim = all_of(smaller)};
}

Fact none_is_zero(const Chosen& chosen) {
  return Fact{.assumptions = {{"no displacement is free", negation(free_somewhere(chosen.taken))}},
              .claim = equal(chosen.choice.displacement, word(0))};
}

// Whether every displacement that `one` has taken, `other` has, too.
Truth within(const Taken& one, const Taken& other) {
  std::vector<Truth> implied;
  for (std::size_t k = 0; k < one.size(); ++k) implied.push_back(implies(one[k], other[k]));
  return all_of(implied);
}

Fact other_claims_do_not_matter(const Chosen& before, const Chosen& after) {
  return Fact{.assumptions = {{"no claim was given up", within(before.taken, after.taken)},
                              {"the displacement that was chosen is still free",
                               negation(at(after.taken, before.choice.displacement))}},
              .claim = both(equal(before.choice.displacement, after.choice.displacement), after.choice.found)};
}

Fact more_claims_never_smaller(const Chosen& before, const Chosen& after) {
  return Fact{.assumptions = {{"no claim was given up", within(before.taken, after.taken)},
                              {"some displacement is free after it", after.choice.found}},
              .claim = negation(below(after.choice.displacement, before.choice.displacement))};
}

// An object beside those whose numbers are claimed.
kernel::Source<TermDomain> any_source() {
  return {.tag = any_word("tag"),
          .inode = any_word("inode"),
          .hash = any_word("hash"),
          .tag_owned = any_truth("tag_owned")};
}

// Any one of the claimed numbers stands for all of them, however many there are.
Statement number_is_nobody_elses() {
  const auto source = any_source();
  const Word claimed = any_word("claimed");
  const Chosen one = chosen(any_taken("taken"));
  std::vector<Truth> noticed;
  for (std::size_t k = 0; k < one.taken.size(); ++k)
    noticed.push_back(implies(equal(kernel::encode<TermDomain>(source, word(k)), claimed), one.taken[k]));
  const Word number = kernel::encode<TermDomain>(source, one.choice.displacement);
  return Statement{.assumptions = {{"a displacement whose number is claimed counts as taken", all_of(noticed)},
                                   {"one is free", one.choice.found}},
                   .claim = negation(equal(number, claimed)),
                   .picture = [one, number, claimed](const Assignment& values) {
                     return fmt::format("{}\nclaimed {:#x}, taken {:#x}", picture(values, one), values.value(claimed),
                                        values.value(number));
                   }};
}

Statement seven_others_leave_one() {
  const auto source = any_source();
  std::vector<Word> claimed;
  for (std::size_t i = 0; i + 1 < kernel::kDisplacements; ++i)
    claimed.push_back(any_word(fmt::format("claimed_{}", i)));
  const Chosen one = chosen(taken_by([&](std::size_t k) {
    Truth any = truth(false);
    for (const Word& other : claimed) any = either(any, equal(kernel::encode<TermDomain>(source, word(k)), other));
    return any;
  }));
  return Statement{.assumptions = {}, .claim = one.choice.found, .picture = [one](const Assignment& values) {
                     return picture(values, one);
                   }};
}

}  // namespace

std::vector<Obligation> displacement_obligations() {
  return {
      of_a_choice("found-where-free", "a displacement is found exactly when one is free", "ID-1", found_where_free),
      of_a_choice("chosen-is-free", "the chosen displacement is not taken", "ID-1", chosen_is_free),
      of_a_choice("chosen-is-one", "the chosen displacement is one of the eight, always", "ID-1", chosen_is_one),
      of_a_choice("chosen-is-smallest", "every smaller displacement than the chosen one is taken", "ID-5",
                  chosen_is_smallest),
      of_a_choice("none-is-zero", "where none is free the displacement is 0, and that it was not found is told", "ID-1",
                  none_is_zero),
      of_two_choices("further-claims", "claims of other displacements than the chosen one do not move an object",
                     "ID-3 ID-5", other_claims_do_not_matter),
      of_two_choices("more-claims", "more claims never lead to a smaller displacement", "ID-5",
                     more_claims_never_smaller),
      Obligation{.id = "displacement-nobody-elses",
                 .sentence = "an object that takes a free displacement has a number that no other object claims, "
                             "however many there are",
                 .cites = "ID-1",
                 .state = number_is_nobody_elses},
      Obligation{.id = "displacement-seven-others",
                 .sentence = "seven other numbers, whichever, leave a displacement free",
                 .cites = "ID-1",
                 .state = seven_others_leave_one},
  };
}

}  // namespace ovlspec::proofs
