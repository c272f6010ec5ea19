// The lower inode that a copied-up one came from, in the encoding of the kernel's overlayfs (struct ovl_fb in
// fs/overlayfs/overlayfs.h): version 0, magic 0xfb, length, flags, handle type, 16 bytes of uuid, the handle's bytes.
// It is the value of the origin attribute, and in hexadecimal the name of an index entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

// The handle type, private to us, of a handle made from an inode number where the file system has no handles.
inline constexpr std::uint8_t kSynthesisedHandle = 0xf0;

struct OriginHandle {
  std::string bytes;  // the kernel's encoding
  bool operator==(const OriginHandle&) const = default;
  std::string index_name() const;  // at most names::kNameMax bytes
};

// The origin of an inode on the file system `uuid` (16 bytes). A handle too long for an index name, or none, becomes a
// synthesised one.
OriginHandle encode_origin(std::string_view uuid, const std::optional<BackingHandle>& handle, InodeNumber inode);

// The same of an upper inode: the encoding says which it is.
OriginHandle encode_upper(std::string_view uuid, const std::optional<BackingHandle>& handle, InodeNumber inode);

struct DecodedOrigin {
  std::string uuid;
  BackingHandle handle;
};
// Nothing where the bytes are not of this encoding, or are empty (a copied-up object whose origin is not known).
std::optional<DecodedOrigin> decode_origin(std::string_view bytes);

}  // namespace ovlspec::impl
