#include "python/judge_handle.h"

#include <pybind11/pybind11.h>

#include <utility>

namespace ovlspec::python {

namespace py = pybind11;
using oracle::Verdict;

oracle::Profile profile_called(const std::string& subject) {
  if (subject.empty()) return {};
  oracle::ProfileOrError read = oracle::profile_of(subject);
  if (!read.error.empty()) throw py::value_error(read.error);
  return std::move(read.profile);
}

void JudgeHandle::require(State state, const char* what) const {
  if (state_ == State::kOver) throw py::value_error("nothing more can be judged after a violation");
  if (state_ != state) throw py::value_error(what);
}

Verdict JudgeHandle::then(Verdict verdict, State next) {
  state_ = verdict == Verdict::kFine ? next : State::kOver;
  return verdict;
}

Verdict JudgeHandle::layers_changed(const model::Layers& layers) {
  if (state_ == State::kNoLayers) state_ = State::kUnmounted;
  require(State::kUnmounted, "layers change while nothing is mounted");
  has_upper_ = layers.upper.has_value();
  return then(judge_.layers_changed(layers), State::kUnmounted);
}

void JudgeHandle::changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after) {
  require(State::kUnmounted, "layers change while nothing is mounted");
  judge_.changed(mutation, before, after);
}

Verdict JudgeHandle::mounted(const std::optional<oracle::Failure>& failure) {
  require(State::kUnmounted, "layers_changed() comes first, and a mount only once");
  return then(judge_.mounted(failure), failure ? State::kUnmounted : State::kMounted);
}

Verdict JudgeHandle::step(const Caller& caller, const Operation& operation, const Outcome& outcome) {
  require(State::kMounted, "mounted() comes first");
  return then(judge_.step(caller, operation, outcome), State::kMounted);
}

Verdict JudgeHandle::ended(const oracle::Scanned& scanned, oracle::Ending ending) {
  require(State::kMounted, "mounted() comes first");
  if (scanned.layers.upper.has_value() != has_upper_)
    throw py::value_error("the stack has an upper before and after a mount, or neither");
  return then(judge_.ended(scanned, ending), State::kUnmounted);
}

Verdict JudgeHandle::kernel_view(const model::Tree& seen) {
  require(State::kUnmounted, "the kernel's view is told after a mount ended");
  return then(judge_.kernel_view(seen), State::kUnmounted);
}

std::vector<Operation> JudgeHandle::walk() const {
  if (state_ != State::kMounted) return {};
  return judge_.walk();
}

const model::Tree& JudgeHandle::tree() const { return judge_.world().tree; }

}  // namespace ovlspec::python
