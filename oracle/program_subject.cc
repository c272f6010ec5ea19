#include "oracle/program_subject.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdlib>

#include "oracle/mount_table.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

using namespace std::chrono_literals;

Attempt<Done> success() { return {.value = Done{}, .failure = {}}; }

Attempt<Done> subject_failed(Errno error, std::string what) {
  return {.value = std::nullopt, .failure = {error, std::move(what), Fault::kSubject}};
}

Attempt<Done> with_words(Attempt<Done> attempt, const Daemon& daemon) {
  if (const std::string words = daemon.last_words(); !attempt.ok() && !words.empty())
    attempt.failure.what += ": " + words;
  return attempt;
}

// As the kernel's overlay is mounted: no device opens.
void refuse_devices(const std::string& mount_point) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  (void)::mount_setattr(AT_FDCWD, mount_point.c_str(), 0, &attributes, sizeof attributes);
}

constexpr const char* kNoAnswer = "the program did not answer in time and was killed";

}  // namespace

ProgramSubject::ProgramSubject(std::string name, MountProgram program, std::vector<std::string> options,
                               const SubjectSettings& settings)
    : DiskSubject(std::move(name), program.format),
      program_(std::move(program)),
      options_(std::move(options)),
      settings_(settings),
      watchdog_([this] { daemon_.strike(); }, settings) {}

Attempt<Done> ProgramSubject::begin(const StackPaths& paths, const std::vector<std::string>& options,
                                    const std::string& mount_point) {
  MountFilling filling{
      .paths = paths, .options = options_, .mount_point = mount_point, .state = stack().state_directory()};
  filling.options.insert(filling.options.end(), options.begin(), options.end());
  const bool read_only = paths.upper.empty() && !program_.command.read_only.empty();
  watchdog_.reset();
  before_ = mount_ids();
  const auto words = filled(read_only ? program_.command.read_only : program_.command.writable, filling);
  if (auto started = daemon_.start(words, program_.kin, Daemon::Streams{.input = -1, .output = -1}); !started.ok())
    return started;
  auto mounted = wait_for_mount(mount_point);
  if (mounted.ok()) {
    refuse_devices(mount_point);
    return mounted;
  }
  give_up(mount_point);
  return with_words(std::move(mounted), daemon_);
}

void ProgramSubject::give_up(const std::string& mount_point) {
  daemon_.kill();
  (void)detach_below(mount_point);
  (void)nothing_mounted_since();
}

Attempt<Done> ProgramSubject::wait_for_mount(const std::string& mount_point) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.limit;
  // It tells of each change of the mounts since it was opened.
  const Descriptor mounts(::open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC));
  while (!is_mount_root(mount_point)) {
    const bool ended = !daemon_.running();
    // It may have mounted, and ended, meanwhile.
    if (ended && is_mount_root(mount_point)) break;
    if (ended) return subject_failed(Errno::kEINVAL, "the program ended before it mounted");
    const bool hurry = settings_.stop != nullptr && *settings_.stop;
    if (hurry || std::chrono::steady_clock::now() > deadline)
      return subject_failed(Errno::kETIMEDOUT, "the program did not mount in time");
    daemon_.rest(20ms, mounts.get());
  }
  // The first answer comes after the session has begun.
  const Watchdog::Stretch stretch(watchdog_);
  struct statfs status;
  if (::statfs(mount_point.c_str(), &status) == 0) return success();
  Failure failure = system_failure("the mount does not answer");
  failure.fault = Fault::kSubject;
  return {.value = std::nullopt, .failure = std::move(failure)};
}

Outcome ProgramSubject::apply(const Caller& caller, const Operation& operation) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::apply(caller, operation);
}

std::optional<Failure> ProgramSubject::ailing() {
  if (watchdog_.struck()) return Failure{Errno::kETIMEDOUT, kNoAnswer, Fault::kSubject};
  if (daemon_.running() || root_answers()) return std::nullopt;
  auto ended = daemon_.join(0ms);
  return Failure{Errno::kENOTCONN, ended.ok() ? "the program ended while it served the mount" : ended.failure.what,
                 Fault::kSubject};
}

Result<std::string> ProgramSubject::take_handle(const std::string& path) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::take_handle(path);
}

Result<HandleOpened> ProgramSubject::open_handle(const std::string& handle) {
  const Watchdog::Stretch stretch(watchdog_);
  return DiskSubject::open_handle(handle);
}

Attempt<Done> ProgramSubject::unmount_as_told(const std::string& mount_point) {
  if (program_.command.unmount.empty()) {
    auto unmounted = unmount_at(mount_point);
    unmounted.failure.fault = Fault::kSubject;
    return unmounted;
  }
  Daemon unmounter;
  const MountFilling filling{.mount_point = mount_point, .state = stack().state_directory()};
  if (auto started = unmounter.start(filled(program_.command.unmount, filling)); !started.ok()) return started;
  if (auto ended = unmounter.join(settings_.limit); !ended.ok()) return ended;
  if (!is_mount_root(mount_point)) return success();
  return subject_failed(Errno::kEBUSY, "the command to unmount succeeded, and the mount is still there");
}

Attempt<Done> ProgramSubject::nothing_mounted_since() {
  std::string left;
  const std::vector<MountEntry> mounts = mount_table();
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    // Other threads of this process have subjects, too.
    if (before_.count(mount->id) != 0 || stack().is_anothers(mount->point)) continue;
    if (::umount2(mount->point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) left += " " + mount->point;
  }
  if (left.empty()) return success();
  return subject_failed(Errno::kEBUSY, "mounts were left behind:" + left);
}

Attempt<Done> ProgramSubject::end(const std::string& mount_point) {
  const Watchdog::Stretch stretch(watchdog_);
  const bool alive = daemon_.running();
  auto unmounted = unmount_as_told(mount_point);
  if (!unmounted.ok()) (void)detach_below(mount_point);
  auto joined = daemon_.join(settings_.limit);
  auto left = nothing_mounted_since();
  if (watchdog_.struck()) return subject_failed(Errno::kETIMEDOUT, kNoAnswer);
  if (!unmounted.ok() && alive) return unmounted;
  if (!joined.ok()) return joined;
  return unmounted.ok() ? left : unmounted;
}

void ProgramSubject::die() { daemon_.kill(); }

Attempt<Done> ProgramSubject::end_crashed(const std::string& mount_point) {
  // A command that mounted and ended left nothing that could be killed.
  auto unmounted = is_mount_root(mount_point) ? unmount_at(mount_point) : success();
  (void)nothing_mounted_since();
  return unmounted;
}

std::optional<std::string> find_in_path(const std::string& name) {
  const auto is_program = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (name.find('/') != std::string::npos) return is_program(name) ? std::optional(name) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string directories = path != nullptr ? path : "";
  // Those where Debian keeps what mounts, which users' paths may lack.
  directories += ":/usr/sbin:/sbin:/usr/local/bin";
  while (!directories.empty()) {
    const auto colon = directories.find(':');
    const std::string candidate = directories.substr(0, colon) + "/" + name;
    if (is_program(candidate)) return candidate;
    directories = colon == std::string::npos ? std::string() : directories.substr(colon + 1);
  }
  return std::nullopt;
}

std::optional<std::string> fuse_unavailable() {
  if (const auto entered = enter_private_namespace(); !entered.ok()) return entered.failure.what;
  const Descriptor device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device.open()) return system_failure("cannot open /dev/fuse").what;
  return std::nullopt;
}

}  // namespace ovlspec::oracle
