// Operations on names.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <climits>

#include "oracle/file_status.h"
#include "oracle/syscall_operations.h"

namespace ovlspec::oracle {
namespace {

unsigned rename_bits(RenameMode mode) {
  switch (mode) {
    case RenameMode::kReplace: return 0;
    case RenameMode::kNoReplace: return RENAME_NOREPLACE;
    case RenameMode::kExchange: return RENAME_EXCHANGE;
    case RenameMode::kWhiteout: return RENAME_WHITEOUT;
  }
  return 0;
}

}  // namespace

Outcome outcome_of(long result) { return result < 0 ? Outcome::failure(last_error()) : Outcome::success(); }

Outcome SyscallOperations::operator()(const Mkdir& operation) const {
  return outcome_of(::mkdir(operation.path.c_str(), operation.mode & kModeMask));
}

Outcome SyscallOperations::operator()(const Rmdir& operation) const {
  return outcome_of(::rmdir(operation.path.c_str()));
}

Outcome SyscallOperations::operator()(const Unlink& operation) const {
  return outcome_of(::unlink(operation.path.c_str()));
}

Outcome SyscallOperations::operator()(const Link& operation) const {
  const int flags = operation.follow == Follow::kFollow ? AT_SYMLINK_FOLLOW : 0;
  return outcome_of(::linkat(AT_FDCWD, operation.from.c_str(), AT_FDCWD, operation.to.c_str(), flags));
}

Outcome SyscallOperations::operator()(const Symlink& operation) const {
  return outcome_of(::symlink(operation.target.c_str(), operation.path.c_str()));
}

Outcome SyscallOperations::operator()(const Readlink& operation) const {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(operation.path.c_str(), target, sizeof target);
  return size < 0 ? outcome_of(size) : Outcome::success(std::string(target, static_cast<std::size_t>(size)));
}

Outcome SyscallOperations::operator()(const Rename& operation) const {
  return outcome_of(::syscall(SYS_renameat2, AT_FDCWD, operation.from.c_str(), AT_FDCWD, operation.to.c_str(),
                              rename_bits(operation.mode)));
}

Outcome SyscallOperations::operator()(const Mknod& operation) const {
  const mode_t mode = mode_from_type(operation.type) | (operation.mode & kModeMask);
  const dev_t device = gnu_dev_makedev(operation.device.major, operation.device.minor);
  return outcome_of(::mknod(operation.path.c_str(), mode, device));
}

Outcome SyscallOperations::operator()(const StatFileSystem& operation) const {
  struct statfs status;
  if (::statfs(operation.path.c_str(), &status) != 0) return outcome_of(-1);
  return Outcome::success(FileSystemStatus{.name_max = static_cast<std::uint64_t>(status.f_namelen),
                                           .block_size = static_cast<std::uint64_t>(status.f_bsize),
                                           .read_only = (status.f_flags & ST_RDONLY) != 0});
}

}  // namespace ovlspec::oracle
