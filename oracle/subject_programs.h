// Which programs a subject runs: what one of them played, another one has not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ovlspec::oracle {

// Each by its name, without its directory, and the digest of its file; of a command line every word that names a file.
// The kernel that mounts by its release and version. Nothing for what runs in this process, or is not found.
std::vector<std::string> programs_of(std::string_view subject);

}  // namespace ovlspec::oracle
