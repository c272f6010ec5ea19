// The list of all obligations. A new proof is a function here and nothing else.
#pragma once

#include <vector>

#include "model/proofs/obligation.h"

namespace ovlspec::proofs {

// In the order of reports; ids are unique.
std::vector<Obligation> all_obligations();

// Its parts, each with the file that has it.
std::vector<Obligation> visibility_obligations();         // visibility.cc
std::vector<Obligation> visibility_change_obligations();  // visibility_change.cc
std::vector<Obligation> visibility_step_obligations();    // visibility_step.cc
std::vector<Obligation> encoder_obligations();            // encoder.cc
std::vector<Obligation> displacement_obligations();       // displacement.cc
std::vector<Obligation> derived_obligations();            // derived.cc
std::vector<Obligation> derived_change_obligations();     // derived_change.cc
std::vector<Obligation> inode_property_obligations();     // inode_properties.cc
std::vector<Obligation> xino_obligations();               // inode_properties.cc

}  // namespace ovlspec::proofs
