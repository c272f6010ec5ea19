// Read-only file systems made of a directory: an image in a file, mounted over a loop device.
//
// Both kinds keep type, mode, owner, hard links, device numbers, content and all attributes (user, trusted, security)
// of every inode, the root's too. Of the times the modification time alone is kept, by squashfs in whole seconds; an
// access time is the modification time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oracle/subject.h"

namespace ovlspec::oracle {

enum class ImageKind : std::uint8_t { kSquashfs, kErofs };

// By the name that the kernel has for it, `squashfs` or `erofs`.
std::optional<ImageKind> image_kind(std::string_view name);
// Why no image of this kind can be made; nothing where its program is there.
std::optional<std::string> cannot_make_image(ImageKind kind);

// Writes the image `file`, which must not exist. Images of different numbers are different file systems, whatever they
// hold: the number is the uuid of an erofs, and the second in which a squashfs, which has no uuid, says it was made.
struct ImageSource {
  std::string directory;
  std::uint32_t number = 0;
};
Attempt<Done> make_image(ImageKind kind, const ImageSource& source, const std::string& file);
// Whether the program may fail for what the directory holds, and not by mistake: mkfs.erofs 1.5 cuts the last byte off
// a name of 255.
bool may_not_fit(ImageKind kind, const std::string& directory);
// nodev and nosuid as all mounts of layers. The loop device goes with the mount.
Attempt<Done> mount_image(ImageKind kind, const std::string& file, const std::string& mount_point);

}  // namespace ovlspec::oracle
