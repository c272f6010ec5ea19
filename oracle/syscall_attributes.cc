// Operations on attributes and extended attributes, by path or by slot.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "oracle/file_status.h"
#include "oracle/syscall_operations.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kXattrMax = 65536;  // XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h
#ifdef SYS_fchmodat2
constexpr long kFchmodat2 = SYS_fchmodat2;
#else
constexpr long kFchmodat2 = 452;  // the same number on every architecture
#endif

int follow_bits(const Target& target) { return target.follow == Follow::kFollow ? 0 : AT_SYMLINK_NOFOLLOW; }

// chmod that follows no symlink; where the kernel (before 6.6) has no call for it, by looking first.
int change_mode_of_link(const char* path, mode_t mode) {
  const long result = ::syscall(kFchmodat2, AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
  if (result == 0 || errno != ENOSYS) return static_cast<int>(result);
  struct stat status;
  if (::lstat(path, &status) != 0) return -1;
  if (!S_ISLNK(status.st_mode)) return ::chmod(path, mode);
  errno = EOPNOTSUPP;
  return -1;
}

struct timespec time_bits(const TimeChange& change) {
  switch (change.kind) {
    case TimeChange::Kind::kOmit: return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
    case TimeChange::Kind::kNow: return {.tv_sec = 0, .tv_nsec = UTIME_NOW};
    case TimeChange::Kind::kSet: return timespec_from(change.value);
  }
  return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
}

int mode_bits(XattrMode mode) {
  switch (mode) {
    case XattrMode::kAny: return 0;
    case XattrMode::kCreate: return XATTR_CREATE;
    case XattrMode::kReplace: return XATTR_REPLACE;
  }
  return 0;
}

}  // namespace

bool has_path(const Operation& operation) {
  return std::visit(
      [](const auto& with) {
        if constexpr (requires { with.target.slot; }) {
          return !with.target.slot.has_value();
        } else {
          return requires { with.path; }
          || requires { with.from; };
        }
      },
      operation);
}

Outcome SyscallOperations::operator()(const Truncate& operation) const {
  const auto size = static_cast<off_t>(operation.size);
  const Target& target = operation.target;
  return outcome_of(target.slot ? ::ftruncate(descriptor(*target.slot), size) : ::truncate(target.path.c_str(), size));
}

Outcome SyscallOperations::operator()(const Chmod& operation) const {
  const Target& target = operation.target;
  const mode_t mode = operation.mode & kModeMask;
  if (target.slot) return outcome_of(::fchmod(descriptor(*target.slot), mode));
  if (target.follow == Follow::kFollow) return outcome_of(::chmod(target.path.c_str(), mode));
  return outcome_of(change_mode_of_link(target.path.c_str(), mode));
}

Outcome SyscallOperations::operator()(const Chown& operation) const {
  const Target& target = operation.target;
  const uid_t uid = operation.uid.value_or(static_cast<uid_t>(-1));
  const gid_t gid = operation.gid.value_or(static_cast<gid_t>(-1));
  if (target.slot) return outcome_of(::fchown(descriptor(*target.slot), uid, gid));
  return outcome_of(::fchownat(AT_FDCWD, target.path.c_str(), uid, gid, follow_bits(target)));
}

Outcome SyscallOperations::operator()(const Utimens& operation) const {
  const Target& target = operation.target;
  const struct timespec times[2] = {time_bits(operation.access), time_bits(operation.modify)};
  if (target.slot) {
    const int number = descriptor(*target.slot);
    return number < 0 ? Outcome::failure(Errno::kEBADF) : outcome_of(::futimens(number, times));
  }
  return outcome_of(::utimensat(AT_FDCWD, target.path.c_str(), times, follow_bits(target)));
}

Outcome SyscallOperations::operator()(const SetXattr& operation) const {
  const Target& target = operation.target;
  const char* name = operation.name.c_str();
  const char* value = operation.value.data();
  const std::size_t size = operation.value.size();
  const int flags = mode_bits(operation.mode);
  if (target.slot) return outcome_of(::fsetxattr(descriptor(*target.slot), name, value, size, flags));
  return outcome_of(target.follow == Follow::kFollow ? ::setxattr(target.path.c_str(), name, value, size, flags)
                                                     : ::lsetxattr(target.path.c_str(), name, value, size, flags));
}

Outcome SyscallOperations::operator()(const GetXattr& operation) const {
  const Target& target = operation.target;
  const char* name = operation.name.c_str();
  char value[kXattrMax];
  const auto get = [&]() -> ssize_t {
    if (target.slot) return ::fgetxattr(descriptor(*target.slot), name, value, sizeof value);
    if (target.follow == Follow::kFollow) return ::getxattr(target.path.c_str(), name, value, sizeof value);
    return ::lgetxattr(target.path.c_str(), name, value, sizeof value);
  };
  const ssize_t size = get();
  return size < 0 ? outcome_of(size) : Outcome::success(std::string(value, static_cast<std::size_t>(size)));
}

Outcome SyscallOperations::operator()(const ListXattr& operation) const {
  const Target& target = operation.target;
  char list[kXattrMax];
  const auto get = [&]() -> ssize_t {
    if (target.slot) return ::flistxattr(descriptor(*target.slot), list, sizeof list);
    if (target.follow == Follow::kFollow) return ::listxattr(target.path.c_str(), list, sizeof list);
    return ::llistxattr(target.path.c_str(), list, sizeof list);
  };
  const ssize_t size = get();
  if (size < 0) return outcome_of(size);
  std::vector<std::string> names;
  for (const char* name = list; name < list + size; name += names.back().size() + 1) names.emplace_back(name);
  return Outcome::success(std::move(names));
}

Outcome SyscallOperations::operator()(const RemoveXattr& operation) const {
  const Target& target = operation.target;
  const char* name = operation.name.c_str();
  if (target.slot) return outcome_of(::fremovexattr(descriptor(*target.slot), name));
  return outcome_of(target.follow == Follow::kFollow ? ::removexattr(target.path.c_str(), name)
                                                     : ::lremovexattr(target.path.c_str(), name));
}

Outcome SyscallOperations::operator()(const Stat& operation) const {
  const Target& target = operation.target;
  struct stat status;
  const auto get = [&] {
    if (target.slot) return ::fstat(descriptor(*target.slot), &status);
    return ::fstatat(AT_FDCWD, target.path.c_str(), &status, follow_bits(target));
  };
  const int result = get();
  return result < 0 ? outcome_of(result) : Outcome::success(attributes_from(status));
}

}  // namespace ovlspec::oracle
