#include "oracle/fuse_subject.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "oracle/kernel_subject.h"

namespace ovlspec::oracle {
namespace {

constexpr const char* kProgram = "fuse-ovlspec";

std::string own_directory() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string text(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.rfind('/') + 1);
}

// The work directory is not the place for a map that outlives it.
bool keeps_a_map(const std::string& option) { return option == "identity=upfront" || option == "identity=on-lookup"; }

}  // namespace

std::optional<std::string> find_our_program() {
  if (const char* named = std::getenv("OVLSPEC_FUSE"); named != nullptr && *named != '\0') return find_in_path(named);
  const std::string own = own_directory();
  for (const std::string& place : {own + kProgram, own + "../impl/fuse/" + kProgram})
    if (auto found = find_in_path(place)) return found;
  return find_in_path(kProgram);
}

MountProgram our_program(const std::string& program, const std::vector<std::string>& options) {
  const bool map = std::any_of(options.begin(), options.end(), keeps_a_map);
  const bool user = std::find(options.begin(), options.end(), "userxattr") != options.end();
  const std::string rest = std::string(map ? ",statedir={state}" : "") + "{,options}";
  return MountProgram{
      .command = {.writable = {program, "-f", "-o", "nodev,lowerdir={lowers},upperdir={upper},workdir={work}" + rest,
                               "{mount}"},
                  .read_only = {program, "-f", "-o", "nodev,lowerdir={lowers}" + rest, "{mount}"},
                  .unmount = {}},
      .format = user ? DiskFormat::kOverlayUser : DiskFormat::kOverlay};
}

SubjectOrError make_fuse_subject(std::string_view options, const SubjectSettings& settings) {
  if (auto why = fuse_unavailable())
    return {.subject = nullptr, .error = {.usage = false, .what = "FUSE cannot be used here: " + *why}};
  const auto program = find_our_program();
  if (!program)
    return {.subject = nullptr, .error = {.usage = false, .what = "the program fuse-ovlspec was not found"}};
  const std::string name = options.empty() ? "fuse" : "fuse:" + std::string(options);
  const std::vector<std::string> own = split_options(options);
  return {.subject = std::make_unique<ProgramSubject>(name, our_program(*program, own), own, settings), .error = {}};
}

}  // namespace ovlspec::oracle
