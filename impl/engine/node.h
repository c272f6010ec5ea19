// One object of the merged tree.
//
// Fields marked [tree] are guarded by the engine's namespace lock, those marked [table] by the node table's mutex; the
// others never change.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/engine/layers.h"
#include "impl/engine/object_key.h"

namespace ovlspec::impl {

struct Node;
using NodePtr = std::shared_ptr<Node>;

// A name that shows a node. It holds the parent.
struct NodeName {
  NodePtr parent;
  std::string name;
};

struct Node {
  NodeId id = 0;
  InodeNumber number = 0;
  std::uint64_t generation = 0;
  FileType type = FileType::kRegular;

  // [tree] The backing. A directory's lowers are what it merges, topmost first; another object has at most one: the
  // lower inode that supplies it, or that it was copied up from where hard links need to know.
  InodeRef upper;
  std::vector<Instance> lowers;
  std::optional<ObjectKey> upper_key;
  std::optional<ObjectKey> lower_key;
  InodeRef origin;  // [tree] of lower_key where `lowers` does not hold it: its number is not given away
  // [tree] Of a file marked as the kernel's metacopy: what has its data; no layer where nothing has.
  std::optional<Instance> data;
  std::string redirect;    // [tree] of the upper directory
  std::string index_name;  // [tree] not empty: the upper inode has this name in the index, and the names of
                           // the lower inode lower_key show it too
  // [tree] The upper directory has no default access control list: asked, and none was set since. May be filled in with
  // the lock shared.
  mutable std::atomic<bool> lacks_default_list{false};
  // [tree] Whether a directory's lowers may hold whiteouts that are attributes. May be filled in with the lock shared.
  enum class MarkedWhiteouts : std::uint8_t { kUnknown, kNone, kSome };
  mutable std::atomic<MarkedWhiteouts> marked_whiteouts{MarkedWhiteouts::kUnknown};
  // [tree] How often a name of the directory came, or came to show something else; and went.
  std::uint64_t names_come = 0;
  std::uint64_t names_gone = 0;
  bool removed = false;    // [tree] the last name is gone
  bool was_moved = false;  // [tree] to another directory, since the node is held
  // [tree] kImmutable and kAppendOnly; until somebody asks, kUnknownProtection. May be filled in with the lock shared.
  static constexpr InodeFlags kUnknownProtection = ~InodeFlags{0};
  mutable std::atomic<InodeFlags> protection{kUnknownProtection};
  std::atomic<bool> on_upper{false};  // [tree] upper is set and has the data; may be read without the lock

  std::atomic<bool> content_given{false};  // Engine::give_content returned; set under the lock of giving_

  std::uint64_t pins = 0;       // [table] lookups, opens and children; 0: the node goes
  std::uint64_t lookups = 0;    // [table]
  std::uint64_t opens = 0;      // [table]
  std::vector<NodeName> names;  // [table] the names known; a directory has one, the root none

  bool is_directory() const { return type == FileType::kDirectory; }
  bool is_root() const { return id == kRootNode; }
};

}  // namespace ovlspec::impl
