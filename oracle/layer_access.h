// How scan, mutate and materialise reach a layer's files: on disk (POSIX) or in the engine subject's memory store. One
// inode a method; paths are of plain components from the access's root ("" is the root), no symlink is followed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/layer.h"
#include "model/vocabulary/result.h"

namespace ovlspec::oracle {

struct AccessedInode {
  model::Inode inode;  // entries, parent and links are not filled; content and xattrs are, private ones too
  model::Backing backing;
  std::uint32_t links = 1;  // st_nlink
  std::string handle;       // kernel encoding of the origin xattr (struct ovl_fb bytes); empty without handles
};

class LayerAccess {
 public:
  virtual ~LayerAccess() = default;
  virtual Result<AccessedInode> read(std::string_view path) = 0;
  virtual Result<std::vector<std::string>> list(std::string_view path) = 0;  // without `.` and `..`

  // Makes the object with content, xattrs, owner, mode and times (0 where a time is free). EEXIST where the name is
  // taken; but the path "" gives the root, which is always there, the inode's attributes and xattrs.
  virtual Status make(std::string_view path, const model::Inode& inode) = 0;
  virtual Status link(std::string_view from, std::string_view to) = 0;
  virtual Status rename(std::string_view from, std::string_view to) = 0;
  virtual Status remove(std::string_view path) = 0;  // with its subtree; ENOENT
  virtual Status set_mode(std::string_view path, Mode mode) = 0;
  virtual Status set_content(std::string_view path, std::string_view content) = 0;
  virtual Status set_times(std::string_view path, Time access, Time modify) = 0;
};

}  // namespace ovlspec::oracle
