// Ctrl-C, a terminal that is gone, and what a job's supervisor sends: heard by a thread, so that no system call is
// interrupted and everything is cleared away as at any other end. The second time ends the process at once.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace ovlspec::oracle {

// While it lives, SIGINT, SIGTERM and SIGHUP do no more than to set a flag.
//
// REQUIRES: one at a time, made before other threads are.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  const std::atomic<bool>* flag() const { return &came_; }
  bool came() const { return came_; }

 private:
  void listen();

  sigset_t signals_;
  sigset_t before_;
  std::atomic<bool> came_{false};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace ovlspec::oracle
