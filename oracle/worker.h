// A child process that plays cases, in a mount namespace and a temporary directory of its own. It ends with its parent,
// however that ends, and what it leaves lying there when it is killed is removed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oracle/descriptor.h"
#include "oracle/player.h"

namespace ovlspec::oracle {

class Worker {
 public:
  struct Asked {
    std::uint64_t number = 0;
    Emphasis emphasis = Emphasis::kOrdinary;
  };
  // All that it is given outlives it.
  Worker(const CampaignContext& context, const JudgedSubject& judged) : context_(context), judged_(judged) {}
  ~Worker() { finish(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts the child, which closes `others`. Why it cannot play, or nothing; end() tells it, too, where there is no
  // child then. REQUIRES: it does not run.
  std::optional<std::string> start(const std::vector<int>& others);
  // Lets the child end by itself, and waits for it.
  void finish();
  bool runs() const { return child_ > 0; }
  int descriptor() const { return socket_.get(); }
  std::optional<Asked> asked() const { return asked_; }

  // What the child is asked, a line. REQUIRES: it was asked nothing that it has not answered. One that does not run
  // does not answer.
  void ask_stale();
  void ask(const Asked& asked, const std::set<std::string>& exhausted);

  // A line of the child, once its descriptor can be read: nothing where it is not complete yet, or the child has ended
  // or does not run, which runs() tells then.
  std::optional<std::string> receive();
  // Waits for a line.
  std::optional<std::string> wait();
  void answered() { asked_.reset(); }
  // Ends the child by force where it was asked longer ago, in seconds.
  void end_if_late(double limit);
  // "ended by SIGSEGV", "ended with status 3", "did not answer", "could not be started: ...": of what does not run.
  const std::string& end() const { return end_; }
  void signal(int number) const;

 private:
  std::optional<std::string> fork_child(const std::vector<int>& others);
  void send(const std::string& line);
  // REQUIRES: runs().
  void reap();
  void remove_temporary();

  const CampaignContext& context_;
  const JudgedSubject& judged_;
  pid_t child_ = 0;        // 0: none
  std::string temporary_;  // the child's directory of temporary files; empty: none
  Descriptor socket_;
  std::string received_;
  std::string end_;
  std::optional<Asked> asked_;
  std::chrono::steady_clock::time_point asked_at_;
  bool late_ = false;
};

// The answers of a child.
std::optional<PlayedCase> parse_answer(const std::string& line);
std::vector<std::string> parse_stale(const std::string& line);

}  // namespace ovlspec::oracle
