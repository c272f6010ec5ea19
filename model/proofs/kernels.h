// The kernels as a whole: which of their mutants change any answer at all.
#pragma once

#include <vector>

#include "model/proofs/obligation.h"

namespace ovlspec::proofs {

struct KernelMutant {
  Mutant mutant;
  Answer effect;  // of the claim that it answers as the kernel does; proved: it changes nothing
};

// All mutants of the visibility kernel on stacks of four layers, of the encoder, the choice of a displacement and the
// decisions of `derived`, and of what the kernel's overlayfs shows.
// REQUIRES: no session in this thread.
std::vector<KernelMutant> kernel_mutants();

}  // namespace ovlspec::proofs
