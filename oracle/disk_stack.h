// The layers of a stack as real directories: one tmpfs a place, fresh for each trace, so that inode numbers begin anew.
// Where a tmpfs has no user.* attributes (before Linux 6.6), a place is a directory under $TMPDIR, or /tmp, and all
// places are one file system.
//
// $OVLSPEC_PLACES (given_places.h): what the places are made in instead, each in its turn: directories on ext4, xfs,
// btrfs, say, and images of squashfs and erofs (oracle/on_images.sh).
//
// Of a place of images, each lower is a file system of its own. Nobody writes to one: a change of such a layer changes
// the directory that it was made of, builds another image, and mounts that instead, even where nothing there is
// changed. What an image does not keep of a layer, access times and fractions of a second, scan does not show; a layer
// that no image can hold is shown as the directory that the image would have been made of. An upper layer and its work
// directory lie on the next place that can be written to, and the upper stays there when it becomes a lower.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/mutation.h"
#include "oracle/given_places.h"
#include "oracle/layer_format.h"
#include "oracle/overlay_mount.h"
#include "oracle/posix_access.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// REQUIRES: enter_private_namespace succeeded on the thread that uses it. Nothing is mounted over the layers while a
// method is called, but paths and mount_point.
class DiskStack {
 public:
  enum class Places : std::uint8_t { kAutomatic, kDirectories };
  // kAutomatic: where the environment gives places, those. `format`: how the layers' marks lie on disk.
  explicit DiskStack(Places places = Places::kAutomatic, DiskFormat format = DiskFormat::kOverlay);
  explicit DiskStack(DiskFormat format) : DiskStack(Places::kAutomatic, format) {}
  explicit DiskStack(std::vector<GivenPlace> given);
  ~DiskStack();
  DiskStack(const DiskStack&) = delete;
  DiskStack& operator=(const DiskStack&) = delete;

  Attempt<Done> prepare(const Trace& trace);
  StackPaths paths() const;
  // What everything temporary lies in.
  const std::string& base() const { return base_; }
  // Whether the path lies in what another stack of this process has.
  bool is_anothers(const std::string& path) const;
  // An empty directory for the mount. REQUIRES: prepare succeeded.
  std::string mount_point() const { return base_ + "/mount"; }
  // A directory beside the layers, empty after prepare, for what a subject keeps there.
  std::string state_directory() const { return base_ + "/state"; }
  // What prepare has not made is not there to be worked on.
  bool prepared() const { return !lowers_.empty(); }
  // An empty directory beside the topmost lower, or its image: the kernel mounts two lowers at least where there is no
  // upper.
  const std::string& empty_directory() const { return empty_; }

  Attempt<Done> mutate(const model::Mutation& mutation);
  Attempt<Scanned> scan() const;
  // Nothing where the layers are not the kernel's.
  std::optional<Attempt<model::Tree>> kernel_view() const;

 private:
  struct Directory {
    std::uint8_t place = 0;
    std::string name;
    std::optional<ImageKind> image;  // it is one, mounted
  };
  struct StackChange;

  std::string place_path(std::uint8_t place) const;
  std::string path_of(const Directory& directory) const { return place_path(directory.place) + "/" + directory.name; }
  // Where the directory is written to; of an image, what it is made of.
  std::string source_of(const Directory& directory) const;
  std::string image_of(const Directory& directory) const { return path_of(directory) + ".image"; }
  std::optional<ImageKind> image_at(std::uint8_t place) const;
  std::uint8_t writable(std::uint8_t place) const;
  Attempt<Done> make_base();
  Attempt<Done> need_place(std::uint8_t place);
  Attempt<Done> choose_places();
  Attempt<Done> drop_places();
  // A new empty directory, and one that holds a layer. An image is there once it is built.
  Attempt<Directory> make_directory(std::uint8_t place);
  Attempt<Directory> make_layer(std::uint8_t place, const model::Layer& layer);
  // What was written to it shows: of an image, it is built, and takes the place of one from before.
  Attempt<Done> build(const Directory& directory);
  Attempt<Done> unmount_image(std::string path);
  Attempt<Done> remove_directory(const Directory& directory);
  Directory* layer(model::LayerName name);

  std::vector<GivenPlace> given_;
  DiskFormat format_ = DiskFormat::kOverlay;
  std::uint64_t tmpfs_bytes_ = 0;  // how large a place may become
  Places places_;                  // kAutomatic: tmpfs, once it was chosen
  bool chosen_ = false;
  std::string base_;  // empty until it is made
  std::array<bool, kPlaces> in_use_{};
  std::vector<Directory> lowers_;
  std::optional<Directory> upper_;
  std::optional<Directory> work_;
  std::string empty_;
  std::uint64_t next_name_ = 0;
  std::set<std::string> mounted_images_;  // paths
  std::uint32_t images_made_ = 0;
};

// Removes a process's directory of temporary files once the process is gone, with what its stacks left elsewhere.
void remove_stacks_in(const std::string& temporary);

}  // namespace ovlspec::oracle
