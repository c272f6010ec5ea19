// `ovlspec identity`: which of the guarantees ID-1 to ID-10 each of several overlays keeps, from one campaign.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

struct IdentityTableOptions {
  std::vector<std::string> subjects;  // none: all strategies of the engine, our mount, and the kernel's modes
  std::uint64_t seed = 1;
  std::uint64_t cases = 200;  // for each subject
};

// Prints one line a guarantee and one column a subject: in how many of the cases it was broken, nothing where in none,
// and `?` where nothing asked for it (handles of a subject that has none, costs that cannot be counted from outside).
// A mount that is refused and a visible name that answers EIO or ESTALE break ID-6.
ExitStatus print_identity_table(const IdentityTableOptions& options);

}  // namespace ovlspec::oracle
