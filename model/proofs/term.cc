#include "model/proofs/term.h"

#include <cassert>
#include <utility>

namespace ovlspec::proofs {
namespace {

thread_local z3::context* current_context = nullptr;

}  // namespace

Session::Session() {
  assert(current_context == nullptr);
  current_context = &context_;
}

Session::~Session() { current_context = nullptr; }

z3::context& Session::context() {
  assert(current_context != nullptr);
  return *current_context;
}

Truth::Truth(z3::expr expression) : expression_(std::move(expression)) { assert(expression_.is_bool()); }

Word::Word(z3::expr expression) : expression_(std::move(expression)) {
  assert(expression_.is_bv() && expression_.get_sort().bv_size() == kWordBits);
}

Word any_word(const std::string& name) { return Word(Session::context().bv_const(name.c_str(), kWordBits)); }
Truth any_truth(const std::string& name) { return Truth(Session::context().bool_const(name.c_str())); }

Word word(std::uint64_t value) { return Word(Session::context().bv_val(value, kWordBits)); }
Truth truth(bool value) { return Truth(Session::context().bool_val(value)); }

Truth equal(const Word& left, const Word& right) { return Truth(left.expression() == right.expression()); }
Truth equal(const Truth& left, const Truth& right) { return Truth(left.expression() == right.expression()); }
Truth below(const Word& left, const Word& right) { return Truth(z3::ult(left.expression(), right.expression())); }
Truth both(const Truth& left, const Truth& right) { return Truth(left.expression() && right.expression()); }
Truth either(const Truth& left, const Truth& right) { return Truth(left.expression() || right.expression()); }
Truth negation(const Truth& truth) { return Truth(!truth.expression()); }
Truth implies(const Truth& condition, const Truth& consequence) {
  return Truth(z3::implies(condition.expression(), consequence.expression()));
}

Truth all_of(const std::vector<Truth>& truths) {
  Truth all = truth(true);
  for (const Truth& one : truths) all = both(all, one);
  return all;
}

Truth any_of(const std::vector<Truth>& truths) {
  Truth any = truth(false);
  for (const Truth& one : truths) any = either(any, one);
  return any;
}

Word choice(const Truth& condition, const Word& then, const Word& otherwise) {
  return Word(z3::ite(condition.expression(), then.expression(), otherwise.expression()));
}

WordSet WordSet::with(const Word& added) const {
  return WordSet([set = *this, added](const Word& word) { return either(equal(word, added), set.contains(word)); });
}

WordSet WordSet::without(const Word& taken) const {
  return WordSet(
      [set = *this, taken](const Word& word) { return both(negation(equal(word, taken)), set.contains(word)); });
}

WordSet WordSet::united_with(const WordSet& other) const {
  return WordSet([one = *this, other](const Word& word) { return either(one.contains(word), other.contains(word)); });
}

WordSet any_set(const std::string& name) {
  z3::context& context = Session::context();
  const z3::func_decl member = context.function(name.c_str(), context.bv_sort(kWordBits), context.bool_sort());
  return WordSet([member](const Word& word) { return Truth(member(word.expression())); });
}

Word bits(const Word& word, unsigned high, unsigned low) {
  assert(low <= high && high < kWordBits);
  const unsigned missing = kWordBits - 1 - (high - low);
  const z3::expr field = word.expression().extract(high, low);
  return Word(missing == 0 ? field : z3::zext(field, missing));
}

}  // namespace ovlspec::proofs
