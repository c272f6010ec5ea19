// fuse-ovlspec: mounts an overlay and serves it. Exit status: 0 mounted (the daemon goes on) or, in the foreground,
// unmounted; 1 nothing could be mounted; 2 usage.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "impl/fuse/command_line.h"
#include "impl/fuse/fuse_mount.h"
#include "impl/fuse/log.h"
#include "impl/fuse/system.h"

namespace {

using namespace ovlspec::fuse;

int refuse(const Failure& failure) {
  log_error(failure.message);
  return failure.exit_status;
}

int serve(const MountRequest& request, std::optional<Daemon> daemon) {
  drop_needless_capabilities();
  StopSignals signals;
  Attempt<std::unique_ptr<FuseMount>> mount = FuseMount::start(request);
  if (!mount) {
    const int status = refuse(mount.failure());
    if (daemon) daemon->failed(status);
    return status;
  }
  if (daemon) {
    start_log(LogTarget::kSystemLog, request.options.verbosity);
    daemon->ready();
  }
  signals.wait((*mount)->ended().descriptor());
  (*mount)->stop();
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  start_log(LogTarget::kStandardError, Verbosity::kNormal);
  const Attempt<CommandLine> line = parse_command_line(arguments);
  if (!line) return refuse(line.failure());
  if (const auto* information = std::get_if<Information>(&*line)) {
    fmt::print("{}", information->text);
    return 0;
  }
  const auto& request = std::get<MountRequest>(*line);
  start_log(LogTarget::kStandardError, request.options.verbosity);
  switch (request.presence) {
    case Presence::kForeground: return serve(request, std::nullopt);
    case Presence::kDaemon: break;
  }
  Attempt<Daemon> daemon = Daemon::start();
  if (!daemon) return refuse(daemon.failure());
  return serve(request, *std::move(daemon));
}

}  // namespace

// Called by the name of the program that it replaces, as by a symlink, it reads the whiteouts that container engines
// write for that one.
int main(int count, char** arguments) {
  std::vector<std::string> given(arguments + 1, arguments + count);
  const std::string_view name(arguments[0]);
  if (name.substr(name.rfind('/') + 1) == "fuse-overlayfs") given.insert(given.begin(), {"-o", "whiteouts=files"});
  return run(given);
}
