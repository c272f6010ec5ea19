// The table of `ovlspec prove`, for any list of obligations: the tests give it ones that fail.
#pragma once

#include <vector>

#include "model/proofs/obligation.h"
#include "model/proofs/prove.h"

namespace ovlspec::proofs {

// As prove(), of these obligations.
int prove_these(std::vector<Obligation> obligations, const ProveOptions& options);

}  // namespace ovlspec::proofs
