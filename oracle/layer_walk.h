// One walk over a layer's directory; what scan needs of it beside the layer's value.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/layer.h"
#include "oracle/layer_access.h"
#include "oracle/layer_format.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

struct WalkedInode {
  std::string handle;                 // empty without handles
  std::uint32_t links = 1;            // st_nlink
  std::optional<std::string> origin;  // the record's bytes
  std::optional<OwnRecord> record;
};

struct WalkedLayer {
  model::Layer layer;                // origins are not resolved
  std::vector<WalkedInode> inodes;   // inodes[id] belongs to layer.tree[id]
  std::optional<OwnSeal> seal;       // on the root
  std::vector<std::string> skipped;  // paths, each with the reason
};

// What to do with an inode that cannot be read, and with a directory on another file system.
enum class Unreadable : std::uint8_t {
  kFail,        // fails; what another file system shows is part of the layer
  kSkip,        // leaves both out, and says so
  kSkipAbsent,  // as kFail, but leaves out, and says so, names that are listed and not found
};

// Names that are one inode become one object.
Attempt<WalkedLayer> walk_layer(LayerAccess& access, DiskFormat format, Unreadable unreadable = Unreadable::kFail);

}  // namespace ovlspec::oracle
