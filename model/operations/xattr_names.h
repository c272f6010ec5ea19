// Namespaces of extended attributes, xattr(7).
#pragma once

#include <cstdint>
#include <string_view>

#include "model/vocabulary/names.h"

namespace ovlspec::model {

enum class XattrSpace : std::uint8_t { kUser, kTrusted, kSecurity, kUnknown };

constexpr XattrSpace space_of(std::string_view name) {
  if (name.starts_with("user.")) return XattrSpace::kUser;
  if (name.starts_with("trusted.")) return XattrSpace::kTrusted;
  if (name.starts_with("security.")) return XattrSpace::kSecurity;
  return XattrSpace::kUnknown;
}

// What follows the namespace and its dot. REQUIRES: a known namespace.
constexpr std::string_view rest_of(std::string_view name) { return name.substr(name.find('.') + 1); }

// Whether the name is one of the overlay's own. NP-3; the namespace is the mount's, and each mount of a trace uses
// trusted.overlay.
constexpr bool is_private(std::string_view name) { return name.starts_with(names::kTrustedPrefix); }

}  // namespace ovlspec::model
