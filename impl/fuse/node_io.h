// How the open files of a node are served. The kernel takes one way a node at a time: between the first open of a node
// and its last release, either every open is served through the page cache, or every open is passed through to one and
// the same backing file. This table counts the opens and keeps the way.
//
// A lower file of a stack with an upper goes through the page cache: passed through, it could not be opened for
// writing, after a copy up, before its last reader has closed it. Source: fs/fuse/iomode.c, as tried on Linux 6.18.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "impl/engine/engine.h"
#include "model/vocabulary/result.h"

namespace ovlspec::fuse {

// The id by which the kernel knows a backing file; 0: none, the page cache.
using BackingId = std::int32_t;
inline constexpr BackingId kPageCache = 0;

// Where backing files are registered: the FUSE device, or a test's own.
class BackingRegistry {
 public:
  virtual ~BackingRegistry() = default;
  // A positive id. EPERM or another error where this file cannot be passed through.
  virtual Result<BackingId> open(int descriptor) = 0;
  virtual void close(BackingId backing) = 0;
};

// Threads: any.
class NodeIo {
 public:
  using Backing = std::optional<impl::Engine::BackingDescriptor>;

  explicit NodeIo(BackingRegistry& registry) : registry_(registry) {}

  // Counts an open of `node`, and tells the way of the node: the one that its other opens have, else passthrough where
  // `backing` is a descriptor that cannot change and the registry takes it, else the page cache.
  BackingId open(impl::NodeId node, const Backing& backing);
  // Takes one open back. REQUIRES: as many open() of `node` came before.
  void close(impl::NodeId node);
  // How many nodes have open files.
  std::size_t open_nodes() const;

 private:
  struct State {
    BackingId backing = kPageCache;
    std::uint64_t opens = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<impl::NodeId, State> states;
  };
  static constexpr std::size_t kShards = 64;

  Shard& shard(impl::NodeId node) { return shards_[node % kShards]; }

  BackingRegistry& registry_;
  std::array<Shard, kShards> shards_;
};

}  // namespace ovlspec::fuse
