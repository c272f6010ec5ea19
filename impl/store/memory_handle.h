// The bytes of the memory store's handles: those of ext4 and of the kernel's generic 64-bit handles.
#pragma once

#include <cstdint>
#include <optional>

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

struct MemoryHandle {
  InodeNumber number = 0;
  std::uint32_t generation = 0;  // 0: any
};

BackingHandle encode_handle(const MemoryHandle& handle);
// Nothing for bytes that encode_handle never gives.
std::optional<MemoryHandle> decode_handle(const BackingHandle& handle);

}  // namespace ovlspec::impl
