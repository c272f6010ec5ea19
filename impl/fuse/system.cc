#include "impl/fuse/system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "impl/fuse/protocol.h"

namespace ovlspec::fuse {
namespace {

constexpr const char* kDevice = "/dev/fuse";
constexpr const char* kType = "fuse.fuse-ovlspec";

Errno error_of(int number) { return errno_from_number(number).value_or(Errno::kEIO); }
Errno last_error() { return error_of(errno); }

unsigned long native_flags(MountFlags flags) {
  struct Pair {
    MountFlag flag;
    unsigned long native;
  };
  constexpr std::array<Pair, 11> kPairs = {{
      {MountFlag::kReadOnly, MS_RDONLY},
      {MountFlag::kNoSetId, MS_NOSUID},
      {MountFlag::kNoDevices, MS_NODEV},
      {MountFlag::kNoExecute, MS_NOEXEC},
      {MountFlag::kNoAccessTimes, MS_NOATIME},
      {MountFlag::kNoDirectoryAccessTimes, MS_NODIRATIME},
      {MountFlag::kRelativeAccessTimes, MS_RELATIME},
      {MountFlag::kStrictAccessTimes, MS_STRICTATIME},
      {MountFlag::kSynchronous, MS_SYNCHRONOUS},
      {MountFlag::kSynchronousDirectories, MS_DIRSYNC},
      {MountFlag::kLazyTimes, 1UL << 25},
  }};
  unsigned long native = 0;
  for (const Pair& pair : kPairs) {
    if (flags.has(pair.flag)) native |= pair.native;
  }
  return native;
}

// The mount that an O_PATH descriptor lies on, as /proc/self/mountinfo has it; empty where /proc does not tell. Asks
// the mount itself nothing.
std::string mount_line(const Descriptor& directory) {
  std::ifstream information(fmt::format("/proc/self/fdinfo/{}", directory.number()));
  std::string id;
  std::string key;
  std::string value;
  while (id.empty() && information >> key >> value) {
    if (key == "mnt_id:") id = value;
  }
  std::ifstream mounts("/proc/self/mountinfo");
  std::string line;
  while (!id.empty() && std::getline(mounts, line)) {
    if (line.starts_with(id + " ")) return line;
  }
  return "";
}

bool is_ours(const std::string& mount_line) {
  return mount_line.find(fmt::format(" - {} ", kType)) != std::string::npos;
}

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

std::string error_text(Errno error) { return std::generic_category().message(static_cast<int>(error)); }

Result<Descriptor> open_directory(const std::string& path) {
  Descriptor directory(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return last_error();
  return directory;
}

Result<Descriptor> open_parent(const Descriptor& directory) {
  Descriptor parent(openat(directory.number(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return last_error();
  return parent;
}

Result<DirectoryIdentity> directory_identity(const Descriptor& directory) {
  struct stat status {};
  if (fstat(directory.number(), &status) != 0) return last_error();
  return DirectoryIdentity{.device = status.st_dev, .inode = status.st_ino};
}

Result<std::string> resolve(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  if (resolved == nullptr) return last_error();
  return std::string(resolved.get());
}

Result<Descriptor> lock_directory(const Descriptor& directory) {
  Descriptor lock(openat(directory.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.valid() || flock(lock.number(), LOCK_EX | LOCK_NB) != 0) return last_error();
  return lock;
}

Result<bool> on_read_only_file_system(const Descriptor& directory) {
  struct statvfs status {};
  if (fstatvfs(directory.number(), &status) != 0) return last_error();
  return (status.f_flag & ST_RDONLY) != 0;
}

bool on_stacked_file_system(const Descriptor& directory) {
  struct statfs status {};
  return fstatfs(directory.number(), &status) == 0 && status.f_type == OVERLAYFS_SUPER_MAGIC;
}

Result<Space> space(const Descriptor& directory) {
  struct statvfs status {};
  if (fstatvfs(directory.number(), &status) != 0) return last_error();
  return Space{.block_size = status.f_frsize,
               .blocks = status.f_blocks,
               .free_blocks = status.f_bfree,
               .available_blocks = status.f_bavail,
               .files = status.f_files,
               .free_files = status.f_ffree};
}

Result<Descriptor> open_fuse_device() {
  Descriptor device(open(kDevice, O_RDWR | O_CLOEXEC));
  if (!device.valid()) return last_error();
  return device;
}

Status mount_connection(const Descriptor& device, const MountCall& call) {
  std::string data = fmt::format("fd={},rootmode={:o},user_id={},group_id={},default_permissions,allow_other",
                                 device.number(), S_IFDIR, geteuid(), getegid());
  if (!call.security.empty()) data += "," + call.security;
  if (mount(call.source.c_str(), call.mount_point.c_str(), kType, native_flags(call.flags), data.c_str()) != 0) {
    return last_error();
  }
  return {};
}

Status make_mount_private(const std::string& mount_point) {
  if (mount(nullptr, mount_point.c_str(), nullptr, MS_PRIVATE, nullptr) != 0) return last_error();
  return {};
}

void unmount_connection(int device, const std::string& mount_point) {
  pollfd state{.fd = device, .events = 0, .revents = 0};
  // An error on the device: somebody unmounted it, and what is mounted there now is not ours.
  if (poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0) return;
  umount2(mount_point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

void detach_dead_mount(const std::string& mount_point) {
  const Result<Descriptor> directory = open_directory(mount_point);
  if (!directory) return;
  struct stat status {};
  if (fstat(directory->number(), &status) == 0) return;
  // ECANCELED of a connection over io_uring that is being torn down.
  if (errno != ENOTCONN && errno != ECONNABORTED && errno != ECANCELED) return;
  if (is_ours(mount_line(*directory))) umount2(mount_point.c_str(), MNT_DETACH);
}

void set_read_ahead(const std::string& mount_point, unsigned kibibytes) {
  const Result<Descriptor> directory = open_directory(mount_point);
  if (!directory) return;
  // A process that waited for its own answer could not be killed.
  std::istringstream fields(mount_line(*directory));
  std::string id;
  std::string parent;
  std::string device;  // major:minor
  fields >> id >> parent >> device;
  std::ofstream setting(fmt::format("/sys/class/bdi/{}/read_ahead_kb", device));
  setting << kibibytes << std::flush;
}

Result<Descriptor> clone_fuse_device(int device) {
  Result<Descriptor> clone = open_fuse_device();
  if (!clone) return clone.error();
  std::uint32_t original = static_cast<std::uint32_t>(device);
  if (ioctl(clone->number(), FUSE_DEV_IOC_CLONE, &original) != 0) return last_error();
  return clone;
}

Result<std::int32_t> open_backing(int device, int file) {
  const protocol::BackingMap map{.descriptor = file, .flags = 0, .padding = 0};
  const int backing = ioctl(device, protocol::kBackingOpen, &map);
  if (backing <= 0) return backing < 0 ? last_error() : Errno::kEIO;
  return backing;
}

void close_backing(int device, std::int32_t backing) {
  const std::uint32_t id = static_cast<std::uint32_t>(backing);
  ioctl(device, protocol::kBackingClose, &id);
}

ssize_t read_device(int device, void* buffer, std::size_t size) { return read(device, buffer, size); }

ssize_t write_device(int device, const iovec* parts, int count) { return writev(device, parts, count); }

std::size_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

void prepare_wake_up() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  // Without SA_RESTART: the read that is interrupted answers EINTR.
  sigaction(SIGUSR1, &action, nullptr);
}

void wake_up(pthread_t thread) { pthread_kill(thread, SIGUSR1); }

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
}

StopSignals::~StopSignals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void StopSignals::wait(int event) {
  std::array<pollfd, 2> waited = {{
      {.fd = signals_.number(), .events = POLLIN, .revents = 0},
      {.fd = event, .events = POLLIN, .revents = 0},
  }};
  while (poll(waited.data(), waited.size(), -1) < 0 && errno == EINTR) {
  }
  signalfd_siginfo taken{};
  // Taken off, so that it does not strike once the signals are let through again.
  if ((waited[0].revents & POLLIN) != 0) (void)!read(signals_.number(), &taken, sizeof taken);
}

Event::Event() : descriptor_(eventfd(0, EFD_CLOEXEC)) {}

void Event::set() { eventfd_write(descriptor_.number(), 1); }

void Event::wait() const {
  pollfd waited{.fd = descriptor_.number(), .events = POLLIN, .revents = 0};
  while (poll(&waited, 1, -1) < 0 && errno == EINTR) {
  }
}

Attempt<Daemon> Daemon::start() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Failure{.message = "pipe: " + error_text(last_error())};
  Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const pid_t child = fork();
  if (child < 0) return Failure{.message = "fork: " + error_text(last_error())};
  if (child == 0) {
    setsid();
    return Daemon(std::move(writer));
  }
  writer = Descriptor();
  unsigned char status = kExitFailure;
  ssize_t count = 0;
  while ((count = read(reader.number(), &status, 1)) < 0 && errno == EINTR) {
  }
  _exit(count == 1 ? status : kExitFailure);
}

void Daemon::ready() {
  if (chdir("/") != 0) return;
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.number(), standard);
  failed(0);
}

void Daemon::failed(int exit_status) {
  const auto status = static_cast<unsigned char>(exit_status);
  (void)!write(report_.number(), &status, 1);
  report_ = Descriptor();
}

ProcessIds own_ids() { return {.user = geteuid(), .group = getegid()}; }

bool may_set_trusted_attributes() {
  constexpr ino_t kFirstUserNamespace = 0xeffffffd;  // the kernel's PROC_USER_INIT_INO
  struct stat status {};
  if (stat("/proc/self/ns/user", &status) != 0 || status.st_ino != kFirstUserNamespace) return false;
  return has_capability(getpid(), Capability::kSysAdmin);
}

void drop_needless_capabilities() {
  // Owners, modes, devices and attributes of any file; the mount and passthrough; the limit of descriptors.
  constexpr std::array kNeeded = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,    CAP_FSETID,
                                  CAP_SETGID, CAP_SETUID,       CAP_LINUX_IMMUTABLE, CAP_SYS_ADMIN, CAP_SYS_RESOURCE,
                                  CAP_MKNOD,  CAP_SETFCAP,      CAP_MAC_ADMIN};
  std::array<std::uint32_t, 2> needed{};
  for (const int capability : kNeeded) needed[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if ((needed[CAP_TO_INDEX(capability)] & CAP_TO_MASK(capability)) == 0)
      prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // what a program that is started could get back
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].effective &= needed[i];
    sets[i].permitted &= needed[i];
    sets[i].inheritable &= needed[i];
  }
  syscall(SYS_capset, &header, sets.data());
}

bool has_capability(int pid, Capability capability) {
  constexpr std::string_view kEffective = "CapEff:";
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(kEffective, 0) != 0) continue;
    return Capabilities(std::strtoull(line.c_str() + kEffective.size(), nullptr, 16)).has(capability);
  }
  return false;
}

}  // namespace ovlspec::fuse
