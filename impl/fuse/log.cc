#include "impl/fuse/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <memory>

#include "impl/fuse/command_line.h"

namespace ovlspec::fuse {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = std::make_shared<spdlog::logger>(std::string(kProgramName));
  return instance;
}

}  // namespace

void start_log(LogTarget target, Verbosity verbosity) {
  spdlog::sink_ptr sink;
  switch (target) {
    case LogTarget::kStandardError:
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      sink->set_pattern("%n: %v");
      break;
    case LogTarget::kSystemLog:
      sink = std::make_shared<spdlog::sinks::syslog_sink_mt>(std::string(kProgramName), LOG_PID, LOG_DAEMON, false);
      break;
  }
  logger() = std::make_shared<spdlog::logger>(std::string(kProgramName), sink);
  logger()->set_level(verbosity == Verbosity::kDebug ? spdlog::level::debug : spdlog::level::info);
  logger()->flush_on(spdlog::level::debug);
}

void log_error(std::string_view message) { logger()->error("{}", message); }

void log_debug(std::string_view message) { logger()->debug("{}", message); }

bool logs_debug() { return logger()->should_log(spdlog::level::debug); }

}  // namespace ovlspec::fuse
