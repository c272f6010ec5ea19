// The texts of oracle/profiles, built into the program.
#pragma once

#include <string_view>
#include <vector>

namespace ovlspec::oracle {

struct ProfileFile {
  std::string_view subject;
  std::string_view toml;
};
extern const std::vector<ProfileFile> kProfileFiles;

}  // namespace ovlspec::oracle
