// Other people's union file systems, as Debian packages them, and any command that mounts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oracle/program_subject.h"

namespace ovlspec::oracle {

// `fuse-overlayfs`, `unionfs` or `mergerfs`.
bool is_union_subject(std::string_view kind);
// The path of such a program; nothing where it is not there. REQUIRES: is_union_subject(kind).
std::optional<std::string> find_union_program(std::string_view kind);
// How such a program is run, by its usual name; nothing for another kind.
std::optional<MountProgram> union_program(std::string_view kind);
// The error is the environment's where FUSE or the program is missing, and names the package.
SubjectOrError make_union_subject(std::string_view kind, std::string_view options, const SubjectSettings& settings);

// `command:MOUNT [;; ro: MOUNT] [;; umount: COMMAND] [;; format: overlay|overlay-user|fuse-overlayfs|unionfs|none]
// [;; name: NAME]`: command lines as mount_command.h has them. The program may stay, or mount and end.
std::optional<MountProgram> command_program(std::string_view text);  // nothing where it is no command line
SubjectOrError make_command_subject(std::string_view text, const SubjectSettings& settings);

}  // namespace ovlspec::oracle
