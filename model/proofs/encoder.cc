// The identity number's encoding, for all inputs of 64 bits. The claims are written with the
// layout's bit positions as numbers of their own, so that a constant changed in the kernel is noticed here.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "impl/engine/identity_encoder.h"
#include "model/proofs/registry.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

namespace kernel = impl::identity;
using Source = kernel::Source<TermDomain>;

struct Numbered {  // an object's source, its displacement, and what the kernel makes of them
  Source source;
  Word displacement;
  Word number;
  Truth direct;
};

Numbered encoded(const Source& source, const Word& displacement) {
  return Numbered{.source = source,
                  .displacement = displacement,
                  .number = kernel::encode<TermDomain>(source, displacement),
                  .direct = kernel::is_direct<TermDomain>(source)};
}

Numbered any_object(const std::string& name) {
  return encoded(Source{.tag = any_word(name + "_tag"),
                        .inode = any_word(name + "_inode"),
                        .hash = any_word(name + "_hash"),
                        .tag_owned = any_truth(name + "_tag_owned")},
                 any_word(name + "_displacement"));
}

std::string picture(const Assignment& values, const Numbered& object) {
  return fmt::format("tag {:#x}{}, inode {:#x}, hash {:#x}, displacement {:#x}: {} number {:#x}",
                     values.value(object.source.tag), values.value(object.source.tag_owned) ? "" : " (another's)",
                     values.value(object.source.inode), values.value(object.source.hash),
                     values.value(object.displacement), values.value(object.direct) ? "direct" : "hashed",
                     values.value(object.number));
}

struct Fact {
  std::vector<Assumption> assumptions;
  Truth claim;
};

Obligation of_an_object(const std::string& id, std::string sentence, std::string cites, Fact (*fact)(const Numbered&)) {
  const auto state = [fact] {
    const Numbered object = any_object("object");
    Fact about = fact(object);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [object](const Assignment& values) { return picture(values, object); }};
  };
  return Obligation{.id = "encoder-" + id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

Obligation of_two_objects(const std::string& id, std::string sentence, std::string cites,
                          Fact (*fact)(const Numbered&, const Numbered&)) {
  const auto state = [fact] {
    const Numbered one = any_object("one"), other = any_object("other");
    Fact about = fact(one, other);
    return Statement{.assumptions = std::move(about.assumptions),
                     .claim = about.claim,
                     .picture = [one, other](const Assignment& values) {
                       return picture(values, one) + "\n" + picture(values, other);
                     }};
  };
  return Obligation{.id = "encoder-" + id, .sentence = std::move(sentence), .cites = std::move(cites), .state = state};
}

Truth differ(const Word& one, const Word& other) { return negation(equal(one, other)); }
Word low_three(const Word& displacement) { return bits(displacement, 2, 0); }

Fact bit_63_is_zero(const Numbered& object) {
  return Fact{.assumptions = {}, .claim = equal(bits(object.number, 63, 63), word(0))};
}

Fact zero_and_one_unused(const Numbered& object) {
  return Fact{.assumptions = {}, .claim = both(differ(object.number, word(0)), differ(object.number, word(1)))};
}

Fact bit_62_tells(const Numbered& object) {
  return Fact{.assumptions = {}, .claim = equal(object.direct, equal(bits(object.number, 62, 62), word(0)))};
}

Fact displacement_is_carried(const Numbered& object) {
  return Fact{.assumptions = {}, .claim = equal(bits(object.number, 61, 59), low_three(object.displacement))};
}

// For all inputs: a source is direct exactly when it fits, so that what does not fit is told.
Fact what_fits(const Numbered& object) {
  const Source& source = object.source;
  const Truth inode_fits = equal(bits(source.inode, 63, 37), word(0));
  const Truth tag_fits = both(equal(bits(source.tag, 63, 22), word(0)), differ(source.tag, word(0)));
  return Fact{.assumptions = {}, .claim = equal(object.direct, all_of({source.tag_owned, tag_fits, inode_fits}))};
}

Fact direct_is_decoded(const Numbered& object) {
  const auto parts = kernel::direct_parts<TermDomain>(object.number);
  return Fact{.assumptions = {{"the number is direct", object.direct}},
              .claim = all_of({equal(bits(object.number, 58, 37), object.source.tag),
                               equal(bits(object.number, 36, 0), object.source.inode),
                               equal(parts.tag, object.source.tag), equal(parts.inode, object.source.inode)})};
}

Fact hashed_is_decoded(const Numbered& object) {
  return Fact{.assumptions = {{"the number is hashed", negation(object.direct)}},
              .claim = equal(bits(object.number, 58, 0), bits(object.source.hash, 58, 0))};
}

std::vector<Obligation> layout() {
  return {
      of_an_object("bit-63-zero", "bit 63 of a number is zero", "ID-1", bit_63_is_zero),
      of_an_object("zero-and-one-unused", "0 and 1 are never issued: the FUSE root is node 1", "ID-1 ID-7",
                   zero_and_one_unused),
      of_an_object("bit-62-tells", "bit 62 tells a hashed number from a direct one", "ID-1", bit_62_tells),
      of_an_object("displacement-carried", "bits 61 to 59 are the displacement's low three bits", "ID-1",
                   displacement_is_carried),
      of_an_object("what-fits",
                   "for all inputs: a number is direct exactly when the tag is the file system's own, not 0 and of 22 "
                   "bits, and the inode number of 37; all else is told to be hashed",
                   "ID-1 LIMIT-1", what_fits),
      of_an_object("direct-decoded", "tag and inode are read back from a direct number", "ID-5 ID-7",
                   direct_is_decoded),
      of_an_object("hashed-decoded", "the hash's low 59 bits are read back from a hashed number", "ID-5 LIMIT-1",
                   hashed_is_decoded),
  };
}

Fact direct_is_injective(const Numbered& one, const Numbered& other) {
  return Fact{.assumptions = {{"the one number is direct", one.direct},
                              {"the numbers are equal", equal(one.number, other.number)}},
              .claim = all_of({other.direct, equal(one.source.tag, other.source.tag),
                               equal(one.source.inode, other.source.inode),
                               equal(low_three(one.displacement), low_three(other.displacement))})};
}

Fact direct_apart_from_hashed(const Numbered& one, const Numbered& other) {
  return Fact{
      .assumptions = {{"the one number is direct", one.direct}, {"the other is hashed", negation(other.direct)}},
      .claim = differ(one.number, other.number)};
}

Fact displacement_separates(const Numbered& one, const Numbered& other) {
  return Fact{.assumptions = {{"the displacements differ in their low three bits",
                               differ(low_three(one.displacement), low_three(other.displacement))}},
              .claim = differ(one.number, other.number)};
}

Fact hashed_equal_by_hash_alone(const Numbered& one, const Numbered& other) {
  const Truth same_input = both(equal(bits(one.source.hash, 58, 0), bits(other.source.hash, 58, 0)),
                                equal(low_three(one.displacement), low_three(other.displacement)));
  return Fact{.assumptions = {{"the one number is hashed", negation(one.direct)},
                              {"the other is hashed", negation(other.direct)}},
              .claim = equal(equal(one.number, other.number), same_input)};
}

Fact file_systems_apart(const Numbered& one, const Numbered& other) {
  return Fact{.assumptions = {{"the one number is direct", one.direct},
                              {"the file systems' tags differ", differ(one.source.tag, other.source.tag)}},
              .claim = differ(one.number, other.number)};
}

Fact inodes_apart(const Numbered& one, const Numbered& other) {
  return Fact{.assumptions = {{"the one number is direct", one.direct},
                              {"the inode numbers differ", differ(one.source.inode, other.source.inode)}},
              .claim = differ(one.number, other.number)};
}

// What identifies the object decides its number, and nothing else: no order, no other object, no hash.
Fact direct_depends_on_tag_and_inode(const Numbered& one, const Numbered& other) {
  return Fact{.assumptions = {{"the one number is direct", one.direct},
                              {"the other is direct", other.direct},
                              {"the tags are equal", equal(one.source.tag, other.source.tag)},
                              {"the inode numbers are equal", equal(one.source.inode, other.source.inode)},
                              {"the displacements are equal in their low three bits",
                               equal(low_three(one.displacement), low_three(other.displacement))}},
              .claim = equal(one.number, other.number)};
}

std::vector<Obligation> pairs() {
  return {
      of_two_objects("direct-injective",
                     "a direct number is shared by nothing with another tag, inode number or displacement", "ID-1 ID-7",
                     direct_is_injective),
      of_two_objects("direct-hashed-disjoint", "no direct number is a hashed one", "ID-1", direct_apart_from_hashed),
      of_two_objects("displacement-separates", "numbers of different displacement differ, whatever they are made from",
                     "ID-1", displacement_separates),
      of_two_objects("hashed-by-hash",
                     "hashed numbers are equal exactly when the hashes' 59 bits and the displacements are",
                     "ID-1 LIMIT-1", hashed_equal_by_hash_alone),
      of_two_objects("file-systems-apart", "a direct number is never that of an object of another file system",
                     "ID-1 ID-10", file_systems_apart),
      of_two_objects("inodes-apart", "a direct number is never that of another inode number", "ID-1", inodes_apart),
      of_two_objects("direct-by-source",
                     "a direct number is a function of tag, inode number and displacement alone: the same after a "
                     "remount, in any order of lookups, at any place in the stack",
                     "ID-5 ID-9 ID-10", direct_depends_on_tag_and_inode),
  };
}

}  // namespace

std::vector<Obligation> encoder_obligations() {
  std::vector<Obligation> all = layout();
  for (Obligation& obligation : pairs()) all.push_back(std::move(obligation));
  return all;
}

}  // namespace ovlspec::proofs
