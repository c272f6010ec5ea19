#include "oracle/thread_session.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace ovlspec::oracle {
namespace {

// Raw calls: the C library's wrappers change all threads of a process.
struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

// What lets a thread become another caller, and leave a root directory.
constexpr std::uint64_t kKept = bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_SETPCAP) | bit(CAP_SYS_CHROOT);

CapabilitySets read_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  ::syscall(SYS_capget, &header, data);
  const auto joined = [](std::uint32_t low, std::uint32_t high) { return low | (std::uint64_t{high} << 32); };
  return {.effective = joined(data[0].effective, data[1].effective),
          .permitted = joined(data[0].permitted, data[1].permitted),
          .inheritable = joined(data[0].inheritable, data[1].inheritable)};
}

Status write_capabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; ++half) {
    data[half].effective = static_cast<std::uint32_t>(sets.effective >> (32 * half));
    data[half].permitted = static_cast<std::uint32_t>(sets.permitted >> (32 * half));
    data[half].inheritable = static_cast<std::uint32_t>(sets.inheritable >> (32 * half));
  }
  return ::syscall(SYS_capset, &header, data) == 0 ? Status() : Status(last_error());
}

Caller own_caller() {
  Caller caller;
  // An id that cannot be: it changes nothing and tells the present one.
  caller.uid = static_cast<Uid>(::setfsuid(static_cast<uid_t>(-1)));
  caller.gid = static_cast<Gid>(::setfsgid(static_cast<gid_t>(-1)));
  gid_t groups[65536 / sizeof(gid_t)];
  const int count = ::getgroups(static_cast<int>(std::size(groups)), groups);
  if (count > 0) caller.groups.assign(groups, groups + count);
  caller.umask = ::umask(0);
  ::umask(caller.umask);
  return caller;
}

[[noreturn]] void abort_astray(const char* what) {
  std::fprintf(stderr, "ovlspec: a thread cannot leave its mount: %s\n", what);
  std::abort();
}

}  // namespace

ThreadCredentials::ThreadCredentials() : own_(own_caller()) {
  const CapabilitySets sets = read_capabilities();
  own_effective_ = sets.effective;
  permitted_ = sets.permitted;
  inheritable_ = sets.inheritable;
}

Status ThreadCredentials::set(const Caller& caller, std::uint64_t effective) {
  const Caller& before = current_ ? *current_ : own_;
  if (caller.groups != before.groups && ::syscall(SYS_setgroups, caller.groups.size(), caller.groups.data()) != 0)
    return last_error();
  if (caller.gid != before.gid) ::setfsgid(caller.gid);
  if (caller.uid != before.uid) ::setfsuid(caller.uid);
  if (caller.umask != before.umask) ::umask(caller.umask);
  // Last: a change of user takes capabilities away.
  return write_capabilities({.effective = effective, .permitted = permitted_, .inheritable = inheritable_});
}

Status ThreadCredentials::adopt(const Caller& caller) {
  if (settled_ && current_ && *current_ == caller) return {};
  const Status status = set(caller, (caller.capabilities.bits() | kKept) & permitted_);
  current_ = caller;
  settled_ = status.ok();
  return status;
}

Status ThreadCredentials::restore() {
  if (!current_) return {};
  OVLSPEC_TRY(set(own_, own_effective_));
  current_.reset();
  return {};
}

ThreadSession& ThreadSession::current() {
  thread_local ThreadSession session;
  return session;
}

ThreadSession::ThreadSession() : root_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

Status ThreadSession::enter(int mount, std::uint64_t identity, const Caller& caller) {
  if (inside_ != identity) {
    leave();
    if (!directory_.open()) directory_.reset(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory_.open() || ::fchdir(mount) != 0) return last_error();
    inside_ = identity;
    if (::chroot(".") != 0) return last_error();
  }
  return credentials_.adopt(caller);
}

void ThreadSession::leave() {
  if (!credentials_.restore().ok()) abort_astray("its credentials");
  if (!inside_) return;
  if (::fchdir(root_.get()) != 0 || ::chroot(".") != 0) abort_astray("its root directory");
  if (::fchdir(directory_.get()) != 0) abort_astray("its working directory");
  directory_.reset();
  inside_.reset();
}

std::uint64_t next_identity() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace ovlspec::oracle
