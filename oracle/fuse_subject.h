// `fuse`: our own FUSE file system, mounted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/program_subject.h"

namespace ovlspec::oracle {

// fuse-ovlspec: $OVLSPEC_FUSE, else beside this process's executable or in the build tree's ../impl/fuse, else in
// $PATH; nothing where it is nowhere.
std::optional<std::string> find_our_program();

// `program` is run as `PROGRAM -f -o lowerdir=A:B,upperdir=U,workdir=W,OPTIONS MOUNTPOINT`; `options` as those that the
// subject will have.
MountProgram our_program(const std::string& program, const std::vector<std::string>& options);

// `fuse`, or `fuse:OPTIONS`; the error is the environment's where FUSE or the program is missing.
SubjectOrError make_fuse_subject(std::string_view options, const SubjectSettings& settings = {});

}  // namespace ovlspec::oracle
