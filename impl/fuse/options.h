// The mount options, as text and as values. Pure: nothing here looks at the file system.
//
// Options are separated by commas. A backslash makes the character after it an ordinary one: `\,` in any value, `\:` in
// lowerdir, `\\` for a backslash. Source: Documentation/filesystems/overlayfs.rst, "Multiple lower layers".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/fuse/attempt.h"
#include "impl/fuse/option_text.h"
#include "impl/fuse/presentation.h"

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
// Requests over io_uring. kAutomatic: where the kernel offers it and there may be more than one worker.
enum class IoUring : std::uint8_t { kAutomatic, kRequired, kOff };
// kFiles: in lower layers, beside the kernel's, the files that container engines write for a mount program.
enum class Whiteouts : std::uint8_t { kDevices, kFiles };
enum class Propagation : std::uint8_t { kAsItsPlace, kPrivate };  // kPrivate: what is mounted in it shows nowhere else
enum class Verbosity : std::uint8_t { kNormal, kDebug };

struct MountOptions {
  std::vector<std::string> lowers;  // topmost first; paths as given, unescaped
  std::vector<std::string> data_layers;
  std::string upper;  // empty: a read-only stack
  std::string work;
  impl::IdentityStrategy identity = impl::IdentityStrategy::kDerived;
  impl::SealCheck seal = impl::SealCheck::kVerify;
  std::string state;  // directory of the identity map; empty: the work directory
  impl::AccessLists access_lists = impl::AccessLists::kInherited;
  impl::Durability durability = impl::Durability::kSynced;
  std::optional<impl::XattrNamespace> xattrs;  // empty: as the process may
  impl::Redirects redirects = impl::Redirects::kMade;
  Presentation presentation;
  Whiteouts whiteouts = Whiteouts::kDevices;
  Visibility visibility = Visibility::kAutomatic;
  Passthrough passthrough = Passthrough::kAutomatic;
  IoUring io_uring = IoUring::kAutomatic;
  Verbosity verbosity = Verbosity::kNormal;
  MountFlags flags;
  Propagation propagation = Propagation::kAsItsPlace;
  unsigned threads = 0;      // 0: as many as suit the machine
  unsigned descriptors = 0;  // that nodes may hold, about; 0: half of what the process may have
  std::string source;        // fsname=; empty: not given
  std::string security;      // context= and the like, as the kernel takes them, separated by commas
  bool operator==(const MountOptions&) const = default;
};

// The longest option text in bytes, and the most worker threads.
inline constexpr std::size_t kOptionTextMax = 4U << 20;
inline constexpr unsigned kThreadsMax = 256;
// The fewest descriptors that nodes may be given.
inline constexpr unsigned kDescriptorsMin = 100;

// Parses the texts of all -o, in order. Each option is known, each value well formed, each layer given once, an upper
// has a work directory, and there is at least one lower; otherwise a usage failure that names the option.
Attempt<MountOptions> parse_options(const std::vector<std::string>& texts);

// Whether this strategy has its map in a file.
bool keeps_map(impl::IdentityStrategy identity);

}  // namespace ovlspec::fuse
