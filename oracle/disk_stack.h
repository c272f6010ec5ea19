// The layers of a stack as real directories: one tmpfs a place, fresh for each trace, so that inode numbers begin anew.
// Where a tmpfs has no user.* attributes (before Linux 6.6), a place is a directory under $TMPDIR, or /tmp, and all
// places are one file system.
//
// $OVLSPEC_PLACES: directories, separated by colons, that the places are made in instead, each in its turn: on ext4,
// xfs, btrfs images, say (oracle/on_images.sh).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/mutation.h"
#include "oracle/overlay_mount.h"
#include "oracle/posix_access.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// REQUIRES: enter_private_namespace succeeded on the thread that uses it. Nothing is mounted over the layers while a
// method is called, but paths and mount_point.
class DiskStack {
 public:
  enum class Places : std::uint8_t { kAutomatic, kDirectories };
  explicit DiskStack(Places places = Places::kAutomatic);
  ~DiskStack();
  DiskStack(const DiskStack&) = delete;
  DiskStack& operator=(const DiskStack&) = delete;

  Attempt<Done> prepare(const Trace& trace);
  StackPaths paths() const;
  // An empty directory for the mount. REQUIRES: prepare succeeded.
  std::string mount_point() const { return base_ + "/mount"; }
  // A directory beside the layers, empty after prepare, for what a subject keeps there.
  std::string state_directory() const { return base_ + "/state"; }
  // What prepare has not made is not there to be worked on.
  bool prepared() const { return !lowers_.empty(); }
  // An empty directory beside the topmost lower: the kernel mounts two lowers at least where there is no upper.
  const std::string& empty_directory() const { return empty_; }

  Attempt<Done> mutate(const model::Mutation& mutation);
  Attempt<Scanned> scan() const;
  Attempt<model::Tree> kernel_view() const;

 private:
  struct Directory {
    std::uint8_t place = 0;
    std::string name;
  };
  struct StackChange;

  std::string place_path(std::uint8_t place) const;
  std::string path_of(const Directory& directory) const { return place_path(directory.place) + "/" + directory.name; }
  Attempt<Done> make_base();
  Attempt<Done> need_place(std::uint8_t place);
  Attempt<Done> choose_places();
  Attempt<Done> drop_places();
  // A new empty directory, and one that holds a layer.
  Attempt<Directory> make_directory(std::uint8_t place);
  Attempt<Directory> make_layer(std::uint8_t place, const model::Layer& layer);
  Attempt<Done> remove_directory(const Directory& directory);
  Directory* layer(model::LayerName name);

  std::vector<std::string> given_;  // $OVLSPEC_PLACES
  Places places_;                   // kAutomatic: tmpfs, once it was chosen
  bool chosen_ = false;
  std::string base_;  // empty until it is made
  std::array<bool, kPlaces> in_use_{};
  std::vector<Directory> lowers_;
  std::optional<Directory> upper_;
  std::optional<Directory> work_;
  std::string empty_;
  std::uint64_t next_name_ = 0;
};

}  // namespace ovlspec::oracle
