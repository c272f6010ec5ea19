#include "oracle/overlay_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

constexpr unsigned long kFlags = MS_NODEV | MS_NOSUID;
constexpr unsigned kAttributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
constexpr std::size_t kDataMax = 4095;  // bytes of mount(2)'s options
constexpr std::size_t kValueMax = 255;  // bytes of a value of fsconfig

Attempt<Done> success() { return {.value = Done{}, .failure = {}}; }
Attempt<Done> refused(const std::string& what) { return {.value = std::nullopt, .failure = system_failure(what)}; }

// The last line that the kernel left for whoever configures a file system.
std::string last_message(int context) {
  std::string message;
  char line[512];
  for (ssize_t size; (size = ::read(context, line, sizeof line)) > 0;) {
    message.assign(line, static_cast<std::size_t>(size));
    while (!message.empty() && message.back() == '\n') message.pop_back();
  }
  return message;
}

Attempt<Done> refused_by(int context, const std::string& what) {
  Failure failure = system_failure(what);
  if (const std::string message = last_message(context); !message.empty()) failure.what += ": " + message;
  return {.value = std::nullopt, .failure = std::move(failure)};
}

int set(int context, const std::string& option) {
  const auto equals = option.find('=');
  if (equals == std::string::npos) return ::fsconfig(context, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0);
  return ::fsconfig(context, FSCONFIG_SET_STRING, option.substr(0, equals).c_str(), option.c_str() + equals + 1, 0);
}

bool too_long(const StackPaths& stack) {
  if (stack.upper.size() > kValueMax || stack.work.size() > kValueMax) return true;
  for (const std::string& lower : stack.lowers)
    if (lower.size() > kValueMax) return true;
  return false;
}

// A context to which lowers can be added one at a time; none where the kernel cannot do that.
Descriptor context_for(const StackPaths& stack) {
  if (too_long(stack)) return Descriptor();
  Descriptor context(::fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context.open() || stack.lowers.empty()) return Descriptor();
  if (set(context.get(), "lowerdir+=" + stack.lowers.front()) != 0 && errno == EINVAL) return Descriptor();
  return context;
}

Attempt<Done> mount_by_context(const Descriptor& context, const StackPaths& stack,
                               const std::vector<std::string>& options, const std::string& mount_point) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i < stack.lowers.size(); ++i) all.push_back("lowerdir+=" + stack.lowers[i]);
  if (!stack.upper.empty()) all.push_back("upperdir=" + stack.upper);
  if (!stack.work.empty()) all.push_back("workdir=" + stack.work);
  all.insert(all.end(), options.begin(), options.end());
  for (const std::string& option : all)
    if (set(context.get(), option) != 0) return refused_by(context.get(), "overlay refuses " + option);
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return refused_by(context.get(), "overlay refuses the stack");
  const Descriptor mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, kAttributes));
  if (!mount.open()) return refused("cannot mount the overlay");
  if (::move_mount(mount.get(), "", AT_FDCWD, mount_point.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return refused("cannot attach the overlay to " + mount_point);
  return success();
}

Attempt<Done> mount_by_data(const StackPaths& stack, const std::vector<std::string>& options,
                            const std::string& mount_point) {
  std::string data = "lowerdir=";
  for (std::size_t i = 0; i < stack.lowers.size(); ++i) data += (i == 0 ? "" : ":") + stack.lowers[i];
  if (!stack.upper.empty()) data += ",upperdir=" + stack.upper;
  if (!stack.work.empty()) data += ",workdir=" + stack.work;
  for (const std::string& option : options) data += "," + option;
  if (data.size() > kDataMax)
    return {.value = std::nullopt,
            .failure = {Errno::kE2BIG, "this kernel takes the options of so many layers in no way"}};
  if (::mount("overlay", mount_point.c_str(), "overlay", kFlags, data.c_str()) != 0)
    return refused("overlay refuses " + data);
  return success();
}

}  // namespace

Failure system_failure(const std::string& what) {
  const Errno error = last_error();
  return Failure{error, what + ": " + std::string(errno_name(error))};
}

Attempt<Done> mount_overlay(const StackPaths& stack, const std::vector<std::string>& options,
                            const std::string& mount_point) {
  const Descriptor context = context_for(stack);
  if (context.open()) return mount_by_context(context, stack, options, mount_point);
  return mount_by_data(stack, options, mount_point);
}

Attempt<Done> mount_tmpfs(const std::string& mount_point, std::uint64_t bytes) {
  const std::string options = "mode=755,size=" + std::to_string(bytes);
  if (::mount("ovlspec", mount_point.c_str(), "tmpfs", kFlags | MS_NOATIME, options.c_str()) != 0)
    return refused("cannot mount a tmpfs on " + mount_point);
  return success();
}

Attempt<Done> mount_directory(const std::string& directory, const std::string& mount_point) {
  if (::mount(directory.c_str(), mount_point.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return refused("cannot show " + directory + " at " + mount_point);
  return success();
}

Attempt<Done> unmount_at(const std::string& mount_point) {
  using namespace std::chrono_literals;
  for (auto pause = 100us; pause < 500ms; pause *= 2) {
    if (::umount2(mount_point.c_str(), UMOUNT_NOFOLLOW) == 0) return success();
    if (errno != EBUSY) break;
    std::this_thread::sleep_for(pause);
  }
  auto failure = refused("cannot unmount " + mount_point);
  ::umount2(mount_point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  return failure;
}

}  // namespace ovlspec::oracle
