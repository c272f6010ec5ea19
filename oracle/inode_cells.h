// The table of model/inode_properties.h, measured on the running kernel's overlay file system.
//
// A property holds in a cell when every object of the cell's kind has it, in every stack of the cell's row and at each
// of these moments: before any copy up, after it in the same mount, and in two later mounts over unchanged layers, each
// of which first looks everything up in the reverse of the order before. Stacks and objects: oracle/inode_stack.h.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "model/inode_properties.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

struct InodeBreach {
  std::string object;          // its path in the overlay
  std::string counterexample;  // one line: stack, moment, object, numbers
};

struct MeasuredCell {
  model::InodeCell cell;
  std::vector<InodeBreach> breaches;  // of each object the first one
  bool held() const { return breaches.empty(); }
};

// The cells in the order of model::inode_cells(). Takes the calling thread into the private mount namespace, and leaves
// nothing behind. Fails where overlays, tmpfs or inotify cannot be used.
Attempt<std::vector<MeasuredCell>> measure_inode_cells();

// What the document promises and the kernel does not keep, seen on Linux 6.18.
struct KernelException {
  model::Layering layering = model::Layering::kSameFileSystem;
  model::InodeProperty property = model::InodeProperty::kPersistentNumber;
  bool directory = false;
  std::string_view objects;  // how the last component of their paths begins
  std::string_view reason;
};

inline constexpr std::string_view kNoTranslation =
    "A file that was copied up shows, and has in memory, the number of the lower file that it was; a listing gives the "
    "upper file's, as ovl_cache_update translates nothing where the layers have no common space of numbers.";
inline constexpr std::string_view kLinkKeepsOldNumber =
    "A lower file with several names, copied up without an index, gets the upper file's number in st_ino and d_ino; "
    "the inode in memory keeps the lower file's i_ino, which is set at the lookup alone, until the next mount.";
inline constexpr std::string_view kUnmarkedParent =
    "A merged directory shows the lower directory's number. A listing gives the upper one's where the parent has no "
    "mark that it is impure, which copy up makes, and mkdir in an upper layer that is not mounted does not.";

inline constexpr std::array kKernelExceptions = {
    KernelException{model::Layering::kSameFileSystem, model::InodeProperty::kListedAsShown, true, "merged-by-hand",
                    kUnmarkedParent},
    KernelException{model::Layering::kSameFileSystem, model::InodeProperty::kListedAsHeld, true, "merged-by-hand",
                    kUnmarkedParent},
    KernelException{model::Layering::kSameFileSystem, model::InodeProperty::kListedAsHeld, false, "broken-link",
                    kLinkKeepsOldNumber},
    KernelException{model::Layering::kXinoOff, model::InodeProperty::kListedAsShown, false, "copied-", kNoTranslation},
    KernelException{model::Layering::kXinoOff, model::InodeProperty::kListedAsHeld, false, "copied-", kNoTranslation},
    KernelException{model::Layering::kXinoOff, model::InodeProperty::kListedAsHeld, false, "broken-link",
                    kLinkKeepsOldNumber},
    KernelException{model::Layering::kXino, model::InodeProperty::kListedAsHeld, false, "broken-link",
                    kLinkKeepsOldNumber},
    KernelException{model::Layering::kXinoOverflow, model::InodeProperty::kListedAsHeld, false, "broken-link",
                    kLinkKeepsOldNumber},
};

bool concerns(const KernelException& exception, const model::InodeCell& cell, const InodeBreach& breach);
// Of a promised cell, the breaches that no exception concerns.
std::vector<InodeBreach> unexpected_breaches(const MeasuredCell& measured);

}  // namespace ovlspec::oracle
