// The decisions of strategy `derived`: which records count, who keeps the records of a copied upper layer, and where an
// object's number comes from. Proved for any number of objects in model/proofs/derived.cc; see value_domain.h for D.
#pragma once

#include <cstdint>

namespace ovlspec::impl::identity {

// An inode as records and seals name it.
template <typename D>
struct InodeName {
  typename D::Word inode;
  typename D::Word generation;  // as OverlayEngine::generation_of
};

// Whether what was written for one inode lies on it, and is no copy.
template <typename D>
typename D::Bool lies_on(const InodeName<D>& written, const InodeName<D>& found) {
  return D::both(D::equal(written.inode, found.inode), D::equal(written.generation, found.generation));
}

template <typename D>
struct RecordFacts {
  typename D::Bool whole;          // length, version and checksum are right
  typename D::Bool in_place;       // it lies on the inode that it was written for
  typename D::Bool layer_counts;   // its layer is the upper, or has a seal that lies where it was written
  typename D::Bool claimed_above;  // a record of a layer above holds its number
};

// Whether the object is the one that the record tells of.
template <typename D>
typename D::Bool counts(const RecordFacts<D>& record) {
  return D::both(D::both(record.whole, record.in_place), D::both(record.layer_counts, D::negate(record.claimed_above)));
}

template <typename D>
struct AdoptionFacts {
  typename D::Bool in_place;      // the record lies on the inode that it was written for
  typename D::Bool layer_copied;  // the upper layer was copied as a whole
  typename D::Bool number_held;   // an inode that came before keeps the number: those in place come first
};

// Whether the inode keeps its record where an upper layer is looked through.
template <typename D>
typename D::Bool keeps(const AdoptionFacts<D>& facts) {
  return D::both(D::either(facts.in_place, facts.layer_copied), D::negate(facts.number_held));
}

enum class NumberFrom : std::uint64_t {
  kThisMount,  // what it showed before
  kRecord,
  kBacking,  // its inode, at the first displacement that is free
};

template <typename D>
struct NumberFacts {
  typename D::Bool shown;        // the mount showed the object's number before
  typename D::Bool recorded;     // a record counts
  typename D::Bool record_held;  // another object shows the record's number
};

// Where the object's number comes from: a NumberFrom.
template <typename D>
typename D::Word number_from(const NumberFacts<D>& facts) {
  const auto constant = [](NumberFrom from) { return static_cast<std::uint64_t>(from); };
  const auto by_record = D::both(facts.recorded, D::negate(facts.record_held));
  return D::select(
      facts.shown, D::constant(constant(NumberFrom::kThisMount)),
      D::select(by_record, D::constant(constant(NumberFrom::kRecord)), D::constant(constant(NumberFrom::kBacking))));
}

}  // namespace ovlspec::impl::identity
