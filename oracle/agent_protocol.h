// What the oracle and an agent say to each other: one JSON object a line, a question and its answer by turns. AGENT.md
// is the description for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"
#include "oracle/overlay_mount.h"
#include "oracle/subject.h"

namespace ovlspec::oracle::agent {

inline constexpr unsigned kVersion = 1;

std::string hello();
std::string mount(const StackPaths& paths, const std::vector<std::string>& options, const std::string& mount_point);
std::string unmount();
std::string drop_caches();
std::string apply(const Caller& caller, const Operation& operation);
std::string take_handle(const std::string& path);
std::string open_handle(const std::string& handle);

// Answers. Nothing, and `problem`, where a line is none of the kind.
struct Greeting {
  std::string format = "overlay";
  bool handles = false;
};
std::optional<Greeting> parse_greeting(std::string_view line, std::string& problem);
// {"ok":true}, or {"error":"EINVAL","what":"..."}; the failure is the subject's.
std::optional<Attempt<Done>> parse_done(std::string_view line, std::string& problem);
struct Applied {
  Outcome outcome;
  bool declined = false;  // {"unsupported":true}
};
std::optional<Applied> parse_applied(std::string_view line, std::string& problem);
std::optional<Result<HandleOpened>> parse_opened(std::string_view line, std::string& problem);

}  // namespace ovlspec::oracle::agent
