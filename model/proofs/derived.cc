// Strategy `derived` within mounts and over them: lookup, eviction, rename, link, copy up, unlink, crash, unmount,
// mount.
//
// Each obligation is a short history of two objects. It starts from any state that keeps the invariant of
// derived_world.h, and ends with what the mount shows, or with a part of the invariant.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "model/proofs/derived_world.h"
#include "model/proofs/registry.h"

namespace ovlspec::proofs {
namespace {

struct Pair {  // before a history
  Object one;
  Object other;
  WordSet claims;
  Others others;
};

struct Fact {
  std::vector<Assumption> assumptions;
  Truth claim;
  std::vector<Object> seen;  // for the picture
};

Obligation of_a_pair(const std::string& id, std::string sentence, std::string cites, Fact (*fact)(const Pair&)) {
  const auto state = [fact] {
    const Pair pair{any_object("one"), any_object("other"), any_set("claims"), any_others("others")};
    const Fact about = fact(pair);
    return Statement{.assumptions = about.assumptions,
                     .claim = about.claim,
                     .picture = [pair, seen = about.seen](const Assignment& values) {
                       std::string text =
                           picture(values, "one", pair.one) + "\n" + picture(values, "other", pair.other);
                       for (const Object& object : seen) text += "\n" + picture(values, "then", object);
                       return text;
                     }};
  };
  return Obligation{.id = "derived-" + id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

Assumption apart(const Pair& pair) { return {"the two showed different numbers", numbers_apart(pair.one, pair.other)}; }
Assumption records_differ(const Pair& pair) {
  return {"their records hold different numbers", records_apart(pair.one, pair.other)};
}
Assumption claimed(const std::string& name, const Object& object, const Pair& pair) {
  return {"the record of the " + name + " is claimed", record_is_claimed(object, pair.claims)};
}
Assumption no_claim(const std::string& name, const Object& object, const Pair& pair) {
  return {"the " + name + " showed no claimed number, where it has no record", shows_no_claim(object, pair.claims)};
}
Assumption its_record(const std::string& name, const Object& object) {
  return {"the " + name + " showed its record's number", shows_its_record(object)};
}
Assumption its_inode(const std::string& name, const Object& object) {
  return {"the " + name + " showed a number of its inode", shows_its_inode(object)};
}
Assumption no_third_shows_the_record(const Others& others) {
  return {"no third object shows the record's number", negation(others.show_record)};
}

Fact where_numbers_come_from(const Pair& pair) {
  const Truth held = any_truth("record_held");
  const Word answer = impl::identity::number_from<TermDomain>(
      {.shown = pair.one.shown, .recorded = pair.one.recorded, .record_held = held});
  const auto from = [](impl::identity::NumberFrom where) { return word(static_cast<std::uint64_t>(where)); };
  const Word expected =
      choice(pair.one.shown, from(impl::identity::NumberFrom::kThisMount),
             choice(both(pair.one.recorded, negation(held)), from(impl::identity::NumberFrom::kRecord),
                    from(impl::identity::NumberFrom::kBacking)));
  return Fact{.assumptions = {}, .claim = equal(answer, expected), .seen = {}};
}

// The invariant after a lookup.

Fact lookup_keeps_apart(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  return Fact{.assumptions = {apart(pair), beyond_is_free(pair.others, pair.other, pair.claims)},
              .claim = numbers_apart(seen, pair.other),
              .seen = {seen}};
}

Fact lookup_shows_no_claim(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  return Fact{.assumptions = {no_claim("one", pair.one, pair), beyond_is_free(pair.others, pair.other, pair.claims)},
              .claim = shows_no_claim(seen, pair.claims),
              .seen = {seen}};
}

Fact lookup_shows_the_record(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  return Fact{.assumptions = {its_record("one", pair.one), its_record("other", pair.other), records_differ(pair),
                              claimed("one", pair.one, pair), no_claim("other", pair.other, pair),
                              no_third_shows_the_record(pair.others)},
              .claim = shows_its_record(seen),
              .seen = {seen}};
}

Fact lookup_shows_its_inode(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  return Fact{.assumptions = {its_inode("one", pair.one)}, .claim = shows_its_inode(seen), .seen = {seen}};
}

// Within a mount.

// Others may come, and records be made, before it is looked up again: rename and link leave the inode, and a node that
// was evicted leaves what the mount has shown.
Fact looked_up_again(const Pair& pair) {
  const Object first = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Object again = looked_up(first, any_object("newcomer"), any_set("later claims"), any_others("later"));
  return Fact{.assumptions = {}, .claim = equal(first.number, again.number), .seen = {first, again}};
}

Fact copied_up_and_looked_up(const Pair& pair) {
  const Object first = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Object copy = copied_up(first, "upper");
  const Object again = looked_up(copy, pair.other, pair.claims.with(copy.record), any_others("later"));
  return Fact{.assumptions = {}, .claim = equal(first.number, again.number), .seen = {first, again}};
}

// The invariant after a copy up. The copy's own record is shown and claimed by construction.

Fact copy_up_claims_nobodys(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Object copy = copied_up(seen, "upper");
  return Fact{.assumptions = {apart(pair), no_claim("other", pair.other, pair),
                              beyond_is_free(pair.others, pair.other, pair.claims)},
              .claim = shows_no_claim(pair.other, pair.claims.with(copy.record)),
              .seen = {copy}};
}

Fact copy_up_records_nobodys(const Pair& pair) {
  const Object seen = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Object copy = copied_up(seen, "upper");
  return Fact{.assumptions = {{"the one has no record", negation(pair.one.recorded)},
                              no_claim("one", pair.one, pair),
                              claimed("other", pair.other, pair),
                              beyond_is_free(pair.others, pair.other, pair.claims)},
              .claim = records_apart(copy, pair.other),
              .seen = {copy}};
}

// Over mounts.

Assumption others_show_claims_alone(const Object& one, const Others& others, const WordSet& claims) {
  std::vector<Truth> all;
  for (std::size_t k = 0; k < others.show.size(); ++k)
    all.push_back(implies(others.show[k], claims.contains(number_at(one, k))));
  return {"third objects show of the one's numbers those alone that are claimed", all_of(all)};
}

Assumption one_is_free(const Object& one, const WordSet& claims) {
  std::vector<Truth> free;
  for (std::size_t k = 0; k < impl::identity::kDisplacements; ++k)
    free.push_back(negation(claims.contains(number_at(one, k))));
  return {"one of its eight displacements is not claimed", any_of(free)};
}

// What lets a direct number depend on the claims alone: whatever another shows of them is claimed.
Fact shown_by_others_is_claimed(const Pair& pair) {
  const Word number = number_at(pair.one, 5);
  return Fact{.assumptions = {{"the one's numbers are direct", is_direct(pair.one)},
                              inodes_differ(pair.one, pair.other),
                              its_inode("other", pair.other),
                              its_record("other", pair.other),
                              claimed("other", pair.other, pair),
                              {"the other shows a number of the one's", shows(pair.other, number)}},
              .claim = pair.claims.contains(number),
              .seen = {}};
}

// In the second mount the other object is looked up first; in the first it may have been, or not.
Fact persistent(const Pair& pair) {
  const Object one = remounted(pair.one);
  const Object first = looked_up(one, pair.other, pair.claims, pair.others);
  const Others later = any_others("later");
  const Object other = looked_up(remounted(pair.other), remounted(first), pair.claims, any_others("other later"));
  const Object again = looked_up(remounted(first), other, pair.claims, later);
  return Fact{
      .assumptions = {{"the one's numbers are direct", is_direct(one)},
                      {"the one has no record", negation(one.recorded)},
                      inodes_differ(one, pair.other),
                      its_inode("other", pair.other),
                      its_record("other", pair.other),
                      claimed("other", pair.other, pair),
                      one_is_free(one, pair.claims),
                      others_show_claims_alone(one, pair.others, pair.claims),
                      {"so they do in the second mount", others_show_claims_alone(one, later, pair.claims).holds}},
      .claim = equal(first.number, again.number),
      .seen = {first, other, again}};
}

// An unmount, or a crash once the copy shows, and a mount in which the other object is looked up first.
Fact copied_up_persists(const Pair& pair) {
  const Object first = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Object copy = copied_up(first, "upper");
  const WordSet claims = pair.claims.with(copy.record);
  const Others third = any_others("third");
  const Object other = looked_up(remounted(pair.other), remounted(copy), claims, third);
  const Others later = any_others("later");
  const Object again = looked_up(remounted(copy), other, claims, later);
  return Fact{.assumptions = {{"the one had no record", negation(pair.one.recorded)},
                              no_claim("one", pair.one, pair),
                              claimed("other", pair.other, pair),
                              beyond_is_free(pair.others, pair.other, pair.claims),
                              {"what is found later beyond the displacements is free",
                               negation(claims.contains(beyond(third)))},
                              no_third_shows_the_record(later)},
              .claim = equal(first.number, again.number),
              .seen = {first, copy, other, again}};
}

// The claim was logged, the copy never showed; the next mount takes the claim back.
Fact crash_before_the_copy_shows(const Pair& pair) {
  const Object one = remounted(pair.one);
  const Object first = looked_up(one, pair.other, pair.claims, pair.others);
  const WordSet claims = pair.claims.with(first.number).without(first.number);
  const Object again = looked_up(one, remounted(pair.other), claims, no_others());
  return Fact{.assumptions = {{"the one's numbers are direct", is_direct(one)},
                              {"the one has no record", negation(one.recorded)},
                              inodes_differ(one, pair.other),
                              its_inode("other", pair.other),
                              its_record("other", pair.other),
                              claimed("other", pair.other, pair),
                              one_is_free(one, pair.claims),
                              others_show_claims_alone(one, pair.others, pair.claims)},
              .claim = equal(first.number, again.number),
              .seen = {first, again}};
}

// Its number may be given again, but then with another generation: a handle never opens another object.
Fact handle_of_the_dead(const Pair& pair) {
  const Object dead = looked_up(pair.one, pair.other, pair.claims, pair.others);
  const Others later = any_others("later");
  const Object born = looked_up(remounted(pair.other), remounted(pair.one), pair.claims, later);
  const Truth same_inode = negation(different_inodes(dead, born));
  const Truth is_hashed = equal(bits(dead.number, 62, 62), word(1));
  return Fact{.assumptions = {{"the dead one showed no hashed number, but its record's",
                               either(negation(is_hashed), pair.one.recorded)},
                              its_inode("dead one", dead),
                              its_record("dead one", dead),
                              claimed("dead one", dead, pair),
                              {"the new one has no record", negation(pair.other.recorded)},
                              {"what is found later beyond the displacements is free",
                               negation(pair.claims.contains(beyond(later)))},
                              {"a file system gives a freed inode another generation",
                               implies(same_inode, negation(equal(dead.generation, born.generation)))}},
              .claim = negation(both(equal(dead.number, born.number), equal(dead.generation, born.generation))),
              .seen = {dead, born}};
}

}  // namespace

std::vector<Obligation> derived_obligations() {
  return {
      of_a_pair(
          "number-from",
          "a number is what this mount showed before, else the record's that no other object shows, else its inode's",
          "ID-3 ID-6", where_numbers_come_from),
      of_a_pair("lookup-apart", "a lookup shows a number that no other object shows", "ID-1", lookup_keeps_apart),
      of_a_pair("lookup-no-claim", "a lookup shows an object without a record no number that a record holds",
                "ID-1 ID-6", lookup_shows_no_claim),
      of_a_pair("lookup-record", "a lookup shows an object with a record the record's number", "ID-6",
                lookup_shows_the_record),
      of_a_pair("lookup-inode",
                "a lookup shows an object without a record a number of its own inode's, or a hashed one", "ID-5",
                lookup_shows_its_inode),
      of_a_pair(
          "looked-up-again",
          "an object shows one number in a mount, after eviction, rename and link, whatever is looked up or copied "
          "up meanwhile",
          "ID-3", looked_up_again),
      of_a_pair("copied-up", "a copied-up object shows the number that it showed before", "ID-3 ID-6",
                copied_up_and_looked_up),
      of_a_pair("copy-up-claims", "a copy up claims no number that another object shows", "ID-1",
                copy_up_claims_nobodys),
      of_a_pair("copy-up-records", "a copy up records no number that another record holds", "ID-1 ID-6",
                copy_up_records_nobodys),
      of_a_pair("shown-is-claimed", "what other objects show of an inode's direct numbers is claimed", "ID-5",
                shown_by_others_is_claimed),
      of_a_pair("persistent",
                "an object with direct numbers shows the same one after a remount, in any order of lookups", "ID-5",
                persistent),
      of_a_pair("copied-up-persists",
                "a copied-up object shows the same number after an unmount or a crash, in any order of lookups",
                "ID-5 ID-6", copied_up_persists),
      of_a_pair("crash-before-copy", "an object whose copy up was cut off by a crash shows the same number after it",
                "ID-5", crash_before_the_copy_shows),
      of_a_pair("dead-handle", "no object born later has both the number and the generation of one that is gone",
                "ID-7", handle_of_the_dead),
  };
}

}  // namespace ovlspec::proofs
