#include "impl/fuse/cache_pruner.h"

#include <chrono>

namespace ovlspec::fuse {
namespace {

constexpr std::size_t kBatch = 512;               // nodes for one request
constexpr std::chrono::milliseconds kForgets{1};  // for the kernel to tell what it forgot
// What is asked for may be in use, or not be told of yet; after so many rounds for nothing there is a pause.
constexpr int kRoundsForNothing = 50;
constexpr std::chrono::milliseconds kPause{50};

}  // namespace

void CachePruner::start() {
  thread_ = std::thread([this] { work(); });
}

void CachePruner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CachePruner::wake() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  woken_.notify_one();
}

void CachePruner::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    woken_.wait(lock, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    lock.unlock();
    const bool is_relieved = prune();
    lock.lock();
    if (!is_relieved) woken_.wait_for(lock, kPause, [this] { return stopping_; });
    wanted_ = held_() > limit_;
  }
}

bool CachePruner::prune() {
  const std::size_t target = limit_ / 4 * 3;
  int rounds_for_nothing = 0;
  for (std::size_t held = held_(); held > target; held = held_()) {
    if (rounds_for_nothing == kRoundsForNothing) return false;
    const std::vector<impl::HeldName> nodes = engine_.idle_nodes(kBatch);
    if (!nodes.empty()) ask(nodes);
    std::this_thread::sleep_for(kForgets);
    rounds_for_nothing = held_() < held ? 0 : rounds_for_nothing + 1;
  }
  return true;
}

void CachePruner::ask(const std::vector<impl::HeldName>& nodes) {
  if (has_prune_) has_prune_ = notifier_.prune(nodes).error() != Errno::kEINVAL;
  if (has_prune_) return;
  for (const impl::HeldName& node : nodes)
    if (!node.is_directory) notifier_.drop_name(node);
}

}  // namespace ovlspec::fuse
