// Seeded bugs in a kernel, without a hook in it: the domain of proofs knows where in the source each operation stands
// and can let one of them answer wrongly. A mutant is one operation of the kernel's text, changed wherever that line
// runs.
//
// Threads: a MutationScope acts on the thread that made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/proofs/place.h"

namespace ovlspec::proofs {

// How an operation answers instead.
enum class Change : std::uint8_t {
  kFirstOperand,  // both(a, b) answers a; of a choice, the branch for true
  kSecondOperand,
  kNegated,  // truths
  kOneMore,  // constants
  kOneLess,
  kOther,  // both answers as either, either as both, below as not above
};

struct Site {  // an operation of a kernel
  Place place;
  std::string operation;        // its name in the domain
  std::vector<Change> changes;  // what makes a mutant of it
};

struct Mutant {
  Place place;
  std::string operation;
  Change change = Change::kNegated;
};

// "identity_encoder.h:41:10 both: first operand only"
std::string describe(const Mutant& mutant);

// While it lives, the kernel's operations run as `mutant` says (as written, without one), and the sites that run are
// noted. REQUIRES: one at a time in a thread.
class MutationScope {
 public:
  explicit MutationScope(std::optional<Mutant> mutant);
  ~MutationScope();
  MutationScope(const MutationScope&) = delete;
  MutationScope& operator=(const MutationScope&) = delete;

  // In the order in which they first ran.
  const std::vector<Site>& sites() const { return sites_; }
  // All mutants of the sites that ran.
  std::vector<Mutant> mutants() const;

  // For the domain: notes the site, and tells how it is changed; nothing: as written. Outside a scope: as written.
  static std::optional<Change> change_at(const Place& place, std::string_view operation,
                                         const std::vector<Change>& changes);

 private:
  void note(const Place& place, std::string_view operation, const std::vector<Change>& changes);

  std::optional<Mutant> mutant_;
  std::vector<Site> sites_;
};

}  // namespace ovlspec::proofs
