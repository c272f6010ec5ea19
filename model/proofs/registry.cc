#include "model/proofs/registry.h"

#include <iterator>
#include <utility>

namespace ovlspec::proofs {

std::vector<Obligation> all_obligations() {
  std::vector<Obligation> all;
  for (auto part : {visibility_obligations, visibility_change_obligations, visibility_step_obligations,
                    encoder_obligations, displacement_obligations, derived_obligations, derived_change_obligations,
                    inode_property_obligations, xino_obligations}) {
    std::vector<Obligation> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace ovlspec::proofs
