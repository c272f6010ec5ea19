// The table of `ovlspec prove`, for any list of obligations: the tests give it ones that fail.
#pragma once

#include <string>
#include <vector>

#include "model/proofs/obligation.h"
#include "model/proofs/prove.h"

namespace ovlspec::proofs {

// Writes what search_histories() found; the exit status as prove()'s, 3 where something is undecided.
int write_counterexamples(const std::string& directory);

// As prove(), of these obligations.
int prove_these(std::vector<Obligation> obligations, const ProveOptions& options);

}  // namespace ovlspec::proofs
