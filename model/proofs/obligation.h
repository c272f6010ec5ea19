// What is proved, and what counts as proved: the claim holds for every value of its variables for which the assumptions
// hold, there are such values, at least one seeded bug of the kernel breaks it, and so does dropping any assumption.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/proofs/mutation.h"
#include "model/proofs/term.h"

namespace ovlspec::proofs {

inline constexpr unsigned kTimeLimit = 5000;  // milliseconds for one question to the solver

// Values of the free variables that refute a claim.
class Assignment {
 public:
  explicit Assignment(const z3::model& model);
  std::uint64_t value(const Word& word) const;
  bool value(const Truth& truth) const;

 private:
  z3::model model_;
};

struct Assumption {
  std::string sentence;
  Truth holds;
};

struct Statement {
  std::vector<Assumption> assumptions;
  Truth claim;
  // A counterexample in words, of one or more lines.
  std::function<std::string(const Assignment&)> picture;
};

struct Obligation {
  std::string id;        // VISIBILITY-3
  std::string sentence;  // what holds
  std::string cites;     // what it serves: rules of model/rules.h first, then those of sources (MRG-1, X006)
  // Runs the kernel with terms. REQUIRES: a session lives in this thread.
  std::function<Statement()> state;
};

enum class Verdict : std::uint8_t { kProved, kRefuted, kUnknown, kTimedOut };
std::string_view describe(Verdict verdict);

struct Answer {
  Verdict verdict = Verdict::kUnknown;
  std::string counterexample;  // where refuted: the statement's picture
  std::string reason;          // where unknown: the solver's
  double milliseconds = 0;
};

// Whether the claim follows from the assumptions; `dropped` (an index) is left out.
Answer decide(const Statement& statement, std::optional<std::size_t> dropped = std::nullopt);
// The same question as an SMT-LIB 2 script: unsat means proved.
std::string smt_script(const Obligation& obligation);

struct MutantReport {
  Mutant mutant;
  Answer answer;
};
struct AssumptionReport {
  std::string sentence;
  Answer answer;  // without it
};
struct Report {
  Answer answer;
  Answer impossible;                  // of the claim that the assumptions never hold together
  std::vector<Mutant> all_mutants;    // of the operations that its statement runs
  std::vector<MutantReport> mutants;  // those that were tried
  std::vector<AssumptionReport> assumptions;
  double milliseconds = 0;  // for everything

  std::size_t mutants_refuted() const;
  std::size_t assumptions_needed() const;
  // Proved, refuted by a mutant, the assumptions can hold, and each is needed.
  bool holds() const;
  // Some question was not answered.
  bool inconclusive() const;
};

enum class Tried : std::uint8_t {
  kUntilRefuted,  // mutants until one of them breaks the claim
  kAll,
};
// Asks everything about one obligation, in a session of its own. REQUIRES: no session in this thread.
Report examine(const Obligation& obligation, Tried mutants = Tried::kAll);
// Whether the mutant breaks the claim. REQUIRES: the same.
bool is_refuted_by(const Obligation& obligation, const Mutant& mutant);

}  // namespace ovlspec::proofs
