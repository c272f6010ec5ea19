#include "fuzz/scheduler.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

namespace ovlspec::fuzz {
namespace {

thread_local Scheduler* scheduler = nullptr;
thread_local std::size_t own_index = 0;

std::string own_status() {
  std::ifstream status("/proc/thread-self/stat");
  std::string number;
  status >> number;
  return "/proc/self/task/" + number + "/stat";
}

}  // namespace

void Scheduler::pause() {
  if (scheduler != nullptr) scheduler->wait_for_turn(own_index);
}

void Scheduler::wait_for_turn(std::size_t index) {
  std::unique_lock lock(mutex_);
  threads_[index].state = State::kPaused;
  changed_.notify_all();
  changed_.wait(lock, [&] { return threads_[index].state == State::kRunning; });
}

bool Scheduler::waits_for_a_lock(std::size_t index) const {
  std::ifstream status(threads_[index].status);
  std::string line;
  std::getline(status, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line[name_end + 2] == 'S';
}

// Returns once the thread paused again, ended, or waits for a lock.
void Scheduler::let_go_on(std::size_t index) {
  std::unique_lock lock(mutex_);
  threads_[index].state = State::kRunning;
  changed_.notify_all();
  int asleep = 0;
  while (threads_[index].state == State::kRunning && asleep < 2) {
    changed_.wait_for(lock, std::chrono::microseconds(50));
    // It sleeps for a moment too while it takes the scheduler's own lock: let it, and look again.
    lock.unlock();
    asleep = waits_for_a_lock(index) ? asleep + 1 : 0;
    lock.lock();
  }
}

void Scheduler::run(const std::vector<std::function<void()>>& bodies) {
  threads_.resize(bodies.size());
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    running.emplace_back([this, i, &body = bodies[i]] {
      scheduler = this;
      own_index = i;
      {
        const std::lock_guard lock(mutex_);
        threads_[i].status = own_status();
      }
      pause();
      body();
      const std::lock_guard lock(mutex_);
      threads_[i].state = State::kEnded;
      changed_.notify_all();
    });
  }
  for (;;) {
    std::vector<std::size_t> ready;
    std::size_t ended = 0;
    {
      std::unique_lock lock(mutex_);
      for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (threads_[i].state == State::kPaused) ready.push_back(i);
        ended += threads_[i].state == State::kEnded ? 1 : 0;
      }
      const bool all_started = std::none_of(threads_.begin(), threads_.end(),
                                            [](const Thread& thread) { return thread.state == State::kStarting; });
      if (ended == threads_.size()) break;
      if (ready.empty() || !all_started) {
        changed_.wait_for(lock, std::chrono::milliseconds(1));
        continue;
      }
    }
    let_go_on(ready[random_() % ready.size()]);
  }
  for (std::thread& thread : running) thread.join();
}

}  // namespace ovlspec::fuzz
