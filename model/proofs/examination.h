// Everything about many obligations, on all processors.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <future>
#include <thread>
#include <vector>

#include "model/proofs/obligation.h"

namespace ovlspec::proofs {

// Threads: each obligation is examined in a thread and session of its own; the methods are for the thread that made it.
class Examination {
 public:
  // REQUIRES: `obligations` outlives it.
  Examination(const std::vector<Obligation>& obligations, Tried mutants);
  ~Examination();
  Examination(const Examination&) = delete;
  Examination& operator=(const Examination&) = delete;

  // Of the obligation `index`, once it is there. REQUIRES: called once for each.
  Report report(std::size_t index) { return reports_[index].get(); }

 private:
  void work();

  const std::vector<Obligation>& obligations_;
  const Tried mutants_;
  std::deque<std::promise<Report>> promises_;
  std::vector<std::future<Report>> reports_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace ovlspec::proofs
