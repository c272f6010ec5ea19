// Strategy `derived` over changes made to the layers while nothing is mounted. What each kind of change does to
// records, claims and inodes:
//
//   put, replace, copy without attributes    a new object without a record: derived-lookup-no-claim,
//   derived-dead-handle remove; wipe of the work directory       records or claims go: offline-claims-lost,
//   offline-record-alone move, link, mode, content, whiteouts     inodes and records stay: derived-persistent,
//   offline-origin-shows-again copy of a file with its attributes       a record on another inode: offline-file-copied
//   copy of a whole upper layer              the same on all; adopted: adoption-*, offline-layer-copied
//   a lower comes, goes, changes its place   claims come or go: offline-claims-come, offline-claims-lost
//   an upper becomes a lower                 its records count by its seal: offline-upper-becomes-lower
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "model/proofs/derived_world.h"
#include "model/proofs/registry.h"

namespace ovlspec::proofs {
namespace {

namespace kernel = impl::identity;
using InodeName = kernel::InodeName<TermDomain>;

struct Fact {
  std::vector<Assumption> assumptions;
  Truth claim;
  std::function<std::string(const Assignment&)> picture;
};

Obligation obligation(const std::string& id, std::string sentence, std::string cites, Fact (*fact)()) {
  const auto state = [fact] {
    Fact about = fact();
    return Statement{
        .assumptions = std::move(about.assumptions), .claim = about.claim, .picture = std::move(about.picture)};
  };
  return Obligation{.id = id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

std::function<std::string(const Assignment&)> objects(std::vector<std::pair<std::string, Object>> all) {
  return [all = std::move(all)](const Assignment& values) {
    std::string text;
    for (const auto& [name, object] : all) text += (text.empty() ? "" : "\n") + picture(values, name, object);
    return text;
  };
}

InodeName name_of(const Object& object) { return {.inode = object.source.inode, .generation = object.generation}; }
InodeName any_inode(const std::string& name) {
  return {.inode = any_word(name + "_inode"), .generation = any_word(name + "_generation")};
}
Truth same(const InodeName& one, const InodeName& other) {
  return both(equal(one.inode, other.inode), equal(one.generation, other.generation));
}

// As a record found on `object` that was written for `written`, in a layer that counts.
Truth counts_on(const Object& object, const InodeName& written, const Truth& layer_counts, const Truth& claimed_above) {
  return kernel::counts<TermDomain>({.whole = truth(true),
                                     .in_place = kernel::lies_on<TermDomain>(written, name_of(object)),
                                     .layer_counts = layer_counts,
                                     .claimed_above = claimed_above});
}

Object without_record(Object object) {
  object.recorded = truth(false);
  return remounted(object);
}

Object with_record(Object object, const Truth& counts, const Word& number) {
  object.recorded = counts;
  object.record = number;
  return remounted(object);
}

Assumption not_claimed_beyond(const Others& others, const WordSet& claims) {
  return {"what is found beyond the displacements is not claimed", negation(claims.contains(beyond(others)))};
}

// Which records count.

Fact record_counts() {
  const InodeName written = any_inode("written"), found = any_inode("found");
  const Truth whole = any_truth("whole"), layer = any_truth("layer_counts"), above = any_truth("claimed_above");
  const Truth in_place = kernel::lies_on<TermDomain>(written, found);
  const Truth counts =
      kernel::counts<TermDomain>({.whole = whole, .in_place = in_place, .layer_counts = layer, .claimed_above = above});
  return Fact{.assumptions = {},
              .claim = equal(counts, all_of({whole, same(written, found), layer, negation(above)})),
              .picture = [=](const Assignment& values) {
                return fmt::format("whole {}, in place {}, its layer counts {}, claimed above {}: counts {}",
                                   values.value(whole), values.value(same(written, found)), values.value(layer),
                                   values.value(above), values.value(counts));
              }};
}

// Of two layers with records of one number.
Fact one_layers_record_counts() {
  const Object upper = any_object("upper"), lower = any_object("lower");
  const InodeName upper_written = any_inode("upper_written"), lower_written = any_inode("lower_written");
  const Truth upper_counts = counts_on(upper, upper_written, truth(true), truth(false));
  const Truth claimed = any_truth("claimed_above_lower");
  const Truth lower_counts = counts_on(lower, lower_written, truth(true), claimed);
  return Fact{.assumptions = {{"a record that counts is claimed by its layer", implies(upper_counts, claimed)}},
              .claim = negation(both(upper_counts, lower_counts)),
              .picture = objects({{"upper", upper}, {"lower", lower}})};
}

// Files.

// The copy is looked up first.
Fact file_copied() {
  const WordSet claims = any_set("claims");
  const Object at = any_object("one"), copied = any_object("copy");
  const Word number = any_word("record");
  const Object one = with_record(at, counts_on(at, name_of(at), truth(true), truth(false)), number);
  const Object copy = with_record(copied, counts_on(copied, name_of(at), truth(true), truth(false)), number);
  const Others others = any_others("others"), later = any_others("later");
  const Object seen_copy = looked_up(copy, one, claims, others);
  const Object seen = looked_up(one, seen_copy, claims, later);
  return Fact{
      .assumptions = {{"the copy has another inode number or generation", negation(same(name_of(at), name_of(copied)))},
                      {"the record is claimed", claims.contains(number)},
                      not_claimed_beyond(others, claims),
                      {"no third object shows the record's number", negation(later.show_record)}},
      .claim = both(equal(seen.number, number), negation(equal(seen_copy.number, number))),
      .picture = objects({{"one", seen}, {"copy", seen_copy}})};
}

// It was moved, linked, or a whiteout over it removed; it is looked up before the object that was copied up from it.
Fact origin_shows_again() {
  const WordSet claims = any_set("claims");
  const Object origin = without_record(any_object("origin"));
  const Object at = any_object("one");
  const Object one = with_record(at, counts_on(at, name_of(at), truth(true), truth(false)), number_at(origin, 0));
  const Others others = any_others("others"), later = any_others("later");
  const Object seen_origin = looked_up(origin, one, claims, others);
  const Object seen = looked_up(one, seen_origin, claims, later);
  return Fact{.assumptions = {{"the record is claimed", claims.contains(number_at(origin, 0))},
                              not_claimed_beyond(others, claims),
                              {"no third object shows the record's number", negation(later.show_record)}},
              .claim = both(equal(seen.number, one.record), negation(equal(seen_origin.number, one.record))),
              .picture = objects({{"one", seen}, {"origin", seen_origin}})};
}

// Claims.

// A lower with a seal came, or others were copied up.
Fact claims_come() {
  const WordSet before = any_set("claims"), more = any_set("more claims");
  const Object object = without_record(any_object("object"));
  const Object nobody = without_record(any_object("nobody"));
  const Object first = looked_up(object, nobody, before, no_others());
  const Object again = looked_up(object, nobody, before.united_with(more), no_others());
  return Fact{.assumptions = {{"its number is not among the new claims", negation(more.contains(first.number))}},
              .claim = equal(first.number, again.number),
              .picture = objects({{"before", first}, {"after", again}})};
}

// A lower with a seal went, or the work directory with more claims than the seal holds.
Fact claims_lost() {
  const WordSet before = any_set("claims"), kept = any_set("kept claims");
  const WordSet after([=](const Word& word) { return both(before.contains(word), kept.contains(word)); });
  const Object object = without_record(any_object("object"));
  const Object nobody = without_record(any_object("nobody"));
  const Object first = looked_up(object, nobody, before, no_others());
  const Object again = looked_up(object, nobody, after, no_others());
  return Fact{.assumptions = {{"no record claimed its first number", negation(before.contains(number_at(object, 0)))}},
              .claim = equal(first.number, again.number),
              .picture = objects({{"before", first}, {"after", again}})};
}

Fact record_alone() {
  const WordSet claims = any_set("claims");
  const Object at = any_object("one"), other = any_object("other");
  const Word number = any_word("record");
  const Object one = with_record(at, counts_on(at, name_of(at), truth(true), truth(false)), number);
  const Others others = any_others("others");
  const Object seen = looked_up(one, other, claims, others);
  return Fact{.assumptions = {{"the other does not show the record's number", negation(shows(other, number))},
                              {"nor does a third object", negation(others.show_record)}},
              .claim = equal(seen.number, number),
              .picture = objects({{"one", seen}, {"other", other}})};
}

// Layers.

Fact upper_becomes_lower() {
  const Object at = any_object("one");
  const InodeName sealed = any_inode("sealed_root"), root = any_inode("root"), written = any_inode("written");
  const Truth claimed_above = any_truth("claimed_above");
  const Truth layer_counts = kernel::lies_on<TermDomain>(sealed, root);
  const Word number = any_word("record");
  const Object one = with_record(at, counts_on(at, written, layer_counts, claimed_above), number);
  const Object seen = looked_up(one, without_record(any_object("nobody")), any_set("claims"), no_others());
  return Fact{.assumptions = {{"the seal lies on the root that it was written for", same(sealed, root)},
                              {"the record lies on the inode that it was written for", same(written, name_of(at))},
                              {"no layer above claims the number", negation(claimed_above)}},
              .claim = equal(seen.number, number),
              .picture = objects({{"one", seen}})};
}

// A copy of an upper layer that lies among the lowers beside its original.
Fact layer_copied() {
  const WordSet claims = any_set("claims");
  const Object at = any_object("copy");
  const InodeName sealed = any_inode("sealed_root"), root = any_inode("root");
  const Truth layer_counts = kernel::lies_on<TermDomain>(sealed, root);
  const Word number = any_word("record");
  const Object copy = with_record(at, counts_on(at, any_inode("written"), layer_counts, truth(false)), number);
  const Others others = any_others("others");
  const Object seen = looked_up(copy, any_object("other"), claims, others);
  return Fact{.assumptions = {{"the copy's root has another inode number or generation", negation(same(sealed, root))},
                              {"the copied seal claims the number", claims.contains(number)},
                              not_claimed_beyond(others, claims)},
              .claim = negation(equal(seen.number, number)),
              .picture = objects({{"copy", seen}})};
}

// Adoption: an upper layer is looked through whose records may not all be in place.

struct Kept {
  Truth in_place;
  Truth number_held;
  Truth keeps;
};
Kept kept(const std::string& name, const Truth& layer_copied, const Truth& number_held) {
  const Truth in_place = any_truth(name + "_in_place");
  return {in_place, number_held,
          kernel::keeps<TermDomain>({.in_place = in_place, .layer_copied = layer_copied, .number_held = number_held})};
}
std::function<std::string(const Assignment&)> picture_of(const Truth& layer_copied, const Kept& one) {
  return [=](const Assignment& values) {
    return fmt::format("layer copied {}, in place {}, number held {}: keeps {}", values.value(layer_copied),
                       values.value(one.in_place), values.value(one.number_held), values.value(one.keeps));
  };
}

Fact adoption_one_keeper() {
  const Truth copied = any_truth("layer_copied");
  const Kept first = kept("first", copied, any_truth("first_held"));
  const Truth held = any_truth("second_held");
  const Kept second = kept("second", copied, held);
  return Fact{.assumptions = {{"they hold one number: what the first keeps is held", implies(first.keeps, held)}},
              .claim = negation(both(first.keeps, second.keeps)),
              .picture = picture_of(copied, second)};
}

Fact adoption_of_a_copy() {
  const Truth copied = any_truth("layer_copied");
  const Kept one = kept("one", copied, any_truth("held"));
  return Fact{.assumptions = {{"the layer was copied as a whole", copied},
                              {"no inode that came before keeps the number", negation(one.number_held)}},
              .claim = one.keeps,
              .picture = picture_of(copied, one)};
}

Fact adoption_of_no_copy() {
  const Truth copied = any_truth("layer_copied");
  const Kept one = kept("one", copied, any_truth("held"));
  return Fact{.assumptions = {{"the layer was not copied", negation(copied)}, {"it keeps its record", one.keeps}},
              .claim = one.in_place,
              .picture = picture_of(copied, one)};
}

Fact adoption_in_place() {
  const Truth copied = any_truth("layer_copied");
  const Kept one = kept("one", copied, any_truth("held"));
  return Fact{.assumptions = {{"the record is in place", one.in_place},
                              {"no inode that came before keeps the number", negation(one.number_held)}},
              .claim = one.keeps,
              .picture = picture_of(copied, one)};
}

}  // namespace

std::vector<Obligation> derived_change_obligations() {
  return {
      obligation(
          "record-counts",
          "a record counts exactly when it is whole, lies on the inode that it was written for, in a layer whose "
          "records count, and no layer above claims its number",
          "ID-6", record_counts),
      obligation("record-one-layer", "of two layers with records of one number the topmost counts alone",
                 "ID-1 LIMIT-2", one_layers_record_counts),
      obligation(
          "offline-file-copied",
          "a file that was copied with its record has another number, and the original keeps its own, in any order",
          "ID-1 ID-6", file_copied),
      obligation("offline-origin-shows-again",
                 "an origin that shows again has another number, and what was copied up from it keeps its own",
                 "ID-1 ID-6", origin_shows_again),
      obligation("offline-claims-come", "claims of other numbers, that come with layers or copies, renumber nothing",
                 "ID-5 ID-10", claims_come),
      obligation("offline-claims-lost", "what was not displaced keeps its number where claims are lost", "ID-6 LIMIT-2",
                 claims_lost),
      obligation("offline-record-alone", "a record keeps its number whatever became of the claims", "ID-6",
                 record_alone),
      obligation("offline-upper-becomes-lower", "an upper layer that becomes a lower keeps the numbers of its records",
                 "ID-6 ID-10", upper_becomes_lower),
      obligation("offline-layer-copied", "a copy of an upper layer among the lowers shows no number of the original's",
                 "ID-1 ID-6", layer_copied),
      obligation("adoption-one-keeper", "of two inodes whose records hold one number one keeps it at most", "ID-1",
                 adoption_one_keeper),
      obligation("adoption-copied", "in an upper layer that was copied the first inode with a number keeps it", "ID-6",
                 adoption_of_a_copy),
      obligation("adoption-not-copied", "in one that was not, a copied file does not keep a record", "ID-6",
                 adoption_of_no_copy),
      obligation("adoption-in-place", "a record in place is kept, in a copied layer too", "ID-6", adoption_in_place),
  };
}

}  // namespace ovlspec::proofs
