// The line that says how a campaign goes: rewritten in place on a terminal, a new one every ten seconds elsewhere.
#pragma once

#include <chrono>
#include <optional>

#include "oracle/check.h"

namespace ovlspec::oracle {

class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Called as often as one likes.
  void show(const SubjectReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_ = false;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace ovlspec::oracle
