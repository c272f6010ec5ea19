// The identity map in a file, by LMDB.
//
// Layout of the one database: 24 bytes (three little-endian words: file system, inode, generation) -> number (a word);
// "format", "next" (the next number) and "seal" beside them. One process has a file at a time.
#pragma once

#include <memory>
#include <string>

#include "impl/engine/identity_map.h"

namespace ovlspec::impl {

struct OpenedIdentityMap {
  std::unique_ptr<IdentityMap> map;
  std::string refusal;  // why there is none, in one line that says what to do
};

// Opens or makes the file at `path`. A file that is damaged, of another version or something else is refused and left
// as it is.
OpenedIdentityMap open_identity_map(const std::string& path);

}  // namespace ovlspec::impl
