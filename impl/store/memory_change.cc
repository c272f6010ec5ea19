#include "impl/store/memory_change.h"

#include "impl/store/memory_xattr.h"

namespace ovlspec::impl {
namespace {

bool valid(const TimeChange& change) {
  return change.kind != TimeChange::Kind::kSet || change.value.nanoseconds < 1'000'000'000;
}

void apply(const TimeChange& change, Time now, Time& time) {
  switch (change.kind) {
    case TimeChange::Kind::kOmit: break;
    case TimeChange::Kind::kNow: time = now; break;
    case TimeChange::Kind::kSet: time = change.value; break;
  }
}

void apply_size(MemoryInode& inode, FileSize size, Time now) {
  inode.content.resize(size);
  inode.refresh_size();
  inode.attributes.modify_time = now;
  drop_capability(inode);
}

}  // namespace

Status check_change_in_memory(const MemoryInode& inode, const StoreChange& change) {
  if (!valid(change.access_time) || !valid(change.modify_time)) return Errno::kEINVAL;
  if (change.size.has_value()) {
    if (inode.is_directory()) return Errno::kEISDIR;
    if (inode.attributes.type != FileType::kRegular) return Errno::kEINVAL;
    if (*change.size > MemoryContent::kSizeMax) return Errno::kEFBIG;
  }
  const bool is_symlink = inode.attributes.type == FileType::kSymlink;
  return change.mode.has_value() && is_symlink ? Errno::kEOPNOTSUPP : Status();
}

void change_in_memory(MemoryInode& inode, const StoreChange& change, Time now) {
  Attributes& attributes = inode.attributes;
  if (change.size.has_value()) apply_size(inode, *change.size, now);
  if (change.uid.has_value()) attributes.uid = *change.uid;
  if (change.gid.has_value()) attributes.gid = *change.gid;
  if ((change.uid.has_value() || change.gid.has_value()) && !inode.is_directory()) drop_capability(inode);
  if (change.mode.has_value()) attributes.mode = *change.mode & kModeMask;
  apply(change.access_time, now, attributes.access_time);
  apply(change.modify_time, now, attributes.modify_time);
  attributes.change_time = now;
}

bool changes_nothing(const StoreChange& change) {
  return !change.mode && !change.uid && !change.gid && !change.size &&
         change.access_time.kind == TimeChange::Kind::kOmit && change.modify_time.kind == TimeChange::Kind::kOmit;
}

}  // namespace ovlspec::impl
