// Threads of which one runs at a time, and a chosen one goes on at each call to a store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace ovlspec::fuzz {

// The same seed makes the same choices. Where the chosen thread waits for a lock that another one holds, which /proc
// tells, others are chosen until it goes on.
class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed) : random_(seed) {}

  // Runs each body in a thread of its own, to the end of all. Not again.
  void run(const std::vector<std::function<void()>>& bodies);
  // Called by the threads: lets a chosen one go on. Elsewhere nothing.
  static void pause();

 private:
  enum class State : std::uint8_t { kStarting, kPaused, kRunning, kEnded };
  struct Thread {
    State state = State::kStarting;
    std::string status;  // its file in /proc
  };

  void wait_for_turn(std::size_t index);
  void let_go_on(std::size_t index);
  bool waits_for_a_lock(std::size_t index) const;

  std::mt19937_64 random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Thread> threads_;
};

}  // namespace ovlspec::fuzz
