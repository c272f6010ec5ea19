#include "python/subject_handle.h"

#include <utility>

#include "python/errors.h"

namespace ovlspec::python {

namespace py = pybind11;

SubjectHandle::SubjectHandle(const std::string& name) : name_(name), worker_([this] { end(); }) {
  oracle::SubjectOrError made = worker_.run([&] { return oracle::make_subject(name); });
  if (!made.subject) raise(made.error);
  subject_ = std::move(made.subject);
}

void SubjectHandle::end() {
  if (subject_ && mounted()) (void)subject_->unmount();
  subject_.reset();
}

void SubjectHandle::require_mounted() const {
  if (!mounted()) throw py::value_error(name_ + " is not mounted");
}

void SubjectHandle::require_unmounted() const {
  if (state_ == State::kNew) throw py::value_error(name_ + " has no layers: prepare() comes first");
  if (mounted()) throw py::value_error(name_ + " is mounted");
}

void SubjectHandle::prepare(const oracle::Trace& trace) {
  if (mounted()) throw py::value_error(name_ + " is mounted");
  value_or_raise(worker_.run([&] { return subject_->prepare(trace); }));
  state_ = State::kPrepared;
}

void SubjectHandle::mount() {
  require_unmounted();
  value_or_raise(worker_.run([&] { return subject_->mount(); }));
  state_ = State::kMounted;
}

void SubjectHandle::unmount() {
  require_mounted();
  value_or_raise(worker_.run([&] { return subject_->unmount(); }));
  state_ = State::kPrepared;
}

void SubjectHandle::crash() {
  require_mounted();
  value_or_raise(worker_.run([&] { return subject_->crash(); }));
  state_ = State::kPrepared;
}

void SubjectHandle::drop_caches() {
  require_mounted();
  worker_.run([&] { subject_->drop_caches(); });
}

Outcome SubjectHandle::apply(const Caller& caller, const Operation& operation) {
  require_mounted();
  return worker_.run([&] { return subject_->apply(caller, operation); });
}

void SubjectHandle::mutate(const model::Mutation& mutation) {
  require_unmounted();
  value_or_raise(worker_.run([&] { return subject_->mutate(mutation); }));
}

oracle::Scanned SubjectHandle::scan() {
  require_unmounted();
  return value_or_raise(worker_.run([&] { return subject_->scan(); }));
}

std::optional<model::Tree> SubjectHandle::kernel_view() {
  require_unmounted();
  auto view = worker_.run([&] { return subject_->kernel_view(); });
  if (!view) return std::nullopt;
  return value_or_raise(std::move(*view));
}

}  // namespace ovlspec::python
