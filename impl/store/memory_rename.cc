#include "impl/store/memory_rename.h"

#include <utility>

namespace ovlspec::impl {
namespace {

bool is_ancestor(const MemoryInode& ancestor, const MemoryInode& directory) {
  const MemoryInode* at = &directory;
  while (at != &ancestor) {
    if (at->parent == nullptr || at->parent == at) return false;
    at = at->parent;
  }
  return true;
}

Status check_loops(const MemoryPlace& from, const MemoryPlace& to, const MemoryInode& source, const MemoryInode* target,
                   StoreRename mode) {
  if (source.is_directory() && is_ancestor(source, *to.directory)) return Errno::kEINVAL;
  if (target != nullptr && target->is_directory() && is_ancestor(*target, *from.directory)) {
    return mode == StoreRename::kExchange ? Errno::kEINVAL : Errno::kENOTEMPTY;
  }
  return {};
}

Status check_replace(const MemoryInode& source, const MemoryInode& target) {
  if (source.is_directory() && !target.is_directory()) return Errno::kENOTDIR;
  if (!source.is_directory() && target.is_directory()) return Errno::kEISDIR;
  if (!target.entries.empty()) return Errno::kENOTEMPTY;
  return {};
}

void replace(const MemoryPlace& from, const MemoryPlace& to, const MemoryInode* target, Time now) {
  if (target != nullptr) {
    const MemoryInodeRef gone = to.directory->detach(to.name);
    if (gone->is_directory()) gone->attributes.links = 0;
    gone->attributes.change_time = now;
  }
  MemoryInodeRef moved = from.directory->detach(from.name);
  moved->attributes.change_time = now;
  to.directory->attach(to.name, std::move(moved));
}

// What RENAME_WHITEOUT leaves at the old name.
MemoryInodeRef make_whiteout(const MemoryInode& directory, Time now) {
  auto whiteout = std::make_shared<MemoryInode>(directory.numbers, FileType::kCharDevice);
  Attributes& attributes = whiteout->attributes;
  attributes.file_system = directory.attributes.file_system;
  // The kernel makes it, and so the directory's set-group-id bit counts.
  if ((directory.attributes.mode & kSetGid) != 0) attributes.gid = directory.attributes.gid;
  attributes.access_time = attributes.modify_time = attributes.change_time = now;
  return whiteout;
}

void exchange(const MemoryPlace& from, const MemoryPlace& to, Time now) {
  MemoryInodeRef first = from.directory->detach(from.name);
  MemoryInodeRef second = to.directory->detach(to.name);
  first->attributes.change_time = now;
  second->attributes.change_time = now;
  from.directory->attach(from.name, std::move(second));
  to.directory->attach(to.name, std::move(first));
}

}  // namespace

void touch_directory(MemoryInode& directory, Time now) {
  directory.attributes.modify_time = now;
  directory.attributes.change_time = now;
}

Status rename_in_memory(const MemoryPlace& from, const MemoryPlace& to, StoreRename mode, Time now) {
  MemoryInode* source = from.directory->find(from.name);
  MemoryInode* target = to.directory->find(to.name);
  if (source == nullptr) return Errno::kENOENT;
  if (mode == StoreRename::kNoReplace && target != nullptr) return Errno::kEEXIST;
  if (mode == StoreRename::kExchange && target == nullptr) return Errno::kENOENT;
  OVLSPEC_TRY(check_loops(from, to, *source, target, mode));
  if (source == target) return {};
  if (to.directory->is_removed()) return Errno::kENOENT;
  const bool replaces = target != nullptr && mode != StoreRename::kExchange;
  if (replaces) OVLSPEC_TRY(check_replace(*source, *target));
  switch (mode) {
    case StoreRename::kReplace:
    case StoreRename::kNoReplace: replace(from, to, target, now); break;
    case StoreRename::kExchange: exchange(from, to, now); break;
    case StoreRename::kWhiteout:
      replace(from, to, target, now);
      from.directory->attach(from.name, make_whiteout(*from.directory, now));
      break;
  }
  touch_directory(*from.directory, now);
  touch_directory(*to.directory, now);
  return {};
}

}  // namespace ovlspec::impl
