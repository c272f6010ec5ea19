// The options of the kernel's overlay and of fuse-overlayfs that leave nothing to choose here: what they ask for holds
// anyway, or cannot be kept. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "impl/fuse/attempt.h"

namespace ovlspec::fuse {

// Whether the option `name`, with this value or as a word of its own, holds; a usage failure that names it and says why
// where it does not. Nothing for a name that is not one of these.
std::optional<Check> check_compatible(std::string_view name, const std::optional<std::string>& value);

}  // namespace ovlspec::fuse
