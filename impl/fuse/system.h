// The system calls of the FUSE session beyond the store's: directories looked at before they become layers, the FUSE
// device, mounting, and becoming a daemon. Nothing else in impl/fuse makes system calls, but for libfuse and the rings
// over io_uring (request_ring.cc).
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "impl/fuse/options.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/result.h"

namespace ovlspec::fuse {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// What perror would say.
std::string error_text(Errno error);

// --- Directories

struct DirectoryIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const DirectoryIdentity&) const = default;
};
// A handle on a directory (O_PATH); follows symlinks, as a mount option does.
Result<Descriptor> open_directory(const std::string& path);
Result<Descriptor> open_parent(const Descriptor& directory);
Result<DirectoryIdentity> directory_identity(const Descriptor& directory);
// The absolute path of an existing directory, without symlinks.
Result<std::string> resolve(const std::string& path);
// Keeps others that lock the same directory out, until the returned descriptor closes. EAGAIN: locked already.
Result<Descriptor> lock_directory(const Descriptor& directory);
// Whether the directory's file system takes no writes.
Result<bool> on_read_only_file_system(const Descriptor& directory);
// Whether it is an overlay, whose files can be backing files only of a deeper stack.
bool on_stacked_file_system(const Descriptor& directory);

// statfs's counts, in units of block_size.
struct Space {
  std::uint64_t block_size = 0;
  std::uint64_t blocks = 0;
  std::uint64_t free_blocks = 0;
  std::uint64_t available_blocks = 0;
  std::uint64_t files = 0;
  std::uint64_t free_files = 0;
};
Result<Space> space(const Descriptor& directory);

// --- Mounting

struct MountCall {
  std::string source;
  std::string mount_point;  // absolute
  MountFlags flags;
  std::string security;  // context= and the like; may be empty
};
// A connection that is not mounted yet.
Result<Descriptor> open_fuse_device();
// Mounts the connection with mount(2), for everybody, with default_permissions. EPERM without the privilege.
Status mount_connection(const Descriptor& device, const MountCall& call);
// What is mounted in it, or on it, shows in no copy of the tree of mounts, and the other way round.
Status make_mount_private(const std::string& mount_point);
// Detaches the mount, if the connection of `device` is still mounted.
void unmount_connection(int device, const std::string& mount_point);
// Detaches a mount of ours at `mount_point` whose daemon died. Nothing where there is none.
void detach_dead_mount(const std::string& mount_point);

// How far ahead the kernel reads files of the mount, in KiB, where it lets us say so.
void set_read_ahead(const std::string& mount_point, unsigned kibibytes);

// --- The FUSE device

// Another queue of the same connection, for a thread of its own.
Result<Descriptor> clone_fuse_device(int device);
// The id by which replies name an open file that serves passthrough.
Result<std::int32_t> open_backing(int device, int file);
void close_backing(int device, std::int32_t backing);
// read(2), write(2)'s vector form, as libfuse wants them: -1 and errno.
ssize_t read_device(int device, void* buffer, std::size_t size);
ssize_t write_device(int device, const iovec* parts, int count);
// How many descriptors the process may have.
std::size_t descriptor_limit();

// --- The process

// Lets another thread that is in a blocking read go on, with EINTR. REQUIRES: prepare_wake_up() came before.
void prepare_wake_up();
void wake_up(pthread_t thread);

// SIGTERM, SIGINT and SIGHUP, taken as a wish to stop. They are blocked in this thread, and in the ones it makes, as
// long as this lives.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  // Returns at the first such signal, or once `event` is readable.
  void wait(int event);

 private:
  Descriptor signals_;
};

// A flag that other threads wait for, and that poll(2) sees.
class Event {
 public:
  Event();
  void set();
  void wait() const;
  int descriptor() const { return descriptor_.number(); }

 private:
  Descriptor descriptor_;
};

// Splits into a parent that waits and a daemon. The parent does not return: it exits with the status that the daemon
// reports, or with a failure where the daemon dies first.
class Daemon {
 public:
  static Attempt<Daemon> start();
  // Reports success to the parent, and leaves the terminal.
  void ready();
  // Reports a failure; the error line has been printed.
  void failed(int exit_status);

 private:
  explicit Daemon(Descriptor report) : report_(std::move(report)) {}
  Descriptor report_;
};

struct ProcessIds {
  Uid user = 0;
  Gid group = 0;
};
ProcessIds own_ids();

// Whether this process may set trusted.* attributes: the privilege counts in the first user namespace alone.
bool may_set_trusted_attributes();

// Gives up every capability that serving a mount never needs, for this thread and those that it starts.
void drop_needless_capabilities();

// Whether the thread `pid` has the capability in effect; not where /proc does not tell.
bool has_capability(int pid, Capability capability);

}  // namespace ovlspec::fuse
