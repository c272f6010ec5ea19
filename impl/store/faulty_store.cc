#include "impl/store/faulty_store.h"

namespace ovlspec::impl {

void FaultyStore::set_fault(Fault fault) {
  fault_ = fault;
  calls_ = 0;
  crashed_ = false;
}

Status FaultyStore::uncounted() const { return crashed_.load() ? Errno::kEIO : Status(); }

void FaultyStore::start_recording() {
  const std::lock_guard lock(mutex_);
  records_ = true;
  recorded_.clear();
}

std::vector<CountedCall> FaultyStore::stop_recording() {
  const std::lock_guard lock(mutex_);
  records_ = false;
  return std::move(recorded_);
}

CountedCall FaultyStore::call_on(CountedCall::Kind kind, const InodeRef& inode) const {
  const std::lock_guard lock(mutex_);
  CountedCall call{.kind = kind, .inode = 0, .offset = 0, .bytes = {}};
  if (!records_) return call;
  const auto attributes = store_.attributes(inode);
  if (attributes.ok()) call.inode = attributes->number;
  return call;
}

CountedCall FaultyStore::call_on(CountedCall::Kind kind, const FileRef& file) const {
  const std::lock_guard lock(mutex_);
  const auto opened = opened_.find(file.get());
  return {.kind = kind, .inode = opened == opened_.end() ? 0 : opened->second, .offset = 0, .bytes = {}};
}

Status FaultyStore::counted(const CountedCall& made) {
  OVLSPEC_TRY(uncounted());
  {
    const std::lock_guard lock(mutex_);
    if (records_) recorded_.push_back(made);
  }
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

Status FaultyStore::make_whiteout(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(counted());
  return store_.make_whiteout(directory, name);
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
  using Kind = CountedCall::Kind;
  CountedCall call = call_on(change.size ? Kind::kResize : Kind::kMetadata, inode);
  call.offset = change.size.value_or(0);
  OVLSPEC_TRY(counted(call));
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
  auto file = store_.open(inode, access);
  if (!file.ok()) return file;
  const std::lock_guard lock(mutex_);
  const auto attributes = store_.attributes(inode);
  if (attributes.ok()) opened_[file->get()] = attributes->number;
  return file;
}

Result<std::size_t> FaultyStore::read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) {
  OVLSPEC_TRY(uncounted());
  return store_.read(file, buffer, size, offset);
}

Result<std::size_t> FaultyStore::write(const FileRef& file, std::string_view data, FileSize offset) {
  CountedCall call = call_on(CountedCall::Kind::kWrite, file);
  call.offset = offset;
  call.bytes = data;
  OVLSPEC_TRY(counted(call));
  return store_.write(file, data, offset);
}

Result<std::optional<LayerStore::Extent>> FaultyStore::next_data(const FileRef& file, FileSize offset) {
  OVLSPEC_TRY(uncounted());
  return store_.next_data(file, offset);
}

Status FaultyStore::change_range(const FileRef& file, RangeChange change, Extent range) {
  OVLSPEC_TRY(counted(call_on(CountedCall::Kind::kRange, file)));
  return store_.change_range(file, change, range);
}

Result<std::size_t> FaultyStore::copy_range(const Position& from, const Position& to, std::size_t size) {
  OVLSPEC_TRY(counted(call_on(CountedCall::Kind::kRange, to.file)));
  return store_.copy_range(from, to, size);
}

Status FaultyStore::sync(const FileRef& file) {
  OVLSPEC_TRY(counted(call_on(CountedCall::Kind::kSync, file)));
  return store_.sync(file);
}

Status FaultyStore::sync_inode(const InodeRef& inode) {
  OVLSPEC_TRY(counted(call_on(CountedCall::Kind::kSync, inode)));
  return store_.sync_inode(inode);
}

std::optional<int> FaultyStore::descriptor(const FileRef& file) const {
  return crashed_.load() ? std::nullopt : store_.descriptor(file);
}

}  // namespace ovlspec::impl
