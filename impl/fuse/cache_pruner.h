// Keeps the descriptors that the daemon holds within its limit. A node that the kernel remembers holds one or more of
// them, and the kernel remembers nodes until it needs the memory; so where they become many, it is asked to let some
// go.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "impl/engine/engine.h"

namespace ovlspec::fuse {

// How the kernel is asked.
class CacheNotifier {
 public:
  virtual ~CacheNotifier() = default;
  // To drop what it remembers of these nodes and does not use. EINVAL: this kernel has no such request.
  virtual Status prune(const std::vector<impl::HeldName>& nodes) = 0;
  // To drop one name, used or not. For what is no directory.
  virtual void drop_name(const impl::HeldName& node) = 0;
};

// Threads: note() from any; the rest from the one that made it.
class CachePruner {
 public:
  // `held` says how many descriptors nodes hold; from `limit` on there is pruning.
  CachePruner(impl::Engine& engine, CacheNotifier& notifier, std::size_t (*held)(), std::size_t limit)
      : engine_(engine), notifier_(notifier), held_(held), limit_(limit) {}
  ~CachePruner() { stop(); }
  CachePruner(const CachePruner&) = delete;
  CachePruner& operator=(const CachePruner&) = delete;

  void start();
  void stop();
  // A request was served, which may have made nodes.
  void note() {
    if (held_() > limit_ && !wanted_.load(std::memory_order_relaxed)) wake();
  }

 private:
  void wake();
  void work();
  bool prune();  // false: what is left is in use
  void ask(const std::vector<impl::HeldName>& nodes);

  impl::Engine& engine_;
  CacheNotifier& notifier_;
  std::size_t (*const held_)();
  const std::size_t limit_;
  bool has_prune_ = true;  // of the thread's alone
  std::atomic<bool> wanted_{false};
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::thread thread_;
};

}  // namespace ovlspec::fuse
