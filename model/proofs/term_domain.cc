#include "model/proofs/term_domain.h"

#include <cassert>
#include <optional>
#include <vector>

namespace ovlspec::proofs {
namespace {

// What can be changed in an operation of each shape.
const std::vector<Change> kOfConstant = {Change::kOneMore, Change::kOneLess};
const std::vector<Change> kOfTruth = {Change::kNegated};
const std::vector<Change> kOfComparison = {Change::kNegated, Change::kOther};
const std::vector<Change> kOfPair = {Change::kFirstOperand, Change::kSecondOperand, Change::kOther};
const std::vector<Change> kOfChoice = {Change::kFirstOperand, Change::kSecondOperand};

// The answer of an operation on two operands of which one alone may be the answer.
template <typename Value>
Value answer(std::optional<Change> change, const Value& first, const Value& second, const Value& written,
             const Value& other) {
  if (change == Change::kFirstOperand) return first;
  if (change == Change::kSecondOperand) return second;
  return change == Change::kOther ? other : written;
}

std::uint64_t changed(std::optional<Change> change, std::uint64_t value) {
  if (change == Change::kOneMore) return value + 1;
  if (change == Change::kOneLess) return value - 1;
  return value;
}

Truth changed(std::optional<Change> change, const Truth& value) {
  return change == Change::kNegated ? negation(value) : value;
}

Word and_of(const Word& a, const Word& b) { return Word(a.expression() & b.expression()); }
Word or_of(const Word& a, const Word& b) { return Word(a.expression() | b.expression()); }

}  // namespace

Word TermDomain::constant(std::uint64_t value, Place place) {
  return word(changed(MutationScope::change_at(place, "constant", kOfConstant), value));
}

Truth TermDomain::truth(bool value, Place place) {
  return changed(MutationScope::change_at(place, "truth", kOfTruth), proofs::truth(value));
}

Word TermDomain::bit_and(const Word& a, const Word& b, Place place) {
  return answer(MutationScope::change_at(place, "bit_and", kOfPair), a, b, and_of(a, b), or_of(a, b));
}

Word TermDomain::bit_or(const Word& a, const Word& b, Place place) {
  return answer(MutationScope::change_at(place, "bit_or", kOfPair), a, b, or_of(a, b), and_of(a, b));
}

Word TermDomain::shift_left(const Word& word, unsigned count, Place place) {
  assert(count > 0 && count < kWordBits - 1);  // a mutant's count must be in range, too
  const std::uint64_t shift = changed(MutationScope::change_at(place, "shift_left", kOfConstant), count);
  return Word(z3::shl(word.expression(), proofs::word(shift).expression()));
}

Word TermDomain::shift_right(const Word& word, unsigned count, Place place) {
  assert(count > 0 && count < kWordBits - 1);
  const std::uint64_t shift = changed(MutationScope::change_at(place, "shift_right", kOfConstant), count);
  return Word(z3::lshr(word.expression(), proofs::word(shift).expression()));
}

Truth TermDomain::equal(const Word& a, const Word& b, Place place) {
  return changed(MutationScope::change_at(place, "equal", kOfTruth), proofs::equal(a, b));
}

Truth TermDomain::less_unsigned(const Word& a, const Word& b, Place place) {
  const std::optional<Change> change = MutationScope::change_at(place, "less_unsigned", kOfComparison);
  return change == Change::kOther ? negation(below(b, a)) : changed(change, below(a, b));
}

Truth TermDomain::both(const Truth& a, const Truth& b, Place place) {
  return answer(MutationScope::change_at(place, "both", kOfPair), a, b, proofs::both(a, b), proofs::either(a, b));
}

Truth TermDomain::either(const Truth& a, const Truth& b, Place place) {
  return answer(MutationScope::change_at(place, "either", kOfPair), a, b, proofs::either(a, b), proofs::both(a, b));
}

Truth TermDomain::negate(const Truth& a, Place place) {
  return changed(MutationScope::change_at(place, "negate", kOfTruth), negation(a));
}

Word TermDomain::select(const Truth& condition, const Word& then, const Word& otherwise, Place place) {
  const Word written(z3::ite(condition.expression(), then.expression(), otherwise.expression()));
  return answer(MutationScope::change_at(place, "select", kOfChoice), then, otherwise, written, written);
}

}  // namespace ovlspec::proofs
