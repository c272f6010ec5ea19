// The numbers that a mounted tree shows of its objects, in each of the ways that there are to ask.
#pragma once

#include <string>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

struct InodeSighting {
  std::string path;  // from the mount's root, which has no sighting itself
  bool directory = false;
  InodeNumber shown = 0;            // st_ino
  InodeNumber listed = 0;           // d_ino, as getdents64 of its directory has it
  InodeNumber held = 0;             // i_ino, as the fdinfo of an inotify instance that watches it has it
  std::uint64_t file_system = 0;    // st_dev
  std::uint64_t mount_root_at = 0;  // st_dev of the mount's root
};

// Of every object in the mount, in the order of the listings. A directory is looked up before it is listed, and its
// objects after that.
Attempt<std::vector<InodeSighting>> inode_sightings(const std::string& mount_point);

}  // namespace ovlspec::oracle
