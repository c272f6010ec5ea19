// A set of digests in bounded memory, for several threads: how many different ones there were.
//
// Open addressing, eight bytes each. n digests that are truly random count one too few with a probability of at most
// n^2 / 2^65: 3 * 10^-4 for 10^8.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace ovlspec::oracle {

class StateSet {
 public:
  // Takes the largest power of two of places that `bytes` have room for; at least 1024.
  explicit StateSet(std::uint64_t bytes);

  // Threads: any.
  void add(std::uint64_t digest);

  std::uint64_t count() const { return count_; }
  // Whether digests were left out because there was no room: the count is a lower bound.
  bool is_full() const { return full_; }

 private:
  struct Free {
    void operator()(std::uint64_t* table) const;
  };
  std::uint64_t places_;
  std::unique_ptr<std::uint64_t[], Free> table_;  // 0: free. Memory is taken where digests lie
  std::atomic<std::uint64_t> count_{0};
  std::atomic<bool> full_{false};
};

}  // namespace ovlspec::oracle
