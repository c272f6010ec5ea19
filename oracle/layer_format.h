// How a layer's inodes are written on disk: which private attributes and devices stand for a model's marks. One reader
// for each format; scan asks for it by name and knows none of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/layer.h"
#include "oracle/layer_access.h"

namespace ovlspec::oracle {

// kOverlay: the kernel's, with attributes of trusted.overlay.; our engine's too. kOverlayUser: the same with
// user.overlay., for mounts without privilege. kPlain: no attribute and no device means anything; for mounted trees.
// kFuseOverlayfs: as kOverlay, with attributes of its own and marks in names (name_marks.h). kUnionfs: marks in names
// alone. kNoMarks: a layer has files and directories, and no way to say more. Layers of the last two are made without
// the marks that a trace gives them.
enum class DiskFormat : std::uint8_t { kOverlay, kOverlayUser, kPlain, kFuseOverlayfs, kUnionfs, kNoMarks };
// `overlay`, `overlay-user`, `fuse-overlayfs`, `unionfs` and `none`.
std::optional<DiskFormat> disk_format_from_word(std::string_view word);
// Whether layers are written with whiteouts and other marks.
bool has_marks(DiskFormat format);

// What stands around an inode and decides what it means.
enum class Surrounding : std::uint8_t {
  kPlain,
  kXattrWhiteouts,  // in a directory whose overlay.opaque is "x"
};

// What our engine's record (names::kIdentity) says of a copied-up inode, beside its number: eight little-endian words
// of 64 bits, of which the sixth and the seventh are the upper inode that it lies on and its handle's digest, and the
// eighth the origin's link count at copy up.
struct OwnRecord {
  InodeNumber upper = 0;
  std::uint64_t generation = 0;
  bool lies_on(const model::Backing& backing) const {
    return upper == backing.number && generation == backing.generation;
  }
  std::uint64_t origin_links = 0;
};

// What the seal on a layer's root (names::kSeal) says: the root that it was written for. Words of 64 bits: the second
// its inode number, the third its handle's digest.
struct OwnSeal {
  InodeNumber root = 0;
  std::uint64_t generation = 0;
  bool lies_on(const model::Backing& backing) const {
    return root == backing.number && generation == backing.generation;
  }
};

struct ParsedInode {
  model::Inode inode;  // without private attributes; escaped ones under the name that users see
  model::Marks marks;  // whiteout, opaque, redirect, metacopy and backing; the origin is scan's to resolve
  std::optional<std::string> origin;  // the origin attribute's bytes: a file handle, or empty where it is not known
  std::optional<OwnRecord> record;
  bool counted_by_another = false;  // names::kNlink is there, and not ours
  std::optional<OwnSeal> seal;
  std::optional<std::string> upper;  // an index entry's: the handle of the upper directory that it stands for
  Surrounding of_entries = Surrounding::kPlain;
};
ParsedInode parse_inode(AccessedInode accessed, DiskFormat format, Surrounding surrounding);

// The inode as it lies on disk: whiteouts as character device 0:0, opaque and redirect as attributes, names of private
// attributes that users see escaped. An origin is not written: it is a handle, which only a live inode has.
model::Inode inode_on_disk(const model::Inode& inode, const model::Marks& marks, DiskFormat format);

}  // namespace ovlspec::oracle
