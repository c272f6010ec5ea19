// `ovlspec scan`: layers on disk, as the oracle reads them.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

struct ScanOptions {
  std::vector<std::string> lowers;  // topmost first
  std::string upper;
  std::string work;
};

// Prints each layer as a trace has it, what was left over, and the merged tree.
ExitStatus scan_command(const ScanOptions& options);

}  // namespace ovlspec::oracle
