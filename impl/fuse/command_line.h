// The program's arguments: `fuse-ovlspec [SOURCE] MOUNTPOINT -o OPTIONS`, as mount helpers are called.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "impl/fuse/attempt.h"
#include "impl/fuse/options.h"

namespace ovlspec::fuse {

inline constexpr std::string_view kProgramName = "fuse-ovlspec";
inline constexpr std::string_view kVersion = "0.1.0";

enum class Presence : std::uint8_t { kDaemon, kForeground };

// A mount that was asked for.
struct MountRequest {
  std::string source;  // shown in /proc/mounts
  std::string mount_point;
  MountOptions options;
  Presence presence = Presence::kDaemon;
};

// -h or -V: what to print instead.
struct Information {
  std::string text;
};

using CommandLine = std::variant<MountRequest, Information>;

// `arguments` without the program's name. Failures are usage failures of one line.
Attempt<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace ovlspec::fuse
