#include "model/proofs/derived_world.h"

#include <fmt/format.h>

#include <vector>

namespace ovlspec::proofs {
namespace {

namespace kernel = impl::identity;
static_assert(kernel::kDisplacements == 8);

template <typename Make>
NumberTaken each_displacement(Make make) {
  return NumberTaken{make(0), make(1), make(2), make(3), make(4), make(5), make(6), make(7)};
}

// The engine's free_number: the first displacement that is free, else a hashed number of another seed.
Word free_number(const Object& object, const Object& other, const WordSet& claims, const Others& others) {
  const auto choice = kernel::choose<TermDomain>(each_displacement([&](std::size_t k) {
    const Word number = number_at(object, k);
    return any_of({claims.contains(number), shows(other, number), others.show[k]});
  }));
  return proofs::choice(choice.found, kernel::encode<TermDomain>(object.source, choice.displacement), beyond(others));
}

Truth from(const Word& answer, kernel::NumberFrom where) {
  return equal(answer, word(static_cast<std::uint64_t>(where)));
}

}  // namespace

Object any_object(const std::string& name) {
  return Object{.source = Source{.tag = any_word(name + "_tag"),
                                 .inode = any_word(name + "_inode"),
                                 .hash = any_word(name + "_hash"),
                                 .tag_owned = any_truth(name + "_tag_owned")},
                .generation = any_word(name + "_generation"),
                .shown = any_truth(name + "_shown"),
                .number = any_word(name + "_number"),
                .recorded = any_truth(name + "_recorded"),
                .record = any_word(name + "_record")};
}

Truth is_direct(const Object& object) { return kernel::is_direct<TermDomain>(object.source); }

Word number_at(const Object& object, std::size_t displacement) {
  return kernel::encode<TermDomain>(object.source, word(displacement));
}

Truth shows(const Object& object, const Word& number) { return both(object.shown, equal(object.number, number)); }

Truth different_inodes(const Object& one, const Object& other) {
  return negation(both(equal(one.source.tag, other.source.tag), equal(one.source.inode, other.source.inode)));
}

Others any_others(const std::string& name) {
  return Others{.show = each_displacement([&](std::size_t k) { return any_truth(fmt::format("{}_show_{}", name, k)); }),
                .show_record = any_truth(name + "_show_record"),
                .beyond_hash = any_word(name + "_beyond")};
}

Others no_others() {
  return Others{.show = each_displacement([](std::size_t) { return truth(false); }),
                .show_record = truth(false),
                .beyond_hash = any_word("beyond")};
}

Word beyond(const Others& others) {
  return kernel::encode<TermDomain>(
      Source{.tag = word(0), .inode = word(0), .hash = others.beyond_hash, .tag_owned = truth(false)}, word(0));
}

Object looked_up(const Object& object, const Object& other, const WordSet& claims, const Others& others) {
  const Word answer =
      kernel::number_from<TermDomain>({.shown = object.shown,
                                       .recorded = object.recorded,
                                       .record_held = either(shows(other, object.record), others.show_record)});
  Object seen = object;
  seen.shown = truth(true);
  seen.number = choice(
      from(answer, kernel::NumberFrom::kThisMount), object.number,
      choice(from(answer, kernel::NumberFrom::kRecord), object.record, free_number(object, other, claims, others)));
  return seen;
}

Object copied_up(const Object& object, const std::string& upper) {
  Object copy = any_object(upper);
  copy.shown = object.shown;
  copy.number = object.number;
  copy.recorded = truth(true);
  copy.record = object.number;
  return copy;
}

Object remounted(const Object& object) {
  Object again = object;
  again.shown = truth(false);
  return again;
}

Truth numbers_apart(const Object& one, const Object& other) {
  return implies(both(one.shown, other.shown), negation(equal(one.number, other.number)));
}

Truth records_apart(const Object& one, const Object& other) {
  return implies(both(one.recorded, other.recorded), negation(equal(one.record, other.record)));
}

Truth record_is_claimed(const Object& object, const WordSet& claims) {
  return implies(object.recorded, claims.contains(object.record));
}

Truth shows_no_claim(const Object& object, const WordSet& claims) {
  return implies(both(object.shown, negation(object.recorded)), negation(claims.contains(object.number)));
}

Truth shows_its_record(const Object& object) {
  return implies(both(object.shown, object.recorded), equal(object.number, object.record));
}

Truth shows_its_inode(const Object& object) {
  std::vector<Truth> of_its_inode{equal(bits(object.number, 62, 62), word(1))};
  for (std::size_t k = 0; k < kernel::kDisplacements; ++k)
    of_its_inode.push_back(equal(object.number, number_at(object, k)));
  return implies(both(object.shown, negation(object.recorded)), any_of(of_its_inode));
}

Assumption beyond_is_free(const Others& others, const Object& other, const WordSet& claims) {
  const Word number = beyond(others);
  return {"what is found beyond the displacements is free",
          negation(either(claims.contains(number), shows(other, number)))};
}

Assumption inodes_differ(const Object& one, const Object& other) {
  return {"the two have different inodes", different_inodes(one, other)};
}

std::string picture(const Assignment& values, const std::string& name, const Object& object) {
  std::string text =
      fmt::format("{}: tag {:#x}{}, inode {:#x}", name, values.value(object.source.tag),
                  values.value(object.source.tag_owned) ? "" : " (another's)", values.value(object.source.inode));
  if (values.value(object.shown)) text += fmt::format(", shows {:#x}", values.value(object.number));
  if (values.value(object.recorded)) text += fmt::format(", a record holds {:#x}", values.value(object.record));
  return text;
}

}  // namespace ovlspec::proofs
