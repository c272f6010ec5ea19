// Which workers wait for requests. A request wakes one of those that wait in the kernel, on whatever processor it was;
// several that take turns at what one could do cost more than the requests themselves. So one waits there, and the
// others sleep until they are needed:
//
// - before work that may take long (Expected::kLong);
// - where the requests come faster than they are answered: several in a row were there already;
// - where nobody waits and nothing was answered for kStuck: who is at work waits for a slow disk, or for the answer to
//   another request. As long as there are requests, one of those that sleep looks for that.
//
// A worker that waited beside another one sleeps after its request.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ovlspec::fuse {

class WorkerRoster {
 public:
  enum class Expected : std::uint8_t { kShort, kLong };
  static constexpr std::chrono::milliseconds kStuck{4};

  // REQUIRES: workers > 0.
  explicit WorkerRoster(unsigned workers) : workers_(workers) {}

  // A worker's own part, used by its thread alone. It calls await(), then began_to_wait() and the rest in turn.
  class Shift {
   public:
    explicit Shift(WorkerRoster& roster) : roster_(roster) {}
    // Sleeps until this worker is to wait for requests; false: it is to end.
    bool await() { return roster_.await(); }
    void began_to_wait();
    void gave_up();  // without a request
    void woke(Expected expected);
    // The request is answered; false: await() comes next, else began_to_wait().
    bool finished();

   private:
    using Clock = std::chrono::steady_clock;
    WorkerRoster& roster_;
    Clock::time_point began_;
    unsigned without_wait_ = 0;  // requests in a row that were there already
    bool is_surplus_ = false;
  };

  // From any thread: those who sleep are to end.
  void stop();
  // How many do not sleep.
  unsigned awake() const { return awake_; }

 private:
  bool await();
  void wake_another();
  void sleep(std::unique_lock<std::mutex>& lock);
  void watch(std::unique_lock<std::mutex>& lock);

  const unsigned workers_;
  std::atomic<unsigned> awake_{1};
  std::atomic<unsigned> waiting_{0};  // for a request
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> is_watched_{false};
  std::mutex mutex_;
  std::condition_variable called_;        // for those who sleep
  std::condition_variable watch_called_;  // for the one of them that watches
  // Guarded by mutex_.
  unsigned calls_ = 1;  // to those who sleep, that one each is to answer
  unsigned sleeping_ = 0;
  bool has_watch_ = false;
  bool stopping_ = false;
};

}  // namespace ovlspec::fuse
