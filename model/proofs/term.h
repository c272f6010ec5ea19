// The value domain of proofs: words of 64 bits and truths that stand for every value at once. A decision kernel that is
// a template over its domain runs with ovlspec::impl's words and is proved with these; both are one text.
//
// Only named operations exist. Z3's own operators are not safe to share with C++: on its bit-vectors `<`, `>>` and `/`
// are signed, a shift by the width or more differs, and an expression converts silently to bool.
//
// Threads: terms belong to the Session of the thread that made them and die with it.
#pragma once

#include <z3++.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ovlspec::proofs {

inline constexpr unsigned kWordBits = 64;

// The solver's memory. REQUIRES: one at a time in a thread; outlives every term made while it lives.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // REQUIRES: a session lives in this thread.
  static z3::context& context();

 private:
  z3::context context_;
};

// A truth value that depends on the free variables. Never a bool.
class Truth {
 public:
  explicit Truth(z3::expr expression);
  explicit operator bool() const = delete;
  const z3::expr& expression() const { return expression_; }

 private:
  z3::expr expression_;
};

// An unsigned word of kWordBits that depends on the free variables.
class Word {
 public:
  explicit Word(z3::expr expression);
  explicit operator bool() const = delete;
  const z3::expr& expression() const { return expression_; }

 private:
  z3::expr expression_;
};

// Free variables: every value. Equal names are one variable.
Word any_word(const std::string& name);
Truth any_truth(const std::string& name);

// What statements are written with. Comparisons are unsigned.
Word word(std::uint64_t value);
Truth truth(bool value);
Truth equal(const Word& left, const Word& right);
Truth equal(const Truth& left, const Truth& right);
Truth below(const Word& left, const Word& right);
Truth both(const Truth& left, const Truth& right);
Truth either(const Truth& left, const Truth& right);
Truth negation(const Truth& truth);
Truth implies(const Truth& condition, const Truth& consequence);
Truth all_of(const std::vector<Truth>& truths);  // true where there are none
Truth any_of(const std::vector<Truth>& truths);  // false where there are none
Word choice(const Truth& condition, const Word& then, const Word& otherwise);

// A set of words, of any size, that depends on the free variables.
class WordSet {
 public:
  explicit WordSet(std::function<Truth(const Word&)> contains) : contains_(std::move(contains)) {}
  Truth contains(const Word& word) const { return contains_(word); }
  WordSet with(const Word& word) const;
  WordSet without(const Word& word) const;
  WordSet united_with(const WordSet& other) const;

 private:
  std::function<Truth(const Word&)> contains_;
};
WordSet any_set(const std::string& name);

// Bits `high` down to `low` of `word` as a number. REQUIRES: low <= high < kWordBits.
Word bits(const Word& word, unsigned high, unsigned low);

}  // namespace ovlspec::proofs
