// Immutable and append-only objects. Which of the two an upper object is lies in a private attribute, "i" and "a", as
// with the kernel: the inode itself stays one that can be renamed out of the work directory and copied up into.
//
// What each flag forbids is Linux's: may_open, may_delete, may_create, notify_change and xattr_permission in fs/.
#include "impl/engine/open_handles.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

std::string text_of(InodeFlags flags) {
  std::string text;
  if ((flags & kAppendOnly) != 0) text += 'a';
  if ((flags & kImmutable) != 0) text += 'i';
  return text;
}

// Damaged, it says nothing, as with the kernel.
InodeFlags flags_of(std::string_view text) {
  InodeFlags flags = 0;
  if (text.find_first_not_of("ai") != std::string_view::npos) return flags;
  if (text.find('a') != std::string_view::npos) flags |= kAppendOnly;
  if (text.find('i') != std::string_view::npos) flags |= kImmutable;
  return flags;
}

bool sets_times(const AttributeChange& change) {
  return change.access_time.kind == TimeChange::Kind::kSet || change.modify_time.kind == TimeChange::Kind::kSet;
}

}  // namespace

Result<InodeFlags> OverlayEngine::stored_protection(const Instance& instance) const {
  auto flags = instance.layer->store->protection(instance.inode);
  if (!flags.ok() || instance.layer->depth != 0) return flags;
  auto text = layers_.private_xattr(instance, names::kProtattr);
  if (!text.ok()) return text.error();
  return *flags | (*text ? flags_of(**text) : 0);
}

Result<InodeFlags> OverlayEngine::protection(const Node& node) const {
  const InodeFlags known = node.protection.load(std::memory_order_acquire);
  if (known != Node::kUnknownProtection) return known;
  auto flags = stored_protection(top(node));
  if (flags.ok()) node.protection.store(*flags, std::memory_order_release);
  return flags;
}

Status OverlayEngine::write_protection(const InodeRef& upper, InodeFlags flags) {
  const std::string name = layers_.private_name(names::kProtattr);
  const std::string text = text_of(flags);
  if (!text.empty()) return parts_->store.set_xattr(upper, name, text, XattrMode::kAny);
  const Status removed = parts_->store.remove_xattr(upper, name);
  return removed.error() == Errno::kENODATA ? Status() : removed;
}

// On the inode itself, which is never protected.
Status OverlayEngine::set_upper_flags(const InodeRef& upper, InodeFlags added, InodeFlags removed) {
  const auto stored = parts_->store.flags(upper);
  if (!stored.ok()) return stored.error();
  const InodeFlags wanted = ((*stored | added) & ~removed) & ~kProtection;
  return wanted == *stored ? Status() : parts_->store.set_flags(upper, wanted);
}

Result<InodeFlags> OverlayEngine::flags(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  const Instance instance = top(**found);
  auto stored = instance.layer->store->flags(instance.inode);
  if (!stored.ok()) return stored;
  auto protected_by = protection(**found);
  if (!protected_by.ok()) return protected_by;
  return (*stored & ~kProtection) | *protected_by;
}

Status OverlayEngine::set_flags(NodeId id, InodeFlags flags) {
  const auto before = this->flags(id);
  if (!before.ok()) return before.error();
  if (*before == flags) return {};
  const std::unique_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  OVLSPEC_TRY(copy_up(*found, CopyUp{}));
  const InodeRef& upper = (*found)->upper;
  OVLSPEC_TRY(set_upper_flags(upper, flags & ~*before, *before & ~flags));
  (*found)->protection.store(Node::kUnknownProtection, std::memory_order_release);
  return write_protection(upper, flags & kProtection);
}

Status OverlayEngine::check_writing(const Node& node, OpenMode mode) const {
  const auto flags = protection(node);
  if (!flags.ok()) return flags.error();
  if ((*flags & kImmutable) != 0) return Errno::kEPERM;
  return (*flags & kAppendOnly) != 0 && (mode.truncate || !mode.append) ? Errno::kEPERM : Status();
}

// For a file that was opened before the flags were set; writes and allocation may go on where it is append-only.
Status OverlayEngine::check_range(const OpenFile& file, RangeChange change) const {
  const std::shared_lock lock(namespace_);
  const auto flags = protection(*file.held.node());
  if (!flags.ok()) return flags.error();
  const bool only_adds = change == RangeChange::kAllocate || change == RangeChange::kAllocateKeepSize;
  const InodeFlags forbidding = only_adds ? kImmutable : kProtection;
  return (*flags & forbidding) != 0 ? Errno::kEPERM : Status();
}

Status OverlayEngine::check_change(const Node& node, const AttributeChange& change) const {
  const auto flags = protection(node);
  if (!flags.ok()) return flags.error();
  if ((*flags & kImmutable) != 0) return Errno::kEPERM;
  if ((*flags & kAppendOnly) == 0) return {};
  if (change.uid || change.gid || change.size || sets_times(change)) return Errno::kEPERM;
  if (!change.mode) return {};
  const Instance instance = top(node);
  const auto now = instance.layer->store->attributes(instance.inode);
  if (!now.ok()) return now.error();
  // What an append does to set-id bits.
  constexpr Mode kSetIds = kSetUid | kSetGid;
  const bool only_clears_them = (*change.mode & ~now->mode) == 0 && (now->mode & ~*change.mode & ~kSetIds) == 0;
  return only_clears_them ? Status() : Errno::kEPERM;
}

Status OverlayEngine::check_free(const Node& node) const {
  const auto flags = protection(node);
  if (!flags.ok()) return flags.error();
  return *flags != 0 ? Errno::kEPERM : Status();
}

Status OverlayEngine::check_mutable(const Node& node) const {
  const auto flags = protection(node);
  if (!flags.ok()) return flags.error();
  return (*flags & kImmutable) != 0 ? Errno::kEPERM : Status();
}

Status OverlayEngine::check_removal(const Node& directory, const Node& removed) const {
  OVLSPEC_TRY(check_free(directory));
  return check_free(removed);
}

Status OverlayEngine::check_rename_free(const RenameSide& from, const RenameSide& to, RenameMode mode) const {
  OVLSPEC_TRY(check_removal(*from.directory, *from.reached.node));
  if (to.reached.node) return check_removal(*to.directory, *to.reached.node);
  return mode == RenameMode::kExchange ? Status() : check_mutable(*to.directory);
}

}  // namespace ovlspec::impl
