// Child processes: those that serve a mount, and those that speak with us.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "oracle/descriptor.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// One run of a program, in a session of its own, so that a terminal's signals do not reach it. Its standard error is
// kept in memory; it dies with the thread that started it.
class Daemon {
 public:
  // What the program may start and leave: kFamily has a process of ours between, to which everything that the program
  // started and did not wait for falls, and which ends it all. It runs until the last of them has ended.
  enum class Kin : std::uint8_t { kAlone, kFamily };
  struct Streams {  // -1: /dev/null
    int input = -1;
    int output = -1;
  };

  Daemon() = default;
  ~Daemon() { kill(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Runs arguments[0], a path. REQUIRES: not running.
  Attempt<Done> start(const std::vector<std::string>& arguments) {
    return start(arguments, Kin::kAlone, Streams{.input = -1, .output = -1});
  }
  Attempt<Done> start(const std::vector<std::string>& arguments, Kin kin, Streams streams);
  bool running();
  // Returns once it has ended, once poll(2) has something urgent to tell of `urgent` (-1: of nothing), or after the time.
  void rest(std::chrono::milliseconds most, int urgent = -1) const;
  // Ends it by force, and waits for the end.
  void kill();
  // Ends it by force, from any thread: whatever waits for the program's answer then gets an error.
  void strike();
  // Waits for the end by itself; kills what does not end in time. How it ended, where that is not exit status 0.
  Attempt<Done> join(std::chrono::milliseconds limit);
  // The last line of its standard error.
  std::string last_words() const;

 private:
  // Takes the end in, where there is one.
  void reap(int options);

  std::mutex mutex_;  // over pid_: nobody may strike a number that was given away again
  pid_t pid_ = 0;     // 0: not running
  Kin kin_ = Kin::kAlone;
  int status_ = 0;  // of waitpid, once it ended
  Descriptor end_;  // of the process: readable once it has ended
  Descriptor error_output_;
};

// Strikes when a stretch of work takes too long, so that nothing hangs on a program that does not answer.
class Watchdog {
 public:
  Watchdog(std::function<void()> strike, const SubjectSettings& settings);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Stretches do not nest.
  class Stretch {
   public:
    explicit Stretch(Watchdog& watchdog) : watchdog_(watchdog) { watchdog_.turns_.fetch_add(1); }
    ~Stretch() { watchdog_.turns_.fetch_add(1); }
    Stretch(const Stretch&) = delete;
    Stretch& operator=(const Stretch&) = delete;

   private:
    Watchdog& watchdog_;
  };
  // Whether it struck since it was last reset.
  bool struck() const { return struck_; }
  void reset() { struck_ = false; }

 private:
  void watch();

  bool must_hurry() const { return settings_.stop != nullptr && *settings_.stop; }

  std::function<void()> strike_;
  SubjectSettings settings_;
  std::atomic<std::uint64_t> turns_{0};  // odd: within a stretch
  std::atomic<bool> struck_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ovlspec::oracle
