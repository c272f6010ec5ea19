#include "impl/fuse/node_io.h"

namespace ovlspec::fuse {

BackingId NodeIo::open(impl::NodeId node, const Backing& backing) {
  Shard& part = shard(node);
  const std::lock_guard lock(part.mutex);
  State& state = part.states[node];
  // Registered under the lock: a second open of the node must not take the other way meanwhile.
  if (state.opens++ == 0 && backing && !backing->may_change) {
    const Result<BackingId> id = registry_.open(backing->descriptor);
    state.backing = id ? *id : kPageCache;
  }
  return state.backing;
}

void NodeIo::close(impl::NodeId node) {
  Shard& part = shard(node);
  const std::lock_guard lock(part.mutex);
  const auto found = part.states.find(node);
  if (found == part.states.end() || --found->second.opens > 0) return;
  if (found->second.backing != kPageCache) registry_.close(found->second.backing);
  part.states.erase(found);
}

std::size_t NodeIo::open_nodes() const {
  std::size_t count = 0;
  for (const Shard& part : shards_) {
    const std::lock_guard lock(part.mutex);
    count += part.states.size();
  }
  return count;
}

}  // namespace ovlspec::fuse
