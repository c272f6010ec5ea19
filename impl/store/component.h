// The check that every store makes of a name before it does anything with it.
#pragma once

#include <string_view>

#include "model/vocabulary/names.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// EINVAL for what is no single component (empty, `.`, `..`, with a slash or a zero byte), ENAMETOOLONG beyond NAME_MAX.
inline Status check_component(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return Errno::kEINVAL;
  for (const char c : name) {
    if (c == '/' || c == '\0') return Errno::kEINVAL;
  }
  if (name.size() > names::kNameMax) return Errno::kENAMETOOLONG;
  return {};
}

}  // namespace ovlspec::impl
