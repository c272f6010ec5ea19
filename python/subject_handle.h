// A subject as Python holds it: on a thread of its own, and asked only for what its state allows.
#pragma once

#include <memory>
#include <string>

#include "oracle/subject.h"
#include "python/worker.h"

namespace ovlspec::python {

class SubjectHandle {
 public:
  // Raises what errors.h says where there is no such subject, or it cannot run here.
  explicit SubjectHandle(const std::string& name);
  // Unmounts.
  ~SubjectHandle() = default;
  SubjectHandle(const SubjectHandle&) = delete;
  SubjectHandle& operator=(const SubjectHandle&) = delete;

  const std::string& name() const { return name_; }
  bool mounted() const { return state_ == State::kMounted; }

  // As oracle::Subject. Raise ValueError where the state does not allow it, and ovlspec.Failure.
  void prepare(const oracle::Trace& trace);
  void mount();
  void unmount();
  void crash();
  void drop_caches();
  Outcome apply(const Caller& caller, const Operation& operation);
  void mutate(const model::Mutation& mutation);
  oracle::Scanned scan();
  // Nothing where the kernel cannot mount the layers.
  std::optional<model::Tree> kernel_view();

  // Calls `action` with the subject, on its thread; it leaves the subject unmounted, with the last trace's layers.
  template <typename Action>
  auto with(Action action) {
    state_ = State::kPrepared;
    return worker_.run([&] { return action(*subject_); });
  }

 private:
  enum class State : std::uint8_t { kNew, kPrepared, kMounted };

  // On the thread.
  void end();
  void require_mounted() const;
  void require_unmounted() const;

  std::string name_;
  State state_ = State::kNew;
  std::unique_ptr<oracle::Subject> subject_;
  Worker worker_;  // last: its thread ends with end()
};

}  // namespace ovlspec::python
