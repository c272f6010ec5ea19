// The domain in which the kernels of impl/engine are proved: the operations of impl/engine/value_domain.h on terms.
// Each is a site that a mutant can change (mutation.h).
#pragma once

#include <cstdint>

#include "model/proofs/mutation.h"
#include "model/proofs/place.h"
#include "model/proofs/term.h"

namespace ovlspec::proofs {

struct TermDomain {
  using Word = proofs::Word;
  using Bool = proofs::Truth;
  static Word constant(std::uint64_t value, Place place = Place::current());
  static Bool truth(bool value, Place place = Place::current());
  static Word bit_and(const Word& a, const Word& b, Place place = Place::current());
  static Word bit_or(const Word& a, const Word& b, Place place = Place::current());
  // REQUIRES: count < kWordBits, where C++ and the solver agree.
  static Word shift_left(const Word& word, unsigned count, Place place = Place::current());
  static Word shift_right(const Word& word, unsigned count, Place place = Place::current());
  static Bool equal(const Word& a, const Word& b, Place place = Place::current());
  static Bool less_unsigned(const Word& a, const Word& b, Place place = Place::current());
  static Bool both(const Bool& a, const Bool& b, Place place = Place::current());
  static Bool either(const Bool& a, const Bool& b, Place place = Place::current());
  static Bool negate(const Bool& a, Place place = Place::current());
  static Word select(const Bool& condition, const Word& then, const Word& otherwise, Place place = Place::current());
};

}  // namespace ovlspec::proofs
