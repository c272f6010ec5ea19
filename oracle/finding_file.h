// A violation as a file: its trace in text, with the rule and what was seen as comments.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

// Writes it into `directory`, which is made; the file's path, or nothing where it could not be written.
std::optional<std::string> save_violation(const Violation& violation, const std::string& directory);
void remove_file(const std::string& path);

// A violation is saved as a case met it, too, until it is made small. The key of that one.
std::string key_as_met(const std::string& key, std::uint64_t number);
// Those of a subject, by case: a run that was killed left them.
std::map<std::uint64_t, std::vector<std::string>> saved_as_met(const std::string& subject,
                                                               const std::string& directory);

}  // namespace ovlspec::oracle
