// LayerAccess over a real directory. Everything is reached from one directory descriptor; no symlink is followed, and
// no path string longer than the kernel takes is handed to it, however deep the layer is.
//
// A backing is (file system, st_ino, digest of the file handle). The file system is st_dev and what names the one that
// is mounted there now: its uuid, or the digest of a squashfs. So an image that was built anew is another file system,
// though it has the loop device, the numbers and the generations of the one before, and none of its inodes is an
// earlier one.
//
// The handle holds the inode's generation, on every kind of inode, which FS_IOC_GETVERSION gives on files and
// directories of some file systems only; where there are no handles the generation is FS_IOC_GETVERSION's, or 0.
//
// Threads: one at a time; paths of the process's working and root directory are never used, but /proc must be mounted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/descriptor.h"
#include "oracle/layer_access.h"

namespace ovlspec::oracle {

class PosixAccess : public LayerAccess {
 public:
  // The directory at `path`, which may be relative and may lead through symlinks.
  static Result<std::unique_ptr<PosixAccess>> open(const std::string& path);
  // REQUIRES: an open directory.
  explicit PosixAccess(Descriptor root);

  Result<AccessedInode> read(std::string_view path) override;
  Result<std::vector<std::string>> list(std::string_view path) override;
  Status make(std::string_view path, const model::Inode& inode) override;
  Status link(std::string_view from, std::string_view to) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status remove(std::string_view path) override;
  Status set_mode(std::string_view path, Mode mode) override;
  Status set_content(std::string_view path, std::string_view content) override;
  Status set_times(std::string_view path, Time access, Time modify) override;

  // Regular files above this size are not read: EFBIG.
  void refuse_content_above(FileSize limit) { content_limit_ = limit; }
  // Removes all that the root holds.
  Status clear();
  int root() const { return root_.get(); }

 private:
  // A name in an open directory.
  struct Place {
    Descriptor directory;
    std::string name;
  };
  Result<Descriptor> open_at(std::string_view path, int flags) const;
  Result<Place> place(std::string_view path) const;

  Descriptor root_;
  std::string uuid_;               // of the root's file system, or its digest; 16 zero bytes where it has neither
  std::uint64_t device_ = 0;       // st_dev of the root
  std::uint64_t file_system_ = 0;  // of the root, in a backing
  FileSize content_limit_ = ~FileSize{0};
};

}  // namespace ovlspec::oracle
