// The system calls that change the process or the thread.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "impl/store/syscalls.h"

namespace ovlspec::impl::syscalls {
namespace {

Errno last_error() { return errno_from_number(errno).value_or(Errno::kEIO); }

}  // namespace

void clear_umask() { umask(0); }

Result<std::uint64_t> raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error();
  // What the kernel allows to the privileged (fs.nr_open) is at least this.
  constexpr rlim_t kWanted = 1U << 20;
  if (limit.rlim_max < kWanted) {
    const rlimit higher = {.rlim_cur = kWanted, .rlim_max = kWanted};
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return std::uint64_t{kWanted};
  }
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error();
  return std::uint64_t{limit.rlim_cur};
}

void reserve_descriptors(std::uint64_t count) {
  const Descriptor any(open("/", O_PATH | O_CLOEXEC));
  if (any.get() >= 0) Descriptor(fcntl(any.get(), F_DUPFD_CLOEXEC, static_cast<int>(count - 1)));
}

ActingAs::SavedCapabilities ActingAs::capabilities() {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  SavedCapabilities saved;
  static_assert(sizeof saved == 2 * sizeof(__user_cap_data_struct));
  syscall(SYS_capget, &header, saved.words);
  return saved;
}

void ActingAs::set_capabilities(const SavedCapabilities& saved) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  syscall(SYS_capset, &header, saved.words);
}

ActingAs::ActingAs(Uid uid, Gid gid) : changed_(geteuid() != uid || getegid() != gid) {
  if (!changed_) return;
  saved_ = capabilities();
  setfsgid(gid);
  setfsuid(uid);
  // Leaving uid 0 takes the file capabilities away.
  set_capabilities(saved_);
}

ActingAs::~ActingAs() {
  if (!changed_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
  set_capabilities(saved_);
}

}  // namespace ovlspec::impl::syscalls
