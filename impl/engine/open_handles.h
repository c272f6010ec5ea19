// What open and open_directory give out. REQUIRES: the engine outlives them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/engine/node_table.h"

namespace ovlspec::impl {

// Keeps a node held for as long as it is open.
class HeldOpen {
 public:
  HeldOpen(NodeTable& table, NodePtr node) : table_(table), node_(std::move(node)) { table_.open(node_); }
  ~HeldOpen() { table_.close(node_); }
  HeldOpen(const HeldOpen&) = delete;
  HeldOpen& operator=(const HeldOpen&) = delete;
  const NodePtr& node() const { return node_; }

 private:
  NodeTable& table_;
  NodePtr node_;
};

class OpenFile {
 public:
  OpenFile(NodeTable& table, NodePtr opened, Access how) : held(table, std::move(opened)), access(how) {}

  const HeldOpen held;
  const Access access;
  std::mutex mutex;
  LayerStore* store = nullptr;  // guarded by mutex: the store of file
  FileRef file;                 // guarded by mutex
  bool on_upper = false;        // guarded by mutex: file is the upper inode's
};

class OpenDirectory {
 public:
  OpenDirectory(NodeTable& table, NodePtr opened) : held(table, std::move(opened)) {}

  using Entries = std::shared_ptr<const std::vector<ListedEntry>>;
  const HeldOpen held;
  std::mutex mutex;
  Entries entries;  // guarded by mutex; null until offset 0 is read
  // Guarded by mutex: Node::names_come and names_gone when `entries` was made.
  std::uint64_t names_come = 0;
  std::uint64_t names_gone = 0;
};

}  // namespace ovlspec::impl
