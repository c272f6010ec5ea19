// mount_of: subjects by name, as somebody mounts them who has only their programs.
#include <algorithm>

#include "oracle/fuse_subject.h"
#include "oracle/kernel_subject.h"
#include "oracle/report_script.h"
#include "oracle/union_subjects.h"

namespace ovlspec::oracle {
namespace {

SubjectMountOrWhy refused(std::string why) { return {.mount = std::nullopt, .why_not = std::move(why)}; }

SubjectMountOrWhy by_program(const std::string& subject, const MountProgram& program,
                             std::vector<std::string> options) {
  if (!program.command.unmount.empty()) return refused("the subject is unmounted by a command of its own");
  return {
      .mount =
          SubjectMount{
              .subject = subject, .format = program.format, .command = program.command, .options = std::move(options)},
      .why_not = {}};
}

}  // namespace

SubjectMountOrWhy mount_of(const std::string& subject) {
  const auto colon = std::min(subject.find(':'), subject.size());
  const std::string kind = subject.substr(0, colon);
  const std::string rest = subject.substr(std::min(colon + 1, subject.size()));
  std::vector<std::string> options = split_options(rest);
  if (kind == "kernel") {
    const bool is_user = std::find(options.begin(), options.end(), "userxattr") != options.end();
    const DiskFormat format = is_user ? DiskFormat::kOverlayUser : DiskFormat::kOverlay;
    return {.mount = SubjectMount{.subject = subject, .format = format, .command = {}, .options = options},
            .why_not = {}};
  }
  if (kind == "fuse") return by_program(subject, our_program("fuse-ovlspec", options), options);
  if (const auto program = union_program(kind)) return by_program(subject, *program, options);
  if (kind == "command") {
    if (const auto program = command_program(rest)) return by_program(subject, *program, {});
    return refused("the command line cannot be read");
  }
  if (kind == "engine") return refused("the engine runs in this process: try --subject fuse");
  return refused("the subject is not mounted by one command");
}

}  // namespace ovlspec::oracle
