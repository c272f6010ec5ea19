// The engine's nodes as one client holds them: names that were looked up, what is pinned by open slots, and the lookup
// counts that go with both. Every count that the engine gave out is given back by exactly one forget.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "impl/engine/engine.h"
#include "oracle/vfs/vfs.h"

namespace ovlspec::oracle::vfs {

using impl::NodeId;

struct Place {  // an object, and what stat shows of it now
  NodeId node = impl::kRootNode;
  Attributes attributes;
};

class Nodes {
 public:
  Nodes(impl::Engine& engine, VfsOptions::Caching caching);

  Result<Place> root();
  // REQUIRES: name is a component other than `.` and `..`.
  Result<Place> lookup(NodeId directory, std::string_view name);

  // What happened to names, so that the cache follows. `entered` takes the count that came with the entry.
  void entered(NodeId directory, std::string_view name, NodeId node);
  void removed(NodeId directory, std::string_view name);
  void moved(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name);
  void exchanged(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name);

  // A pinned node keeps a count until it is unpinned as often. REQUIRES: looked up in this operation, or the root.
  void pin(NodeId node);
  void unpin(NodeId node);

  void end_operation();  // without a cache: gives back what the operation looked up
  void drop_caches();

 private:
  struct Key {
    NodeId directory;
    std::string name;
  };
  struct KeyView {
    NodeId directory;
    std::string_view name;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t of(NodeId directory, std::string_view name) const {
      return std::hash<std::string_view>()(name) ^ (directory * 0x9E3779B97F4A7C15ULL);
    }
    std::size_t operator()(const Key& key) const { return of(key.directory, key.name); }
    std::size_t operator()(const KeyView& key) const { return of(key.directory, key.name); }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.directory == b.directory && std::string_view(a.name) == std::string_view(b.name);
    }
  };
  struct Pin {
    NodeId node;
    std::uint64_t counts;  // lookup counts that nothing else holds
    std::size_t holders;
  };

  Pin* pin_of(NodeId node);
  void give_back(NodeId node);  // one count
  // Takes a name out of the cache; its node, whose count the caller now holds, or 0.
  NodeId take(NodeId directory, std::string_view name);

  impl::Engine& engine_;
  VfsOptions::Caching caching_;
  std::unordered_map<Key, NodeId, Hash, Equal> names_;  // each holds one count
  std::vector<NodeId> visited_;                         // without a cache: each holds one count
  std::vector<Pin> pins_;
};

}  // namespace ovlspec::oracle::vfs
