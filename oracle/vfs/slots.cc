#include "oracle/vfs/slots.h"

#include <algorithm>

namespace ovlspec::oracle::vfs {

OpenSlot* Slots::find(Slot slot) {
  if (slot >= kSlots || slots_[slot].kind == OpenSlot::Kind::kClosed) return nullptr;
  return &slots_[slot];
}

void Slots::fill(Slot slot, OpenSlot open) {
  nodes_.pin(open.node);
  slots_[slot] = std::move(open);
}

void Slots::close(Slot slot) {
  OpenSlot* open = find(slot);
  if (open == nullptr) return;
  const NodeId node = open->node;
  *open = OpenSlot{};  // the engine's open file goes before the node
  nodes_.unpin(node);
}

void Slots::close_all() {
  for (Slot slot = 0; slot < kSlots; ++slot) close(slot);
}

void Slots::directory_removed(NodeId node) {
  for (OpenSlot& slot : slots_)
    if (slot.kind == OpenSlot::Kind::kDirectory && slot.node == node) slot.removed = true;
}

bool Slots::has_reader(NodeId fifo) const {
  return std::any_of(slots_.begin(), slots_.end(), [fifo](const OpenSlot& slot) {
    return slot.kind == OpenSlot::Kind::kFifo && slot.node == fifo && slot.readable();
  });
}

Status Slots::lock(Slot slot, LockKind kind) {
  OpenSlot& own = slots_[slot];
  own.lock.reset();
  if (kind == LockKind::kUnlock) return {};
  for (const OpenSlot& other : slots_) {
    if (other.kind == OpenSlot::Kind::kClosed || other.node != own.node || !other.lock) continue;
    if (kind == LockKind::kExclusive || other.lock == LockKind::kExclusive) return Errno::kEAGAIN;
  }
  own.lock = kind;
  return {};
}

}  // namespace ovlspec::oracle::vfs
