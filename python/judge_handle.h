// A judge as Python holds it: it owns its profile, and is told things in an order that makes sense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oracle/judge.h"

namespace ovlspec::python {

// The profile of `subject`; empty for "". Raises ValueError where a profile cannot be read.
oracle::Profile profile_called(const std::string& subject);

class JudgeHandle {
 public:
  explicit JudgeHandle(const std::string& profile) : profile_(profile_called(profile)), judge_(profile_) {}
  JudgeHandle(const JudgeHandle&) = delete;
  JudgeHandle& operator=(const JudgeHandle&) = delete;

  // As oracle::Judge. Raise ValueError out of order, and once nothing more can be judged.
  oracle::Verdict layers_changed(const model::Layers& layers);
  void changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after);
  oracle::Verdict mounted(const std::optional<oracle::Failure>& failure);
  oracle::Verdict step(const Caller& caller, const Operation& operation, const Outcome& outcome);
  oracle::Verdict ended(const oracle::Scanned& scanned, oracle::Ending ending);
  oracle::Verdict kernel_view(const model::Tree& seen);
  // REQUIRES nothing: empty while not mounted.
  std::vector<Operation> walk() const;
  const model::Tree& tree() const;

  const oracle::Judge& judge() const { return judge_; }

 private:
  enum class State : std::uint8_t { kNoLayers, kUnmounted, kMounted, kOver };

  void require(State state, const char* what) const;
  oracle::Verdict then(oracle::Verdict verdict, State next);

  oracle::Profile profile_;
  oracle::Judge judge_;  // after the profile it refers to
  State state_ = State::kNoLayers;
  bool has_upper_ = false;
};

}  // namespace ovlspec::python
