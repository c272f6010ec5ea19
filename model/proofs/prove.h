// `ovlspec prove`: decides every obligation and prints the table. The only header here that the rest may include: it
// knows nothing of the solver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ovlspec::proofs {

enum class ProveMode : std::uint8_t { kProve, kList };

struct ProveOptions {
  ProveMode mode = ProveMode::kProve;
  std::optional<std::string> only;           // the id of one obligation; everything about it is shown
  bool all_mutants = false;                  // of each obligation; else until one refutes it
  std::optional<std::string> smt_directory;  // made where missing; gets one ID.smt2 for each obligation (unsat: proved)
  // Made where missing. Instead of proofs: of each system the shortest history in which it breaks a guarantee is
  // written there as a trace (history.h), and what no history was found against is printed.
  std::optional<std::string> counterexample_directory;
};

// Prints to standard output. The exit status: 0 all hold, 1 one is refuted or nothing shows that it says something (no
// mutant refuted, an assumption not needed), 2 no such id or directory, 3 the solver did not answer.
int prove(const ProveOptions& options);

}  // namespace ovlspec::proofs
