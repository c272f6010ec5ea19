// $OVLSPEC_PLACES: on what file systems layers lie, where it is not tmpfs (disk_stack.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/file_system_image.h"

namespace ovlspec::oracle {

// Layers are made in the directory, or are images that are made in it.
struct GivenPlace {
  std::string directory;
  std::optional<ImageKind> image;
  bool operator==(const GivenPlace&) const = default;
};

// `DIR`, `squashfs:DIR` or `erofs:DIR`, separated by colons. No directory is called `squashfs` or `erofs`, without a
// slash.
std::vector<GivenPlace> parse_places(std::string_view text);
// Those of the environment.
std::vector<GivenPlace> given_places();

}  // namespace ovlspec::oracle
