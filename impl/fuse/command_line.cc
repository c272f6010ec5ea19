#include "impl/fuse/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace ovlspec::fuse {
namespace {

// What CLI11 fills in.
struct Given {
  std::vector<std::string> options;
  std::vector<std::string> places;  // [SOURCE] MOUNTPOINT
  std::string type;                 // mount(8) passes -t on
  bool foreground = false;
  bool debug = false;
  bool single = false;
  bool version = false;
};

void describe(CLI::App& app, Given& given) {
  app.add_option("-o", given.options, "mount options, separated by commas; \\, \\: and \\\\ escape")
      ->allow_extra_args(false)
      ->type_name("OPTIONS");
  app.add_option("-t", given.type, "the type that mount(8) was called with")->group("");
  app.add_flag("-f,--foreground", given.foreground, "stay in the foreground");
  app.add_flag("-d,--debug", given.debug, "stay in the foreground and log what is done");
  app.add_flag("-s,--single-thread", given.single, "serve with one thread");
  app.add_flag("-V,--version", given.version, "print the version");
  app.add_option("places", given.places, "[SOURCE] MOUNTPOINT")->type_name("");
  app.footer(
      "Options: lowerdir=A:B[:...] (topmost first), upperdir=DIR, workdir=DIR, identity=derived, volatile, fsync=0|1,\n"
      "userxattr, allow_other, passthrough=auto|off, io_uring=auto|on|off, threads=N, threaded=0|1, descriptors=N, "
      "timeout=SECONDS,\n"
      "fsname=SOURCE, debug,\n"
      "uidmapping=STORED:SHOWN:LENGTH[:...], gidmapping=, squash_to_root, squash_to_uid=ID, squash_to_gid=ID,\n"
      "static_nlink, redirect_dir=on|off|follow, mount(8)'s ro, nosuid, nodev, noexec, noatime and the like, and what\n"
      "the kernel's overlay and fuse-overlayfs have besides. See the README beside the sources.");
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

Attempt<CommandLine> request(Given given) {
  if (given.places.empty()) return usage_failure("the mount point is missing");
  if (given.places.size() > 2) return usage_failure(fmt::format("unexpected argument {}", in_quotes(given.places[2])));
  if (given.debug) given.options.emplace_back("debug");
  if (given.single) given.options.emplace_back("threads=1");
  Attempt<MountOptions> options = parse_options(given.options);
  if (!options) return options.failure();

  MountRequest request;
  request.mount_point = given.places.back();
  request.source = given.places.size() == 2 ? given.places.front() : options->source;
  if (request.source.empty()) request.source = kProgramName;
  if (Check length = check_path_length("mount point", request.mount_point); !length) return length.failure();
  if (Check length = check_path_length("source", request.source); !length) return length.failure();
  const bool stays = given.foreground || options->verbosity == Verbosity::kDebug;
  request.presence = stays ? Presence::kForeground : Presence::kDaemon;
  request.options = *std::move(options);
  return CommandLine(std::move(request));
}

}  // namespace

Attempt<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CLI::App app("A union of directories that stays a normal file system.", std::string(kProgramName));
  Given given;
  describe(app, given);
  try {
    // CLI11 takes its arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return CommandLine(Information{.text = app.help()});
  } catch (const CLI::ParseError& error) {
    return usage_failure(first_line(error.what()));
  }
  if (given.version) return CommandLine(Information{.text = fmt::format("{} {}\n", kProgramName, kVersion)});
  return request(std::move(given));
}

}  // namespace ovlspec::fuse
