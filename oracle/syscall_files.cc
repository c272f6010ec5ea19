// Operations on open files and directories.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "oracle/syscall_operations.h"

namespace ovlspec::oracle {
namespace {

int access_bits(Access access) {
  switch (access) {
    case Access::kRead: return O_RDONLY;
    case Access::kWrite: return O_WRONLY;
    case Access::kReadWrite: return O_RDWR;
  }
  return O_RDONLY;
}

int open_bits(const OpenFlags& flags) {
  int bits = access_bits(flags.access) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  if (flags.create) bits |= O_CREAT;
  if (flags.create && flags.exclusive) bits |= O_EXCL;
  if (flags.truncate) bits |= O_TRUNC;
  if (flags.append) bits |= O_APPEND;
  if (flags.directory) bits |= O_DIRECTORY;
  if (flags.no_follow) bits |= O_NOFOLLOW;
  return bits;
}

Outcome entries_of(DirectoryReader& reader, int descriptor, std::size_t count) {
  std::vector<DirectoryEntry> entries;
  const Status status = reader.read(descriptor, count, entries);
  return status.ok() ? Outcome::success(std::move(entries)) : Outcome::failure(status.error());
}

}  // namespace

Outcome SyscallOperations::operator()(const Open& operation) const {
  if (operation.slot >= kSlots) return Outcome::failure(Errno::kEBADF);
  SyscallExecutor::OpenSlot& slot = slots[operation.slot];
  const int number = ::open(operation.path.c_str(), open_bits(operation.flags), operation.mode & kModeMask);
  if (number < 0) return outcome_of(number);
  slot.reader.rewind();
  slot.descriptor.reset(number);
  return Outcome::success();
}

Outcome SyscallOperations::operator()(const Close& operation) const {
  const int number = descriptor(operation.slot);
  if (number < 0) return Outcome::failure(Errno::kEBADF);
  return outcome_of(::close(slots[operation.slot].descriptor.release()));
}

Outcome SyscallOperations::operator()(const Read& operation) const {
  std::string bytes(std::min(operation.length, kFileSizeLimit), '\0');
  const ssize_t count =
      ::pread(descriptor(operation.slot), bytes.data(), bytes.size(), static_cast<off_t>(operation.offset));
  if (count < 0) return outcome_of(count);
  bytes.resize(static_cast<std::size_t>(count));
  return Outcome::success(std::move(bytes));
}

Outcome SyscallOperations::operator()(const Write& operation) const {
  const ssize_t count = ::pwrite(descriptor(operation.slot), operation.data.data(), operation.data.size(),
                                 static_cast<off_t>(operation.offset));
  return count < 0 ? outcome_of(count) : Outcome::success(static_cast<std::uint64_t>(count));
}

Outcome SyscallOperations::operator()(const ReadDirectory& operation) const {
  const int number = descriptor(operation.slot);
  if (number < 0) return Outcome::failure(Errno::kEBADF);
  return entries_of(slots[operation.slot].reader, number, operation.count);
}

Outcome SyscallOperations::operator()(const RewindDirectory& operation) const {
  const int number = descriptor(operation.slot);
  if (number < 0) return Outcome::failure(Errno::kEBADF);
  slots[operation.slot].reader.rewind();
  return outcome_of(::lseek(number, 0, SEEK_SET));
}

Outcome SyscallOperations::operator()(const ListDirectory& operation) const {
  const Descriptor directory(
      ::open(operation.path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!directory.open()) return outcome_of(directory.get());
  DirectoryReader reader(DirectoryReader::Chunk::kLarge);
  return entries_of(reader, directory.get(), 0);
}

Outcome SyscallOperations::operator()(const Sync& operation) const {
  const int number = descriptor(operation.slot);
  return outcome_of(operation.data_only ? ::fdatasync(number) : ::fsync(number));
}

Outcome SyscallOperations::operator()(const Lock& operation) const {
  const int kind = operation.kind == LockKind::kShared      ? LOCK_SH
                   : operation.kind == LockKind::kExclusive ? LOCK_EX
                                                            : LOCK_UN;
  return outcome_of(::flock(descriptor(operation.slot), kind | LOCK_NB));
}

}  // namespace ovlspec::oracle
