#include "oracle/file_system_image.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "oracle/daemon.h"
#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {
namespace {

const char* kernel_name(ImageKind kind) {
  switch (kind) {
    case ImageKind::kSquashfs: return "squashfs";
    case ImageKind::kErofs: return "erofs";
  }
  return "";
}

const char* program_name(ImageKind kind) {
  switch (kind) {
    case ImageKind::kSquashfs: return "mksquashfs";
    case ImageKind::kErofs: return "mkfs.erofs";
  }
  return "";
}

std::optional<std::string> program(ImageKind kind) {
  const char* given = std::getenv("PATH");
  std::string directories = std::string(given != nullptr ? given : "") + ":/usr/sbin:/usr/bin:";
  for (std::size_t colon; (colon = directories.find(':')) != std::string::npos; directories.erase(0, colon + 1)) {
    std::string path = directories.substr(0, colon) + "/" + program_name(kind);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

std::vector<std::string> command(ImageKind kind, const ImageSource& source, const std::string& file) {
  switch (kind) {
    case ImageKind::kSquashfs: {
      constexpr std::uint32_t kFirstSecond = 1'000'000'000;
      return {source.directory,
              file,
              "-noappend",
              "-quiet",
              "-no-progress",
              "-processors",
              "1",
              "-noI",
              "-noD",
              "-noF",
              "-noX",
              "-mkfs-time",
              std::to_string(kFirstSecond + source.number)};
    }
    case ImageKind::kErofs: {
      char uuid[40];
      std::snprintf(uuid, sizeof uuid, "6f766c73-7065-4c00-8000-0000%08x", source.number);
      // Compact inodes have no time of their own.
      return {"--quiet", "-E", "force-inode-extended", "-U", uuid, file, source.directory};
    }
  }
  return {};
}

struct LoopDevice {
  Descriptor descriptor;  // once it is closed, the device is the mount's alone
  std::string path;
};

// A free device over the file. Another process may take the one that was free a moment ago.
Attempt<LoopDevice> loop_over(const std::string& file) {
  const auto refused = [&] {
    return Attempt<LoopDevice>{.value = std::nullopt, .failure = system_failure("there is no loop device for " + file)};
  };
  const Descriptor image(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!image.open() || !control.open()) return refused();
  struct loop_config config = {};
  config.fd = static_cast<std::uint32_t>(image.get());
  config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return refused();
    LoopDevice loop{.descriptor = Descriptor(), .path = "/dev/loop" + std::to_string(number)};
    loop.descriptor.reset(::open(loop.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!loop.descriptor.open()) return refused();
    if (::ioctl(loop.descriptor.get(), LOOP_CONFIGURE, &config) == 0) return {.value = std::move(loop), .failure = {}};
    if (errno != EBUSY) return refused();
  }
  return refused();
}

}  // namespace

std::optional<ImageKind> image_kind(std::string_view name) {
  for (const ImageKind kind : {ImageKind::kSquashfs, ImageKind::kErofs})
    if (name == kernel_name(kind)) return kind;
  return std::nullopt;
}

std::optional<std::string> cannot_make_image(ImageKind kind) {
  if (program(kind)) return std::nullopt;
  return std::string(program_name(kind)) + " is not there";
}

Attempt<Done> make_image(ImageKind kind, const ImageSource& source, const std::string& file) {
  using namespace std::chrono_literals;
  if (const auto why = cannot_make_image(kind)) return {.value = std::nullopt, .failure = {Errno::kENOENT, *why}};
  std::vector<std::string> arguments = command(kind, source, file);
  arguments.insert(arguments.begin(), *program(kind));
  Daemon maker;
  if (auto started = maker.start(arguments); !started.ok()) return started;
  Attempt<Done> made = maker.join(60s);
  if (!made.ok()) made.failure.what = "cannot make the image " + file + ": " + made.failure.what;
  return made;
}

bool may_not_fit(ImageKind kind, const std::string& directory) {
  if (kind != ImageKind::kErofs) return false;
  const std::filesystem::recursive_directory_iterator entries(directory);
  return std::any_of(begin(entries), end(entries),
                     [](const auto& entry) { return entry.path().filename().native().size() >= NAME_MAX; });
}

Attempt<Done> mount_image(ImageKind kind, const std::string& file, const std::string& mount_point) {
  const auto loop = loop_over(file);
  if (!loop.ok()) return {.value = std::nullopt, .failure = loop.failure};
  // Neither nosuid nor nodev: an overlay may withhold what such a lower layer has (impl/engine/rights.h).
  if (::mount(loop.value->path.c_str(), mount_point.c_str(), kernel_name(kind), MS_RDONLY, nullptr) != 0)
    return {.value = std::nullopt, .failure = system_failure("cannot mount " + file)};
  return {.value = Done{}, .failure = {}};
}

}  // namespace ovlspec::oracle
