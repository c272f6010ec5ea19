// What a shell script says: words, paths, and the command that stands for an operation.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "oracle/report_script.h"

namespace ovlspec::oracle {

// In quotes where it needs them.
std::string shell_word(const std::string& text);
std::string shell_comment(const std::string& text);
// The command that prints the bytes.
std::string shell_printf(const std::string& bytes);
// Five digits: with fewer chmod keeps the set-id bits of directories.
std::string shell_mode(Mode mode);
// ` -v 0x...`, or nothing for an empty value.
std::string shell_attribute(const std::string& value);
// A trace's path as a word, from the directory that the layers lie in: there is no way up from the mount's root.
std::string shell_path(const std::string& path, Inside inside, Dialect dialect = Dialect::kPlain);
// What makes a command another caller's, with a blank behind it; nothing for the superuser.
std::string shell_prefix(const Caller& caller);
// With which the command of the operation makes what has the right mode.
Mode shell_umask(const Operate& operate);
struct CommandOrWhy {
  std::string text;
  std::string why_not;
};
// Opens and closes, with all flags.
CommandOrWhy shell_open(const Open& open, const std::string& path, const Caller& caller);
// Commands that set $error: the second is run where the first did not fail.
std::string unless_failed(const std::string& first, const std::string& second);

std::optional<Slot> slot_of(const Operation& operation);
// The paths that it walks, and whether its last component is followed.
struct WalkedPath {
  std::string path;
  Follow last = Follow::kNoFollow;
};
std::vector<WalkedPath> walked_paths(const Operation& operation);
// Whether the command of the operation tells that of its answer.
bool shows(const Operation& operation, Shown shown);

struct ShellPlace {
  Dialect dialect = Dialect::kPlain;
  std::function<std::optional<std::string>(Slot)> path_of_slot;
};
// The command of the operation that shows the value, after `try`. Not of those that open, close, read and write.
CommandOrWhy shell_command(const Operate& operate, const Value& value, const ShellPlace& place);

}  // namespace ovlspec::oracle
