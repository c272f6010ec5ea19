#include "impl/engine/work_directory.h"

#include <charconv>
#include <system_error>

#include "impl/engine/access_lists.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

namespace {

constexpr char kCopyUpMark = '+';
constexpr char kOtherMark = '#';

}  // namespace

NewInode private_directory() {
  return NewInode{.type = FileType::kDirectory, .mode = 0, .uid = 0, .gid = 0, .device = {}, .symlink_target = {}};
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : store_(other.store_),
      root_(std::move(other.root_)),
      temporary_(std::move(other.temporary_)),
      next_(other.next_.load()) {}

Result<InodeRef> own_directory(LayerStore& store, const InodeRef& root, std::string_view name) {
  auto found = store.lookup(root, name);
  if (found.ok() && found->attributes.type != FileType::kDirectory) {
    OVLSPEC_TRY(store.unlink(root, name));
    found = Errno::kENOENT;
  }
  if (!found.ok() && found.error() == Errno::kENOENT) found = store.create(root, name, private_directory());
  if (!found.ok()) return found.error();
  return std::move(found->inode);
}

Result<WorkDirectory> WorkDirectory::prepare(LayerStore& store, const InodeRef& root) {
  auto temporary = own_directory(store, root, names::kWork);
  if (!temporary.ok()) return temporary.error();
  // What is made in it is to inherit nothing.
  if (store.xattr(*temporary, kDefaultList).ok()) OVLSPEC_TRY(store.remove_xattr(*temporary, kDefaultList));
  return WorkDirectory(store, root, std::move(*temporary));
}

WorkDirectory::Purpose WorkDirectory::purpose_of(std::string_view name) {
  return !name.empty() && name.front() == kCopyUpMark ? Purpose::kCopyUp : Purpose::kOther;
}

std::string WorkDirectory::fresh_name(Purpose purpose) {
  char digits[17];
  const auto end = std::to_chars(digits, digits + sizeof digits, next_.fetch_add(1), 16).ptr;
  std::string name(1, purpose == Purpose::kCopyUp ? kCopyUpMark : kOtherMark);
  name.append(digits, end);
  return name;
}

Result<WorkDirectory::Made> WorkDirectory::make(const NewInode& inode, Purpose purpose) {
  Made made{.name = fresh_name(purpose), .found = {}};
  auto found = store_->create(temporary_, made.name, inode);
  if (!found.ok()) return found.error();
  made.found = std::move(*found);
  return made;
}

Result<std::string> WorkDirectory::make_whiteout() {
  std::string name = fresh_name();
  OVLSPEC_TRY(store_->make_whiteout(temporary_, name));
  return name;
}

Status WorkDirectory::discard(std::string_view name) {
  Directories deep;
  OVLSPEC_TRY(remove(temporary_, name, deep));
  return remove_all(deep);
}

Status WorkDirectory::clear(const InodeRef& directory) {
  Directories deep;
  OVLSPEC_TRY(clear(directory, deep));
  return remove_all(deep);
}

Status WorkDirectory::remove_all(Directories& deep) {
  while (!deep.empty()) {
    const std::string name = std::move(deep.back());
    deep.pop_back();
    auto found = store_->lookup(temporary_, name);
    if (!found.ok()) return found.error();
    OVLSPEC_TRY(clear(found->inode, deep));
    OVLSPEC_TRY(store_->remove_directory(temporary_, name));
  }
  return {};
}

Status WorkDirectory::remove(const InodeRef& directory, std::string_view name, Directories& deep) {
  Status removed = store_->unlink(directory, name);
  if (removed.ok() || (removed.error() != Errno::kEISDIR && removed.error() != Errno::kEPERM)) return removed;
  const Status gone = store_->remove_directory(directory, name);
  if (gone.error() == Errno::kENOTDIR) return removed;
  if (gone.error() != Errno::kENOTEMPTY) return gone;
  if (directory == temporary_) {
    deep.emplace_back(name);
    return {};
  }
  std::string aside = fresh_name();
  OVLSPEC_TRY(store_->rename(directory, name, temporary_, aside, StoreRename::kNoReplace));
  deep.push_back(std::move(aside));
  return {};
}

Status WorkDirectory::clear(const InodeRef& directory, Directories& deep) {
  auto entries = store_->entries(directory);
  if (!entries.ok()) return entries.error();
  for (const StoredEntry& entry : *entries) OVLSPEC_TRY(remove(directory, entry.name, deep));
  return {};
}

}  // namespace ovlspec::impl
