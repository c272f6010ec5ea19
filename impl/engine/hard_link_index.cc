#include "impl/engine/hard_link_index.h"

#include "model/vocabulary/names.h"

namespace ovlspec::impl {

Status HardLinkIndex::load_locked() {
  if (loaded_) return {};
  auto found = store_.lookup(work_.root(), names::kIndex);
  if (found.ok() && found->attributes.type == FileType::kDirectory) {
    auto entries = store_.entries(found->inode);
    if (!entries.ok()) return entries.error();
    directory_ = found->inode;
    for (StoredEntry& entry : *entries) entries_.insert(std::move(entry.name));
  } else if (!found.ok() && found.error() != Errno::kENOENT) {
    return found.error();
  }
  loaded_ = true;
  return {};
}

Status HardLinkIndex::make_directory_locked() {
  OVLSPEC_TRY(load_locked());
  if (directory_) return {};
  auto made = own_directory(store_, work_.root(), names::kIndex);
  if (!made.ok()) return made.error();
  directory_ = std::move(*made);
  return {};
}

Result<InodeRef> HardLinkIndex::directory() {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(make_directory_locked());
  return directory_;
}

Result<std::vector<std::string>> HardLinkIndex::names() {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(load_locked());
  return std::vector<std::string>(entries_.begin(), entries_.end());
}

Result<bool> HardLinkIndex::empty() {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(load_locked());
  return entries_.empty();
}

Result<std::optional<FoundInode>> HardLinkIndex::find(const std::string& name) {
  InodeRef directory;
  {
    const std::lock_guard lock(mutex_);
    OVLSPEC_TRY(load_locked());
    if (!entries_.contains(name)) return std::optional<FoundInode>();
    directory = directory_;
  }
  auto found = store_.lookup(directory, name);
  if (found.ok()) return std::optional<FoundInode>(std::move(*found));
  if (found.error() == Errno::kENOENT) return std::optional<FoundInode>();
  return found.error();
}

Status HardLinkIndex::add(const InodeRef& inode, const std::string& name) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(make_directory_locked());
  if (!entries_.contains(name)) {
    OVLSPEC_TRY(store_.link(inode, directory_, name));
    entries_.insert(name);
    return {};
  }
  const std::string temporary = work_.fresh_name();
  OVLSPEC_TRY(store_.link(inode, work_.temporary(), temporary));
  Status moved = store_.rename(work_.temporary(), temporary, directory_, name, StoreRename::kReplace);
  // Nothing of ours; after an exchange the temporary name is the directory's.
  const bool was_directory = moved.error() == Errno::kEISDIR;
  if (was_directory) moved = store_.rename(work_.temporary(), temporary, directory_, name, StoreRename::kExchange);
  if (!moved.ok() || was_directory) static_cast<void>(work_.discard(temporary));
  return moved;
}

Status HardLinkIndex::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(load_locked());
  if (!directory_) return Errno::kENOENT;
  Status removed = store_.unlink(directory_, name);
  if (removed.error() == Errno::kEISDIR) removed = store_.remove_directory(directory_, name);
  OVLSPEC_TRY(removed);
  entries_.erase(name);
  return {};
}

Status HardLinkIndex::put_back(std::string_view temporary, const std::string& name) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(make_directory_locked());
  OVLSPEC_TRY(store_.rename(work_.temporary(), temporary, directory_, name, StoreRename::kReplace));
  entries_.insert(name);
  return {};
}

Result<std::string> HardLinkIndex::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(load_locked());
  if (!directory_) return Errno::kENOENT;
  std::string temporary = work_.fresh_name();
  OVLSPEC_TRY(store_.rename(directory_, name, work_.temporary(), temporary, StoreRename::kReplace));
  entries_.erase(name);
  return temporary;
}

}  // namespace ovlspec::impl
