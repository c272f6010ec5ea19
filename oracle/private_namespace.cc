#include "oracle/private_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <climits>
#include <mutex>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

struct Shared {
  std::mutex mutex;
  Descriptor name_space;  // open once it was made
};

Shared& shared() {
  static Shared* const instance = new Shared;
  return *instance;
}

Attempt<Done> refused(const char* what) {
  const Errno error = last_error();
  return {.value = std::nullopt, .failure = {error, std::string(what) + ": " + std::string(errno_name(error))}};
}

Attempt<Done> make() {
  if (::unshare(CLONE_NEWNS | CLONE_FS) != 0) return refused("cannot make a private mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refused("cannot make mounts private");
  shared().name_space.reset(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!shared().name_space.open()) return refused("cannot open the mount namespace");
  return {.value = Done{}, .failure = {}};
}

// setns moves the thread's working directory to the root: it is put back by its path.
Attempt<Done> join() {
  char directory[PATH_MAX];
  const char* before = ::getcwd(directory, sizeof directory);
  if (::unshare(CLONE_FS) != 0) return refused("cannot leave the shared working directory");
  if (::setns(shared().name_space.get(), CLONE_NEWNS) != 0) return refused("cannot enter the private mount namespace");
  if (before != nullptr && ::chdir(before) != 0) return refused("cannot return to the working directory");
  return {.value = Done{}, .failure = {}};
}

}  // namespace

Attempt<Done> enter_private_namespace() {
  thread_local bool inside = false;
  if (inside) return {.value = Done{}, .failure = {}};
  const std::lock_guard lock(shared().mutex);
  auto entered = shared().name_space.open() ? join() : make();
  inside = entered.ok();
  return entered;
}

void forget_namespace_of_parent() {
  const std::lock_guard lock(shared().mutex);
  shared().name_space.reset();
}

}  // namespace ovlspec::oracle
