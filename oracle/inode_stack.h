// The stacks on which the kernel's table of inode properties is measured, and what is done in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/inode_properties.h"
#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {

enum class LowerPlaces : std::uint8_t {  // of the two lowers, near and far
  kWithUpper,                            // both on the upper's file system
  kNearWithUpper,                        // the far one on its own
  kApart,                                // each on its own
  kOverlay,                              // an overlay of them, each on its own, is the only lower; no file handles
  kExportedOverlay,                      // the same, with file handles
};

struct InodeSetting {
  model::Layering layering = model::Layering::kSameFileSystem;
  std::string_view name;
  LowerPlaces lowers = LowerPlaces::kWithUpper;
  std::string_view xino;  // the mount option
};

extern const std::vector<InodeSetting> kInodeSettings;  // at least one for each layering

// Objects in layers on tmpfs, and an overlay of them; all mounts are gone with this object.
//
// The last component of an object's path begins with what it is: "lower-", "near-" (the upper one of two lowers) and
// "upper-" lie in one layer; "merged-by-hand", "merged-lowers" and "merged-by-copy-up" are directories in several;
// "copied-" is copied up by copy_up; so is "broken-link", which has another name in the same lower.
class InodeStack {
 public:
  explicit InodeStack(const InodeSetting& setting) : setting_(setting) {}
  InodeStack(const InodeStack&) = delete;
  InodeStack& operator=(const InodeStack&) = delete;
  ~InodeStack();

  // REQUIRES: in the private mount namespace. Once, before all else.
  Attempt<Done> make();
  Attempt<Done> mount();
  Attempt<Done> unmount();
  // Copies up; moves one of the copies to a directory of the upper, and gives another a second name. Once, mounted.
  Attempt<Done> copy_up() const;
  std::string mount_point() const { return at("overlay"); }

 private:
  std::string at(const std::string& name) const { return base_ + "/" + name; }
  Attempt<Done> make_base();
  Attempt<Done> make_lowers();
  Attempt<Done> mount_inner();
  // Remembers where something was mounted, if it was.
  Attempt<Done> noted(Attempt<Done> mounted, const std::string& where);

  const InodeSetting& setting_;
  std::string base_;
  std::vector<std::string> mounts_;  // the newest last
  StackPaths paths_;
};

}  // namespace ovlspec::oracle
