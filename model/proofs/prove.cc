#include "model/proofs/prove.h"

#include "model/proofs/registry.h"
#include "model/proofs/table.h"

namespace ovlspec::proofs {

int prove(const ProveOptions& options) { return prove_these(all_obligations(), options); }

}  // namespace ovlspec::proofs
