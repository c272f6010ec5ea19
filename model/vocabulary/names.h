// The names that overlays give things on disk. Source: Documentation/filesystems/overlayfs.rst and fs/overlayfs; the
// identity record is ours and lies in the same private namespace, so that the kernel hides it and never copies it up.
#pragma once

#include <cstddef>
#include <string_view>

namespace ovlspec::names {

inline constexpr std::size_t kNameMax = 255;   // bytes of one component
inline constexpr std::size_t kPathMax = 4095;  // bytes of a path, without the terminating zero
inline constexpr std::size_t kSymlinkDepthMax = 40;
inline constexpr std::size_t kRedirectMax = 4096;  // bytes we write and read; the kernel writes 256 at most
inline constexpr std::size_t kLayersMax = 500;

// Private attributes are trusted.overlay.NAME, or user.overlay.NAME where the mounter has no privilege.
inline constexpr std::string_view kTrustedPrefix = "trusted.overlay.";
inline constexpr std::string_view kUserPrefix = "user.overlay.";
// A caller's attribute of such a name is kept apart as trusted.overlay.overlay.NAME: an overlay over overlays.
inline constexpr std::string_view kNested = "overlay.";
inline constexpr std::string_view kOpaque = "opaque";      // "y": opaque; "x": has xattr whiteouts, not opaque
inline constexpr std::string_view kRedirect = "redirect";  // a sibling's name, or an absolute path from the root
inline constexpr std::string_view kMetacopy = "metacopy";
inline constexpr std::string_view kOrigin = "origin";  // the lower inode's file handle, kernel encoding
inline constexpr std::string_view kImpure = "impure";
// "U", a sign and a number: how many names more than its own links an indexed upper inode shows. Whoever last made or
// removed one of its names wrote it; ours has a zero before the number, which says so and changes no value.
inline constexpr std::string_view kNlink = "nlink";
constexpr bool is_own_nlink(std::string_view value) { return value.size() > 3 && value[2] == '0'; }
inline constexpr std::string_view kUpper = "upper";
inline constexpr std::string_view kUuid = "uuid";
inline constexpr std::string_view kWhiteout = "whiteout";
inline constexpr std::string_view kProtattr = "protattr";
inline constexpr std::string_view kIdentity = "ovlspec";  // our identity record
// The record of an object that takes no attribute, on its directory; see impl/engine/entry_record.h.
inline constexpr std::string_view kEntryRecords = "ovlspec.of.";
inline constexpr std::string_view kSeal = "ovlspec.seal";  // ours, on a layer's root

// Whiteouts that are files, of fuse-overlayfs and container engines: `.wh.NAME` is one of NAME, a directory with the
// opaque one is opaque; what else begins with the reserved prefix is theirs and no name's.
inline constexpr std::string_view kFileWhiteout = ".wh.";
inline constexpr std::string_view kReservedFileWhiteout = ".wh..wh.";
inline constexpr std::string_view kOpaqueFile = ".wh..wh..opq";

// In the work directory.
inline constexpr std::string_view kWork = "work";                 // temporary objects
inline constexpr std::string_view kIndex = "index";               // hex(origin handle) -> hard link of the upper inode
inline constexpr std::string_view kClaims = "claims";             // ours: the numbers that identity records hold
inline constexpr std::string_view kIdentityMap = "identity.map";  // ours: of strategies that keep one

}  // namespace ovlspec::names
