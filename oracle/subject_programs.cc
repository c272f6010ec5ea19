#include "oracle/subject_programs.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>
#include <optional>

#include "oracle/fuse_subject.h"
#include "oracle/mount_command.h"
#include "oracle/program_digest.h"
#include "oracle/union_subjects.h"

namespace ovlspec::oracle {
namespace {

void add_file(const std::optional<std::string>& path, std::vector<std::string>& programs) {
  std::error_code error;
  if (!path || !std::filesystem::is_regular_file(*path, error)) return;
  programs.push_back(fmt::format("{} {}", path->substr(path->rfind('/') + 1), digest_of_file(*path)));
}

void add_kernel(std::vector<std::string>& programs) {
  utsname running{};
  if (::uname(&running) == 0) programs.push_back(fmt::format("{} {}", running.release, running.version));
}

}  // namespace

std::vector<std::string> programs_of(std::string_view subject) {
  const auto colon = subject.find(':');
  const auto kind = subject.substr(0, colon);
  std::vector<std::string> programs;
  if (kind == "fuse" || kind == "interchange") add_file(find_our_program(), programs);
  if (kind == "kernel" || kind == "interchange") add_kernel(programs);
  if (is_union_subject(kind)) add_file(find_union_program(kind), programs);
  if ((kind != "command" && kind != "agent") || colon == std::string_view::npos) return programs;
  const auto words = split_words(subject.substr(colon + 1));
  if (!words) return programs;
  for (const std::string& word : *words) {
    const auto found = find_in_path(word);
    add_file(found ? found : word, programs);
  }
  return programs;
}

}  // namespace ovlspec::oracle
