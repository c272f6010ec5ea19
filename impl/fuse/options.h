// The mount options, as text and as values. Pure: nothing here looks at the file system.
//
// Options are separated by commas. A backslash makes the character after it an ordinary one: `\,` in any value, `\:` in
// lowerdir, `\\` for a backslash. Source: Documentation/filesystems/overlayfs.rst, "Multiple lower layers".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/fuse/attempt.h"

namespace ovlspec::fuse {

// The flags of mount(2) that options name.
enum class MountFlag : std::uint32_t {
  kReadOnly = 1U << 0,
  kNoSetId = 1U << 1,  // nosuid
  kNoDevices = 1U << 2,
  kNoExecute = 1U << 3,
  kNoAccessTimes = 1U << 4,
  kNoDirectoryAccessTimes = 1U << 5,
  kRelativeAccessTimes = 1U << 6,
  kStrictAccessTimes = 1U << 7,
  kSynchronous = 1U << 8,
  kSynchronousDirectories = 1U << 9,
  kLazyTimes = 1U << 10,
};

class MountFlags {
 public:
  constexpr bool has(MountFlag flag) const { return (bits_ & static_cast<std::uint32_t>(flag)) != 0; }
  constexpr void set(MountFlag flag) { bits_ |= static_cast<std::uint32_t>(flag); }
  constexpr void clear(MountFlag flag) { bits_ &= ~static_cast<std::uint32_t>(flag); }
  bool operator==(const MountFlags&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

enum class Visibility : std::uint8_t {
  kAutomatic,  // to everybody where the mounter has the privilege, else to the mounter
  kEverybody,  // allow_other
};
enum class Passthrough : std::uint8_t { kAutomatic, kOff };
enum class Verbosity : std::uint8_t { kNormal, kDebug };

struct MountOptions {
  std::vector<std::string> lowers;  // topmost first; paths as given, unescaped
  std::string upper;                // empty: a read-only stack
  std::string work;
  impl::IdentityStrategy identity = impl::IdentityStrategy::kDerived;
  impl::SealCheck seal = impl::SealCheck::kVerify;
  std::string state;  // directory of the identity map; empty: the work directory
  impl::AccessLists access_lists = impl::AccessLists::kInherited;
  impl::Durability durability = impl::Durability::kSynced;
  impl::XattrNamespace xattrs = impl::XattrNamespace::kTrusted;
  Visibility visibility = Visibility::kAutomatic;
  Passthrough passthrough = Passthrough::kAutomatic;
  Verbosity verbosity = Verbosity::kNormal;
  MountFlags flags;
  unsigned threads = 0;  // 0: as many as suit the machine
  std::string source;    // fsname=; empty: not given
  bool operator==(const MountOptions&) const = default;
};

// The longest option text in bytes, and the most worker threads.
inline constexpr std::size_t kOptionTextMax = 4U << 20;
inline constexpr unsigned kThreadsMax = 256;

// Parses the texts of all -o, in order. Each option is known, each value well formed, each layer given once, an upper
// has a work directory, and there is at least one lower; otherwise a usage failure that names the option.
Attempt<MountOptions> parse_options(const std::vector<std::string>& texts);

// Whether this strategy has its map in a file.
bool keeps_map(impl::IdentityStrategy identity);

// `text` at its unescaped separators. Escapes stay as they are: each part is to be unescaped or split again.
std::vector<std::string> split_escaped(std::string_view text, char separator);
// Drops each backslash that makes the next character ordinary. A failure where the text ends in such a backslash.
Attempt<std::string> unescape(std::string_view text);
// `name` for a message: in double quotes, one line, shortened where it is long.
std::string in_quotes(std::string_view name);
// Why `path` cannot be one for the kernel: empty, too long, or with a component that is too long. `what` is the option.
Check check_path_length(std::string_view what, std::string_view path);

}  // namespace ovlspec::fuse
