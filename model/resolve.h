// Path resolution, POSIX 4.13, with the tree's root as root and working directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/rules.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/errno.h"
#include "model/world.h"

namespace ovlspec::model {

// What the last component is resolved for.
enum class Last : std::uint8_t {
  kFollow,    // an object; a symlink is followed
  kNoFollow,  // an object; a symlink is itself, but for a trailing slash
  kName,      // a name to be made, removed or renamed: never followed
};

enum class NameKind : std::uint8_t { kPlain, kDot, kDotDot, kSlash };

// Where a path leads. On an error the members mean nothing but for the last two.
struct Found {
  Errno error = Errno::kOk;
  Rule rule = Rule::kPathMissing;  // of the error
  ObjectId parent = kNoObject;     // the directory of the last component
  std::string name;                // the last component
  NameKind kind = NameKind::kPlain;
  ObjectId object = kNoObject;  // kNoObject: the parent is there, the name is not
  bool trailing_slash = false;  // on an error too
  bool guarded = false;         // OVL-PATH-7 may refuse it, on an error too

  bool failed() const { return error != Errno::kOk; }
  bool exists() const { return object != kNoObject; }
};

Found resolve(const World& world, const Caller& caller, std::string_view path, Last last);

}  // namespace ovlspec::model
