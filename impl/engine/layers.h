// The layers of a mount and the private attributes on them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/engine/numbers.h"
#include "impl/store/layer_store.h"

namespace ovlspec::impl {

// See rights.h.
struct Withheld {
  bool set_ids = false;
  bool devices = false;
};

struct Layer {
  LayerStore* store = nullptr;
  InodeRef root;
  std::size_t depth = 0;  // 0: upper; 1, 2, ...: lowers, topmost first
  BackingFileSystem backing;
  std::uint32_t file_system = 0;  // index in Numbers, of what lies on backing.device
  bool has_records = false;       // identity records on its inodes may count: it is the upper, or was one
  Withheld withheld;
};

// An inode as one layer has it.
struct Instance {
  const Layer* layer = nullptr;
  InodeRef inode;
};
struct FoundInstance {
  const Layer* layer = nullptr;
  FoundInode found;
  // Of an object that takes no private attribute: where it was found by its name, for its record lies there; else null.
  InodeRef directory = nullptr;
  std::string_view name = {};  // as long as the one that it was looked up by
  Instance instance() const { return {layer, found.inode}; }
};

class Layers {
 public:
  std::unique_ptr<Layer> upper;                // null on a read-only stack
  std::vector<std::unique_ptr<Layer>> lowers;  // topmost first
  std::vector<std::unique_ptr<Layer>> data_layers;
  XattrNamespace xattrs = XattrNamespace::kTrusted;

  std::size_t lowest() const { return lowers.size(); }  // the greatest depth

  // Whether objects of this type take private attributes themselves; see entry_record.h for what does not.
  bool takes_private_xattrs(FileType type) const;
  // What was found by this name in this directory of the layer.
  FoundInstance found_at(const Instance& directory, std::string_view name, FoundInode found) const;
  // The full name of a private attribute.
  std::string private_name(std::string_view name) const;
  // Whether an attribute on disk is this overlay's own.
  bool is_private(std::string_view stored_name) const;
  // On disk the caller's attributes with names like our own stand apart (names::kNested), as the kernel has them.
  std::string stored_name(std::string_view callers_name) const;
  std::string callers_name(std::string_view stored_name) const;  // REQUIRES: it is not private
  // Nothing where the inode has no such attribute, or its file system none at all.
  Result<std::optional<std::string>> private_xattr(const Instance& instance, std::string_view name) const;
};

// Whether this is a whiteout by its type alone.
inline bool is_whiteout_device(const Attributes& attributes) {
  return attributes.type == FileType::kCharDevice && attributes.device == Device{};
}

}  // namespace ovlspec::impl
