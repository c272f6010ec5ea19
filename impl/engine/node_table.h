// The nodes that are held, by id and by backing, and the numbers that the mount has shown.
//
// Threads: every method may be called from several threads at once. A method that takes or gives a NodePtr needs the
// engine's namespace lock in addition, shared or exclusive, but for forget and close.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "impl/engine/node.h"
#include "impl/engine/numbers.h"
#include "impl/engine/object_key.h"

namespace ovlspec::impl {

class NodeTable;

// Keeps a node in the table.
class Pin {
 public:
  Pin() = default;
  // Takes over a pin that `node` already has.
  Pin(NodeTable& table, NodePtr node) : table_(&table), node_(std::move(node)) {}
  Pin(Pin&& other) noexcept : table_(other.table_), node_(std::move(other.node_)) {}
  Pin& operator=(Pin&& other) noexcept;
  ~Pin() { drop(); }

  Node& operator*() const { return *node_; }
  Node* operator->() const { return node_.get(); }
  const NodePtr& node() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }

 private:
  void drop();
  NodeTable* table_ = nullptr;
  NodePtr node_;
};

class NodeTable {
 public:
  // What a node is found by and made from.
  struct Place {
    ObjectKey key;
    NodePtr parent;  // null: no name
    std::string_view name;
  };

  NodeTable() = default;
  ~NodeTable();
  NodeTable(const NodeTable&) = delete;
  NodeTable& operator=(const NodeTable&) = delete;

  std::uint32_t file_system(const BackingFileSystem& backing);
  std::uint64_t tag(std::uint32_t file_system) const;
  std::optional<std::uint32_t> file_system_of_tag(std::uint64_t tag) const;

  // REQUIRES: called once, before anything else.
  void insert_root(const NodePtr& root, const ObjectKey& key, std::optional<InodeNumber> recorded);

  NodePtr by_id(NodeId id) const;
  // The node of place.key, pinned, its name noted; an empty Pin where none is held.
  Pin find(const Place& place);
  // The same; where none is held, `fresh` enters the table with the number it can have.
  Pin insert(const Place& place, const NodePtr& fresh, std::optional<InodeNumber> recorded);
  // The number that the object shows or will show.
  InodeNumber number(const ObjectKey& key, std::optional<InodeNumber> recorded);
  std::optional<InodeNumber> held_number(const ObjectKey& key) const;

  std::optional<ObjectKey> backing_of(InodeNumber number) const;

  // Records of the layer `depth` hold this number; see claims.h.
  void claim(InodeNumber number, std::size_t depth);
  bool is_claimed(InodeNumber number) const;
  // Whether a record of a layer above `depth` holds this number.
  bool claimed_above(InodeNumber number, std::size_t depth) const;

  void pin(const NodePtr& node);
  void unpin(const NodePtr& node);
  void count_lookup(const NodePtr& node);
  void forget(NodeId id, std::uint64_t lookups);
  void open(const NodePtr& node);
  void close(const NodePtr& node);
  std::uint64_t opens(const Node& node) const;

  void add_name(const NodePtr& node, const NodePtr& parent, std::string_view name);
  void remove_name(const NodePtr& node, const Node& parent, std::string_view name);
  bool has_several_names(const Node& node) const;
  std::optional<NodeName> a_name(const Node& node) const { return a_name_beside(node, nullptr, {}); }
  // A name other than this one.
  std::optional<NodeName> a_name_beside(const Node& node, const Node* parent, std::string_view name) const;

  // The object behind `node` lies on node->upper_key from now on, its number with it; node->lower_key still finds it
  // with kKept.
  enum class LowerKey { kKept, kForgotten };
  void moved_to_upper(const NodePtr& node, LowerKey lower);
  // node->lower_key finds the node too.
  void add_lower_key(const NodePtr& node);

  std::size_t size() const;
  // Up to so many nodes that have lookups and no other pin; the next ones each time.
  std::vector<NodePtr> idle(std::size_t most);

 private:
  using Dropped = std::vector<NodePtr>;  // destroyed after the mutex is released

  void add_name_locked(const NodePtr& node, const NodePtr& parent, std::string_view name);
  void unpin_locked(const NodePtr& node, std::uint64_t count, Dropped& dropped);
  void erase_locked(const NodePtr& node, Dropped& dropped);
  void erase_key_locked(const std::optional<ObjectKey>& key, const Node& node);

  mutable std::mutex mutex_;
  Numbers numbers_;
  std::unordered_map<NodeId, NodePtr> by_id_;
  std::size_t idle_bucket_ = 0;  // of by_id_, where idle() goes on
  std::unordered_map<ObjectKey, NodePtr, ObjectKeyHash> by_key_;
};

}  // namespace ovlspec::impl
