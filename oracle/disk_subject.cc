#include "oracle/disk_subject.h"

#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <utility>

#include "oracle/mount_handles.h"
#include "oracle/private_namespace.h"
#include "oracle/thread_session.h"

namespace ovlspec::oracle {
namespace {

template <typename T>
Attempt<T> not_now(const char* what) {
  return {.value = std::nullopt, .failure = {Errno::kEBUSY, what}};
}

constexpr const char* kMounted = "the layers cannot be touched while they are mounted";

}  // namespace

Attempt<Done> DiskSubject::prepare(const Trace& trace) {
  if (auto entered = enter_private_namespace(); !entered.ok()) return entered;
  ThreadSession::current().leave();
  if (mounted_)
    if (auto ended = unmount(); !ended.ok()) return ended;
  options_ = trace.options;
  prepared();
  return stack_.prepare(trace);
}

Attempt<Done> DiskSubject::mount() {
  if (!stack_.prepared()) return not_now<Done>("there are no layers to mount");
  if (mounted_) return {.value = Done{}, .failure = {}};
  ThreadSession::current().leave();
  const std::string point = stack_.mount_point();
  if (auto begun = begin(stack_.paths(), options_, point); !begun.ok()) return begun;
  mounted_ = true;
  auto entered = enter(point);
  if (!entered.ok()) (void)unmount();
  return entered;
}

Attempt<Done> DiskSubject::enter(const std::string& mount_point) {
  Descriptor root(::open(mount_point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return {.value = std::nullopt, .failure = system_failure("cannot open the mount")};
  executor_.attach(std::move(root));
  return {.value = Done{}, .failure = {}};
}

bool DiskSubject::root_answers() const {
  struct statfs status;
  return executor_.attached() && ::fstatfs(executor_.mount(), &status) == 0;
}

Attempt<Done> DiskSubject::unmount() {
  if (!std::exchange(mounted_, false)) return {.value = Done{}, .failure = {}};
  executor_.detach();
  ThreadSession::current().leave();
  return end(stack_.mount_point());
}

Attempt<Done> DiskSubject::crash() {
  if (!std::exchange(mounted_, false)) return {.value = Done{}, .failure = {}};
  ThreadSession::current().leave();
  die();
  executor_.detach();
  return end_crashed(stack_.mount_point());
}

void DiskSubject::end_quietly() {
  ThreadSession::current().leave();
  if (mounted_) (void)unmount();
}

void DiskSubject::drop_caches() {
  ThreadSession::current().leave();
  const Descriptor file(::open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC));
  constexpr std::string_view kDentriesAndInodes = "2";
  if (file.open()) (void)!::write(file.get(), kDentriesAndInodes.data(), kDentriesAndInodes.size());
}

Outcome DiskSubject::apply(const Caller& caller, const Operation& operation) {
  return executor_.apply(caller, operation);
}

Result<std::string> DiskSubject::take_handle(const std::string& path) {
  ThreadSession::current().leave();
  return handle_of(stack_.mount_point(), path);
}

Result<HandleOpened> DiskSubject::open_handle(const std::string& handle) {
  ThreadSession::current().leave();
  return opened_by_handle(stack_.mount_point(), handle);
}

Attempt<Done> DiskSubject::mutate(const model::Mutation& mutation) {
  if (mounted_) return not_now<Done>(kMounted);
  ThreadSession::current().leave();
  return stack_.mutate(mutation);
}

Attempt<Scanned> DiskSubject::scan() {
  if (mounted_) return not_now<Scanned>(kMounted);
  ThreadSession::current().leave();
  return stack_.scan();
}

std::optional<Attempt<model::Tree>> DiskSubject::kernel_view() {
  if (mounted_) return not_now<model::Tree>(kMounted);
  ThreadSession::current().leave();
  return stack_.kernel_view();
}

}  // namespace ovlspec::oracle
