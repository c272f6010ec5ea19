// Paths of mutations, from a layer's root, which is "".
#pragma once

#include <string>
#include <string_view>

namespace ovlspec::oracle {

// Without empty components, so that one place has one spelling.
std::string plain_path(std::string_view path);
// REQUIRES of both: plain paths.
std::string parent_of(const std::string& path);
bool is_within(const std::string& path, const std::string& ancestor);

}  // namespace ovlspec::oracle
