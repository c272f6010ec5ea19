// Option texts: escapes, and names shown in messages. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "impl/fuse/attempt.h"

namespace ovlspec::fuse {

// `text` at its unescaped separators. Escapes stay as they are: each part is to be unescaped or split again.
std::vector<std::string> split_escaped(std::string_view text, char separator);
// Drops each backslash that makes the next character ordinary. A failure where the text ends in such a backslash.
Attempt<std::string> unescape(std::string_view text);
// `name` for a message: in double quotes, one line, shortened where it is long.
std::string in_quotes(std::string_view name);
// Why `path` cannot be one for the kernel: empty, too long, or with a component that is too long. `what` is the option.
Check check_path_length(std::string_view what, std::string_view path);

}  // namespace ovlspec::fuse
