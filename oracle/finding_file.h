// A violation as a file: its trace in text, with the rule and what was seen as comments.
#pragma once

#include <string>

#include "oracle/check.h"

namespace ovlspec::oracle {

// Writes it into `directory`, which is made; the file's path, or nothing where it could not be written.
std::optional<std::string> save_violation(const Violation& violation, const std::string& directory);
void remove_file(const std::string& path);

}  // namespace ovlspec::oracle
