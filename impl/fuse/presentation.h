// How the mount shows owners and link counts, where options say otherwise than the layers: uidmapping, gidmapping,
// squash_to_*, static_nlink. Pure. What is on disk stays as it is; a copy up takes it along.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/fuse/attempt.h"

namespace ovlspec::fuse {

// `length` ids from `stored` on, which the layers hold, are shown as those from `shown` on.
struct IdRange {
  std::uint32_t stored = 0;
  std::uint32_t shown = 0;
  std::uint32_t length = 0;
  bool operator==(const IdRange&) const = default;
};

// Users' or groups' ids. Invariant: no id lies in two ranges, on either side.
class IdMapping {
 public:
  // Each id is shown as it is.
  IdMapping() = default;
  // `STORED:SHOWN:LENGTH[:STORED:SHOWN:LENGTH...]`; colons too many are skipped, as container engines write one before
  // the first range. A usage failure names what is wrong with it.
  static Attempt<IdMapping> parse(std::string_view text);

  // kOverflowId for an id that is not mapped.
  std::uint32_t shown(std::uint32_t stored) const;
  // Nothing for an id that is not mapped.
  std::optional<std::uint32_t> stored(std::uint32_t shown) const;
  bool operator==(const IdMapping&) const = default;

 private:
  std::vector<IdRange> ranges_;  // empty: the identity
};
// What Linux shows for an id without a meaning, unless /proc/sys/fs/overflowuid says otherwise.
inline constexpr std::uint32_t kOverflowId = 65534;

enum class DirectoryLinks : std::uint8_t { kCounted, kOne };  // kOne: st_nlink of directories is 1

struct Presentation {
  IdMapping users;
  IdMapping groups;
  // Where set, every object shows this id.
  std::optional<Uid> squashed_user;
  std::optional<Gid> squashed_group;
  DirectoryLinks directory_links = DirectoryLinks::kCounted;
  bool operator==(const Presentation&) const = default;

  // Owners are not shown as they are, so that one who may not set them has set them all the same.
  bool squashes() const { return squashed_user.has_value() || squashed_group.has_value(); }
};

// The attributes as the mount shows them.
Attributes shown(const Attributes& stored, const Presentation& presentation);
// With owners as the layers are to hold them. Nobody can be made the owner whose id is not mapped (EOVERFLOW), but what
// such a caller makes is nobody's: a container engine prepares a tree in the name of the machine's root.
Result<impl::AttributeChange> stored(impl::AttributeChange change, const Presentation& presentation);
impl::NewInode stored(impl::NewInode inode, const Presentation& presentation);

}  // namespace ovlspec::fuse
