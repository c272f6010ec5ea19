#include "model/proofs/prove.h"

#include "model/proofs/registry.h"
#include "model/proofs/table.h"

namespace ovlspec::proofs {

int prove(const ProveOptions& options) {
  if (options.counterexample_directory) return write_counterexamples(*options.counterexample_directory);
  return prove_these(all_obligations(), options);
}

}  // namespace ovlspec::proofs
