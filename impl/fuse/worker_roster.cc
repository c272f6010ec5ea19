#include "impl/fuse/worker_roster.h"

namespace ovlspec::fuse {
namespace {

constexpr std::chrono::microseconds kWaited{4};  // a read that takes longer found no request
constexpr unsigned kBusy = 16;                   // requests without a wait, before another worker helps
constexpr int kQuietRounds = 20;                 // of the watch, before it ends

}  // namespace

void WorkerRoster::Shift::began_to_wait() {
  began_ = Clock::now();
  ++roster_.waiting_;
}

void WorkerRoster::Shift::gave_up() { --roster_.waiting_; }

void WorkerRoster::Shift::woke(Expected expected) {
  const unsigned others = --roster_.waiting_;
  const bool waited = Clock::now() - began_ > kWaited;
  is_surplus_ = waited && others > 0;
  without_wait_ = waited ? 0 : without_wait_ + 1;
  if (others == 0 && (expected == Expected::kLong || without_wait_ >= kBusy)) {
    without_wait_ = 0;
    roster_.wake_another();
  }
  if (roster_.workers_ == 1 || roster_.is_watched_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(roster_.mutex_);
  roster_.is_watched_ = true;
  roster_.watch_called_.notify_one();
}

bool WorkerRoster::Shift::finished() {
  roster_.answered_.fetch_add(1, std::memory_order_relaxed);
  if (!is_surplus_) return true;
  // Never the last one.
  unsigned awake = roster_.awake_;
  while (awake > 1)
    if (roster_.awake_.compare_exchange_weak(awake, awake - 1)) return false;
  return true;
}

void WorkerRoster::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  called_.notify_all();
  watch_called_.notify_all();
}

void WorkerRoster::wake_another() {
  const std::lock_guard lock(mutex_);
  if (awake_ >= workers_) return;
  ++awake_;
  ++calls_;
  (calls_ <= sleeping_ ? called_ : watch_called_).notify_one();
}

bool WorkerRoster::await() {
  std::unique_lock lock(mutex_);
  while (!stopping_ && calls_ == 0) has_watch_ ? sleep(lock) : watch(lock);
  if (stopping_) return false;
  --calls_;
  return true;
}

void WorkerRoster::sleep(std::unique_lock<std::mutex>& lock) {
  ++sleeping_;
  called_.wait(lock);
  --sleeping_;
}

void WorkerRoster::watch(std::unique_lock<std::mutex>& lock) {
  has_watch_ = true;
  std::uint64_t seen = answered_;
  int quiet_rounds = 0;
  while (!stopping_ && calls_ == 0) {
    if (!is_watched_) {
      watch_called_.wait(lock);
      quiet_rounds = 0;
    } else if (watch_called_.wait_for(lock, kStuck) == std::cv_status::timeout && answered_ == seen) {
      if (waiting_ == 0 && awake_ < workers_) {
        ++awake_;
        ++calls_;
      } else if (++quiet_rounds == kQuietRounds) {
        is_watched_ = false;
      }
    } else {
      quiet_rounds = 0;
    }
    seen = answered_;
  }
  has_watch_ = false;
  called_.notify_one();  // somebody else watches, or answers the call
}

}  // namespace ovlspec::fuse
