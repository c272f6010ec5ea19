// Outcomes in the text encoding.
#pragma once

#include <string>

#include "model/vocabulary/outcome.h"
#include "oracle/text_scanner.h"

namespace ovlspec::oracle {

void print_outcome(std::string& text, const Outcome& outcome);
// After the `=`.
bool scan_outcome(TextScanner& scanner, Outcome& outcome);

}  // namespace ovlspec::oracle
