// What the daemon says: to stderr, and from then on that it has left its terminal to syslog.
#pragma once

#include <string_view>

#include "impl/fuse/options.h"

namespace ovlspec::fuse {

enum class LogTarget : std::uint8_t { kStandardError, kSystemLog };

// Threads: start_log before there are others; the rest from any.
void start_log(LogTarget target, Verbosity verbosity);
void log_error(std::string_view message);
void log_debug(std::string_view message);
// Whether log_debug says anything; spares callers the text.
bool logs_debug();

}  // namespace ovlspec::fuse
