#include "impl/fuse/compatible_options.h"

#include <fmt/format.h>

#include <array>

#include "impl/fuse/option_text.h"

namespace ovlspec::fuse {
namespace {

struct Meaning {
  std::string_view name;
  std::string_view value;    // kWord, kAny, or the value itself
  std::string_view refusal;  // why it is refused; kHolds
};
constexpr std::string_view kWord = "";
constexpr std::string_view kAny = "*";
constexpr std::string_view kHolds;

constexpr std::string_view kNoDigests = "digests of data are not compared";
constexpr std::string_view kNoOverride = "owners and modes are those of the layers' inodes";

constexpr std::array<Meaning, 43> kMeanings = {{
    // The kernel's: Documentation/filesystems/overlayfs.rst.
    {"index", "on", kHolds},
    {"index", "off", kHolds},
    {"nfs_export", "on", kHolds},
    {"nfs_export", "off", kHolds},
    {"xino", "on", kHolds},
    {"xino", "auto", kHolds},
    {"xino", "off", kHolds},
    {"metacopy", "off", kHolds},
    {"metacopy", "on", kHolds},
    {"verity", "off", kHolds},
    {"verity", "on", kNoDigests},
    {"verity", "require", kNoDigests},
    {"uuid", "null", kHolds},
    {"uuid", "auto", kHolds},
    {"uuid", "on", "a FUSE mount shows no f_fsid of its own"},
    {"uuid", "off", "the layers' file systems are told apart by their uuids"},
    {"override_creds", kWord, kHolds},
    {"nooverride_creds", kWord, kHolds},
    {"default_permissions", kWord, kHolds},
    // fuse-overlayfs's, with those that it hands to libfuse.
    {"writeback", "0", kHolds},
    {"writeback", "1", kHolds},
    {"fast_ino", "0", kHolds},
    {"fast_ino", "1", kHolds},
    {"noxattrs", "0", kHolds},
    {"noxattrs", "1", "extended attributes cannot be turned off"},
    {"xattr_permissions", "0", kHolds},
    {"xattr_permissions", "1", kNoOverride},
    {"xattr_permissions", "2", kNoOverride},
    {"plugins", kAny, "layers are directories; no code is loaded for them"},
    {"ino32_t", kWord, "numbers of 32 bits would not be one object's alone"},
    {"clone_fd", kWord, kHolds},
    {"kernel_cache", kWord, kHolds},
    {"splice_read", kWord, kHolds},
    {"splice_write", kWord, kHolds},
    {"splice_move", kWord, kHolds},
    {"no_splice_read", kWord, kHolds},
    {"no_splice_write", kWord, kHolds},
    {"no_splice_move", kWord, kHolds},
    {"allow_root", kWord, "the mount is for everybody (allow_other) or for the mounter"},
    {"auto_unmount", kWord, "a mount whose daemon died is taken away by the next one on its place"},
    {"silent", kWord, kHolds},
    {"loud", kWord, kHolds},
    {"subtype", kAny, kHolds},
}};

bool matches(const Meaning& meaning, const std::optional<std::string>& value) {
  if (meaning.value == kWord) return !value;
  return value && (meaning.value == kAny || meaning.value == *value);
}

std::string values_of(std::string_view name) {
  std::string values;
  for (const Meaning& meaning : kMeanings) {
    if (meaning.name == name) values += fmt::format("{}{}", values.empty() ? "" : ", ", meaning.value);
  }
  return values;
}

Check refuse_value(const Meaning& meaning, const std::optional<std::string>& value) {
  if (!value) return usage_failure(fmt::format("option {} needs a value", meaning.name));
  if (meaning.value == kWord) return usage_failure(fmt::format("option {} takes no value", meaning.name));
  return usage_failure(
      fmt::format("option {}: expected one of {}, not {}", meaning.name, values_of(meaning.name), in_quotes(*value)));
}

Check verdict(const Meaning& meaning) {
  if (meaning.refusal == kHolds) return Done{};
  const bool has_value = meaning.value != kWord && meaning.value != kAny;
  return usage_failure(fmt::format("option {}{}{} is refused: {}", meaning.name, has_value ? "=" : "",
                                   has_value ? meaning.value : "", meaning.refusal));
}

}  // namespace

std::optional<Check> check_compatible(std::string_view name, const std::optional<std::string>& value) {
  const Meaning* known = nullptr;
  for (const Meaning& meaning : kMeanings) {
    if (meaning.name != name) continue;
    if (matches(meaning, value)) return verdict(meaning);
    known = &meaning;
  }
  if (known == nullptr) return std::nullopt;
  return refuse_value(*known, value);
}

}  // namespace ovlspec::fuse
