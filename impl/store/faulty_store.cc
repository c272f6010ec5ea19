#include "impl/store/faulty_store.h"

namespace ovlspec::impl {

void FaultyStore::set_fault(Fault fault) {
  fault_ = fault;
  calls_ = 0;
  crashed_ = false;
}

Status FaultyStore::uncounted() const { return crashed_.load() ? Errno::kEIO : Status(); }

Status FaultyStore::counted() {
  OVLSPEC_TRY(uncounted());
  const std::uint64_t call = calls_.fetch_add(1) + 1;
  switch (fault_.kind) {
    case FaultKind::kNone: return {};
    case FaultKind::kFailOnce: return call == fault_.at ? fault_.error : Status();
    case FaultKind::kFailFrom: return call >= fault_.at ? fault_.error : Status();
    case FaultKind::kCrash:
      if (call < fault_.at) return {};
      crashed_ = true;
      return Errno::kEIO;
  }
  return {};
}

Result<BackingFileSystem> FaultyStore::file_system(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.file_system(inode);
}

Result<FileSystemStatus> FaultyStore::status(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.status(inode);
}

Result<FoundInode> FaultyStore::lookup(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(uncounted());
  return store_.lookup(directory, name);
}

Result<Attributes> FaultyStore::attributes(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.attributes(inode);
}

Result<std::vector<StoredEntry>> FaultyStore::entries(const InodeRef& directory) {
  OVLSPEC_TRY(uncounted());
  return store_.entries(directory);
}

Result<std::string> FaultyStore::symlink_target(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.symlink_target(inode);
}

Result<std::string> FaultyStore::xattr(const InodeRef& inode, std::string_view name) {
  OVLSPEC_TRY(uncounted());
  return store_.xattr(inode, name);
}

Result<std::vector<std::string>> FaultyStore::xattr_names(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.xattr_names(inode);
}

Result<InodeFlags> FaultyStore::flags(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.flags(inode);
}

Result<InodeFlags> FaultyStore::protection(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.protection(inode);
}

Result<BackingHandle> FaultyStore::handle(const InodeRef& inode) {
  OVLSPEC_TRY(uncounted());
  return store_.handle(inode);
}

Result<FoundInode> FaultyStore::by_handle(const InodeRef& root, const BackingHandle& handle) {
  OVLSPEC_TRY(uncounted());
  return store_.by_handle(root, handle);
}

Result<std::vector<std::string>> FaultyStore::names_of(const InodeRef& root, InodeNumber number) {
  OVLSPEC_TRY(uncounted());
  return store_.names_of(root, number);
}

Result<std::string> FaultyStore::content_seal(const InodeRef& root) {
  OVLSPEC_TRY(uncounted());
  return store_.content_seal(root);
}

Result<FoundInode> FaultyStore::create(const InodeRef& directory, std::string_view name, const NewInode& inode) {
  OVLSPEC_TRY(counted());
  return store_.create(directory, name, inode);
}

Status FaultyStore::link(const InodeRef& inode, const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(counted());
  return store_.link(inode, directory, name);
}

Status FaultyStore::unlink(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(counted());
  return store_.unlink(directory, name);
}

Status FaultyStore::remove_directory(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(counted());
  return store_.remove_directory(directory, name);
}

Status FaultyStore::rename(const InodeRef& from, std::string_view from_name, const InodeRef& to,
                           std::string_view to_name, StoreRename mode) {
  OVLSPEC_TRY(counted());
  return store_.rename(from, from_name, to, to_name, mode);
}

Status FaultyStore::change(const InodeRef& inode, const StoreChange& change) {
  OVLSPEC_TRY(counted());
  return store_.change(inode, change);
}

Status FaultyStore::set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) {
  OVLSPEC_TRY(counted());
  return store_.set_xattr(inode, name, value, mode);
}

Status FaultyStore::remove_xattr(const InodeRef& inode, std::string_view name) {
  OVLSPEC_TRY(counted());
  return store_.remove_xattr(inode, name);
}

Status FaultyStore::set_flags(const InodeRef& inode, InodeFlags flags) {
  OVLSPEC_TRY(counted());
  return store_.set_flags(inode, flags);
}

Result<FileRef> FaultyStore::open(const InodeRef& inode, Access access) {
  OVLSPEC_TRY(uncounted());
  return store_.open(inode, access);
}

Result<std::size_t> FaultyStore::read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) {
  OVLSPEC_TRY(uncounted());
  return store_.read(file, buffer, size, offset);
}

Result<std::size_t> FaultyStore::write(const FileRef& file, std::string_view data, FileSize offset) {
  OVLSPEC_TRY(counted());
  return store_.write(file, data, offset);
}

Result<std::optional<LayerStore::Extent>> FaultyStore::next_data(const FileRef& file, FileSize offset) {
  OVLSPEC_TRY(uncounted());
  return store_.next_data(file, offset);
}

Status FaultyStore::change_range(const FileRef& file, RangeChange change, Extent range) {
  OVLSPEC_TRY(counted());
  return store_.change_range(file, change, range);
}

Result<std::size_t> FaultyStore::copy_range(const Position& from, const Position& to, std::size_t size) {
  OVLSPEC_TRY(counted());
  return store_.copy_range(from, to, size);
}

Status FaultyStore::sync(const FileRef& file) {
  OVLSPEC_TRY(counted());
  return store_.sync(file);
}

Status FaultyStore::sync_inode(const InodeRef& inode) {
  OVLSPEC_TRY(counted());
  return store_.sync_inode(inode);
}

std::optional<int> FaultyStore::descriptor(const FileRef& file) const {
  return crashed_.load() ? std::nullopt : store_.descriptor(file);
}

}  // namespace ovlspec::impl
