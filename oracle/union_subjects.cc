#include "oracle/union_subjects.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "oracle/kernel_subject.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

struct UnionProgram {
  std::string_view kind;
  std::array<const char*, 2> names;  // of the program
  const char* package;
  std::vector<std::string> writable;
  std::vector<std::string> read_only;
  DiskFormat format;
};

const std::vector<UnionProgram>& union_programs() {
  static const std::vector<UnionProgram> programs = {
      {.kind = "fuse-overlayfs",
       .names = {"fuse-overlayfs", nullptr},
       .package = "fuse-overlayfs",
       .writable = {"-f", "-o", "lowerdir={lowers},upperdir={upper},workdir={work}{,options}", "{mount}"},
       .read_only = {"-f", "-o", "lowerdir={lowers}{,options}", "{mount}"},
       .format = DiskFormat::kFuseOverlayfs},
      {.kind = "unionfs",
       .names = {"unionfs", "unionfs-fuse"},
       .package = "unionfs-fuse",
       .writable = {"-f", "-o", "cow,hide_meta_files,allow_other,use_ino,suid,dev{,options}",
                    "{upper}=RW:{lowers|:||=RO}", "{mount}"},
       .read_only = {"-f", "-o", "hide_meta_files,allow_other,use_ino,suid,dev{,options}", "{lowers|:||=RO}",
                     "{mount}"},
       .format = DiskFormat::kUnionfs},
      {.kind = "mergerfs",
       .names = {"mergerfs", nullptr},
       .package = "mergerfs",
       .writable = {"-f", "-o", "allow_other,use_ino,category.create=ff,minfreespace=0{,options}",
                    "{upper}=RW:{lowers|:||=RO}", "{mount}"},
       .read_only = {"-f", "-o", "allow_other,use_ino{,options}", "{lowers|:||=RO}", "{mount}"},
       .format = DiskFormat::kNoMarks}};
  return programs;
}

const UnionProgram* find_program(std::string_view kind) {
  for (const UnionProgram& program : union_programs())
    if (program.kind == kind) return &program;
  return nullptr;
}

SubjectOrError refused(SubjectError error) { return {.subject = nullptr, .error = std::move(error)}; }

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// The parts of a template: the first has no key.
struct Template {
  MountProgram program;
  std::string name;
  std::optional<SubjectError> error;

  void usage(std::string what) {
    if (!error) error = SubjectError{.usage = true, .what = "command: " + std::move(what)};
  }

  std::vector<std::string> command(std::string_view text) {
    auto words = split_words(text);
    if (!words || words->empty()) {
      usage("expected a command line, found `" + std::string(text) + "`");
      return {};
    }
    if (const auto unknown = unknown_place(*words)) usage("no place is named {" + *unknown + "}");
    const auto path = find_in_path(words->front());
    if (!path && !error)
      error = SubjectError{.usage = false, .what = "the program " + words->front() + " was not found"};
    if (path) words->front() = *path;
    return std::move(*words);
  }

  void part(std::string_view text) {
    const auto colon = text.find(':');
    const auto key = text.substr(0, colon);
    const auto value = trimmed(colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1));
    if (key == "ro") {
      program.command.read_only = command(value);
    } else if (key == "umount") {
      program.command.unmount = command(value);
    } else if (key == "name") {
      name = std::string(value);
    } else if (key == "format") {
      const auto format = disk_format_from_word(value);
      if (!format) usage("no format is named `" + std::string(value) + "`");
      program.format = format.value_or(DiskFormat::kOverlay);
    } else {
      usage("a part begins with `ro:`, `umount:`, `format:` or `name:`, not with `" + std::string(text) + "`");
    }
  }
};

Template parse_template(std::string_view text) {
  Template parsed;
  parsed.program.kin = Daemon::Kin::kFamily;
  constexpr std::string_view kBetween = ";;";
  for (bool first = true; first || !text.empty(); first = false) {
    const auto end = std::min(text.find(kBetween), text.size());
    const auto part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + kBetween.size(), text.size()));
    if (first) {
      parsed.program.command.writable = parsed.command(part);
    } else {
      parsed.part(part);
    }
  }
  return parsed;
}

}  // namespace

bool is_union_subject(std::string_view kind) { return find_program(kind) != nullptr; }

std::optional<std::string> find_union_program(std::string_view kind) {
  std::optional<std::string> path;
  for (const char* name : find_program(kind)->names)
    if (name != nullptr && !path) path = find_in_path(name);
  return path;
}

std::optional<MountProgram> union_program(std::string_view kind) {
  const UnionProgram* const program = find_program(kind);
  if (program == nullptr) return std::nullopt;
  MountProgram made{.command = {.writable = program->writable, .read_only = program->read_only, .unmount = {}},
                    .format = program->format};
  made.command.writable.insert(made.command.writable.begin(), program->names.front());
  made.command.read_only.insert(made.command.read_only.begin(), program->names.front());
  return made;
}

std::optional<MountProgram> command_program(std::string_view text) {
  Template parsed = parse_template(text);
  return parsed.error ? std::nullopt : std::optional(std::move(parsed.program));
}

SubjectOrError make_union_subject(std::string_view kind, std::string_view options, const SubjectSettings& settings) {
  const UnionProgram& program = *find_program(kind);
  if (auto why = fuse_unavailable()) return refused({.usage = false, .what = "FUSE cannot be used here: " + *why});
  const auto path = find_union_program(kind);
  if (!path)
    return refused({.usage = false,
                    .what = "the program " + std::string(kind) + " was not found; Debian's package " + program.package +
                            " has it"});
  MountProgram made = *union_program(kind);
  made.command.writable.front() = made.command.read_only.front() = *path;
  const std::string name = std::string(kind) + (options.empty() ? "" : ":" + std::string(options));
  return {.subject = std::make_unique<ProgramSubject>(name, std::move(made), split_options(options), settings),
          .error = {}};
}

SubjectOrError make_command_subject(std::string_view text, const SubjectSettings& settings) {
  Template parsed = parse_template(text);
  if (parsed.error) return refused(std::move(*parsed.error));
  if (const auto entered = enter_private_namespace(); !entered.ok())
    return refused({.usage = false, .what = "nothing can be mounted here: " + entered.failure.what});
  const std::string name = parsed.name.empty() ? "command:" + std::string(text) : parsed.name;
  return {.subject =
              std::make_unique<ProgramSubject>(name, std::move(parsed.program), std::vector<std::string>{}, settings),
          .error = {}};
}

}  // namespace ovlspec::oracle
