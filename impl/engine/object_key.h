// Which backing inode an object is: the file system's index in the mount's table and the inode number on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/vocabulary/attributes.h"

namespace ovlspec::impl {

struct ObjectKey {
  std::uint32_t file_system = 0;
  InodeNumber inode = 0;
  bool operator==(const ObjectKey&) const = default;
};

struct ObjectKeyHash {
  std::size_t operator()(const ObjectKey& key) const {
    return static_cast<std::size_t>((key.inode + key.file_system * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL >> 7);
  }
};

}  // namespace ovlspec::impl
