// What the obligations on strategy `derived` speak of: any two objects among any number of others, with the records and
// claims on disk and what the mount has shown, as the engine's kernels see them. What holds of any two holds of all.
//
// The invariant of the strategy is the functions that return a Truth about objects and claims here. Each step is proved
// to keep it, and the guarantees follow.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "impl/engine/identity_encoder.h"
#include "impl/engine/identity_kernel.h"
#include "model/proofs/obligation.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {

using Source = impl::identity::Source<TermDomain>;
using NumberTaken = std::array<Truth, impl::identity::kDisplacements>;

struct Object {
  Source source;    // its backing inode: the upper one once it was copied up
  Word generation;  // of that inode
  Truth shown;      // this mount has shown its number
  Word number;      // which
  Truth recorded;   // it has a record that counts
  Word record;      // the number that the record holds
};
Object any_object(const std::string& name);

Truth is_direct(const Object& object);
Word number_at(const Object& object, std::size_t displacement);
Truth shows(const Object& object, const Word& number);
// Of different inodes, as far as direct numbers tell inodes apart.
Truth different_inodes(const Object& one, const Object& other);

// What third objects do, of which nothing is known but what an obligation assumes.
struct Others {
  NumberTaken show;   // one shows the object's number of this displacement
  Truth show_record;  // one shows the number of its record
  Word beyond_hash;   // of the number that is found free where all displacements are taken
};
Others any_others(const std::string& name);
Others no_others();  // none shows a number of the object's
Word beyond(const Others& others);

// The object as the engine shows it from now on.
Object looked_up(const Object& object, const Object& other, const WordSet& claims, const Others& others);
// Its new upper inode is any one; its record holds the number that it shows.
Object copied_up(const Object& object, const std::string& upper);
// A mount has shown nothing yet.
Object remounted(const Object& object);

// The invariant. Of two objects the numbers that they show, and that their records hold, differ.
Truth numbers_apart(const Object& one, const Object& other);
Truth records_apart(const Object& one, const Object& other);
// A record's number is claimed; an object without a record shows no claimed number; one with a record shows the
// record's; one without shows a number of its own inode's, or one from beyond the displacements.
Truth record_is_claimed(const Object& object, const WordSet& claims);
Truth shows_no_claim(const Object& object, const WordSet& claims);
Truth shows_its_record(const Object& object);
Truth shows_its_inode(const Object& object);

// The search beyond the displacements ends with a number that is free.
Assumption beyond_is_free(const Others& others, const Object& other, const WordSet& claims);
Assumption inodes_differ(const Object& one, const Object& other);

std::string picture(const Assignment& values, const std::string& name, const Object& object);

}  // namespace ovlspec::proofs
