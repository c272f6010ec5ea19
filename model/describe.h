// Words for values, as reports and traces show them.
#pragma once

#include <string>
#include <string_view>

#include "model/vocabulary/attributes.h"

namespace ovlspec::model {

std::string_view describe(FileType type);    // "file", "dir", "symlink", "char", "block", "fifo", "socket"
std::string describe(Time time);             // "1500000000.000000005"
std::string describe(const Device& device);  // "1:3"
std::string octal(Mode mode);                // "755"
// In double quotes, other bytes than printable ASCII as \xNN; cut after 80 bytes.
std::string quoted(std::string_view bytes);

}  // namespace ovlspec::model
