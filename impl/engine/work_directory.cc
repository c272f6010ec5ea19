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

NewInode whiteout() {
  return NewInode{.type = FileType::kCharDevice, .mode = 0, .uid = 0, .gid = 0, .device = {}, .symlink_target = {}};
}

NewInode private_directory() {
  return NewInode{.type = FileType::kDirectory, .mode = 0, .uid = 0, .gid = 0, .device = {}, .symlink_target = {}};
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : store_(other.store_),
      root_(std::move(other.root_)),
      temporary_(std::move(other.temporary_)),
      next_(other.next_.load()) {}

Result<WorkDirectory> WorkDirectory::prepare(LayerStore& store, const InodeRef& root) {
  auto found = store.lookup(root, names::kWork);
  if (found.ok() && found->attributes.type != FileType::kDirectory) {
    OVLSPEC_TRY(store.unlink(root, names::kWork));
    found = Errno::kENOENT;
  }
  if (!found.ok() && found.error() == Errno::kENOENT) {
    found = store.create(root, names::kWork, private_directory());
  }
  if (!found.ok()) return found.error();
  // What is made in it is to inherit nothing.
  if (store.xattr(found->inode, kDefaultList).ok()) OVLSPEC_TRY(store.remove_xattr(found->inode, kDefaultList));
  return WorkDirectory(store, root, found->inode);
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
  auto made = make(whiteout());
  if (!made.ok()) return made.error();
  return std::move(made->name);
}

Status WorkDirectory::discard(std::string_view name) { return remove(temporary_, name); }

Status WorkDirectory::remove(const InodeRef& directory, std::string_view name) {
  Status removed = store_->unlink(directory, name);
  if (removed.ok() || (removed.error() != Errno::kEISDIR && removed.error() != Errno::kEPERM)) return removed;
  auto found = store_->lookup(directory, name);
  if (!found.ok()) return found.error();
  if (found->attributes.type != FileType::kDirectory) return removed;
  OVLSPEC_TRY(clear(found->inode));
  return store_->remove_directory(directory, name);
}

Status WorkDirectory::clear(const InodeRef& directory) {
  auto entries = store_->entries(directory);
  if (!entries.ok()) return entries.error();
  for (const StoredEntry& entry : *entries) OVLSPEC_TRY(remove(directory, entry.name));
  return {};
}

}  // namespace ovlspec::impl
