#include "oracle/fuse_subject.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <thread>

#include "oracle/kernel_subject.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 10000ms;  // of one operation, a mount and an end
constexpr const char* kProgram = "fuse-ovlspec";

bool is_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::string own_directory() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string text(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.rfind('/') + 1);
}

// Whether a file system is mounted there; asks nothing of that file system.
bool is_mount_root(const std::string& path) {
  struct statx status;
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &status) != 0) return false;
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Attempt<Done> with_words(Attempt<Done> attempt, const Daemon& daemon) {
  if (const std::string words = daemon.last_words(); !attempt.ok() && !words.empty())
    attempt.failure.what += ": " + words;
  return attempt;
}

}  // namespace

FuseSubject::FuseSubject(std::string name, std::string program, std::vector<std::string> options)
    : DiskSubject(std::move(name)),
      program_(std::move(program)),
      options_(std::move(options)),
      watchdog_(daemon_, kLimit) {}

std::optional<std::string> FuseSubject::find_program() {
  if (const char* named = std::getenv("OVLSPEC_FUSE"); named != nullptr && *named != '\0')
    return is_program(named) ? std::optional<std::string>(named) : std::nullopt;
  const std::string own = own_directory();
  std::vector<std::string> places = {own + kProgram, own + "../impl/fuse/" + kProgram};
  const char* path = std::getenv("PATH");
  std::string directories = path != nullptr ? path : "";
  while (!directories.empty()) {
    const auto colon = directories.find(':');
    places.push_back(directories.substr(0, colon) + "/" + kProgram);
    directories = colon == std::string::npos ? std::string() : directories.substr(colon + 1);
  }
  const auto found = std::find_if(places.begin(), places.end(), is_program);
  return found == places.end() ? std::nullopt : std::optional(*found);
}

std::optional<std::string> FuseSubject::unavailable() {
  if (const auto entered = enter_private_namespace(); !entered.ok()) return entered.failure.what;
  const Descriptor device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device.open()) return system_failure("cannot open /dev/fuse").what;
  return std::nullopt;
}

Attempt<Done> FuseSubject::begin(const StackPaths& paths, const std::vector<std::string>& options,
                                 const std::string& mount_point) {
  // As the kernel's overlay is mounted: no device opens.
  std::string text = "nodev,lowerdir=";
  for (std::size_t i = 0; i < paths.lowers.size(); ++i) text += (i == 0 ? "" : ":") + paths.lowers[i];
  if (!paths.upper.empty()) text += ",upperdir=" + paths.upper;
  if (!paths.work.empty()) text += ",workdir=" + paths.work;
  for (const std::string& option : options_) {
    text += "," + option;
    // The work directory is not the place for a map that outlives it.
    if (option == "identity=upfront" || option == "identity=on-lookup")
      text += ",statedir=" + stack().state_directory();
  }
  for (const std::string& option : options) text += "," + option;
  (void)watchdog_.struck();
  if (auto started = daemon_.start({program_, "-f", "-o", text, mount_point}); !started.ok()) return started;
  auto mounted = wait_for_mount(mount_point);
  if (mounted.ok()) return mounted;
  daemon_.kill();
  if (is_mount_root(mount_point)) ::umount2(mount_point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  return with_words(std::move(mounted), daemon_);
}

Attempt<Done> FuseSubject::wait_for_mount(const std::string& mount_point) {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  for (auto pause = 50us; !is_mount_root(mount_point); pause = std::min<std::chrono::microseconds>(pause * 2, 2ms)) {
    if (!daemon_.running()) {
      auto ended = daemon_.join(0ms);
      return {.value = std::nullopt, .failure = {Errno::kEINVAL, "the daemon ended before it mounted"}};
    }
    if (std::chrono::steady_clock::now() > deadline)
      return {.value = std::nullopt, .failure = {Errno::kETIMEDOUT, "the daemon did not mount in time"}};
    std::this_thread::sleep_for(pause);
  }
  // The first answer comes after the session has begun.
  const Watchdog::Stretch stretch(watchdog_);
  struct statfs status;
  if (::statfs(mount_point.c_str(), &status) != 0)
    return {.value = std::nullopt, .failure = system_failure("the mount does not answer")};
  return {.value = Done{}, .failure = {}};
}

Outcome FuseSubject::apply(const Caller& caller, const Operation& operation) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::apply(caller, operation);
}

Result<std::string> FuseSubject::take_handle(const std::string& path) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::take_handle(path);
}

Result<HandleOpened> FuseSubject::open_handle(const std::string& handle) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::open_handle(handle);
}

Attempt<Done> FuseSubject::end(const std::string& mount_point) {
  const Watchdog::Stretch stretch(watchdog_);
  const bool alive = daemon_.running();
  auto unmounted = unmount_at(mount_point);
  auto joined = daemon_.join(kLimit);
  if (watchdog_.struck())
    return {.value = std::nullopt, .failure = {Errno::kETIMEDOUT, "the daemon did not answer in time and was killed"}};
  if (!alive || unmounted.ok()) return joined;
  return unmounted;
}

void FuseSubject::die() { daemon_.kill(); }

Attempt<Done> FuseSubject::end_crashed(const std::string& mount_point) { return unmount_at(mount_point); }

SubjectOrError make_fuse_subject(std::string_view options) {
  if (auto why = FuseSubject::unavailable())
    return {.subject = nullptr, .error = {.usage = false, .what = "FUSE cannot be used here: " + *why}};
  auto program = FuseSubject::find_program();
  if (!program)
    return {.subject = nullptr, .error = {.usage = false, .what = "the program fuse-ovlspec was not found"}};
  const std::string name = options.empty() ? "fuse" : "fuse:" + std::string(options);
  return {.subject = std::make_unique<FuseSubject>(name, std::move(*program), split_options(options)), .error = {}};
}

}  // namespace ovlspec::oracle
