#include "impl/store/file_whiteouts.h"

#include <unordered_set>

#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

bool is_opaque_mark(std::string_view attribute) {
  for (const std::string_view prefix : {names::kTrustedPrefix, names::kUserPrefix}) {
    if (attribute.starts_with(prefix)) return attribute.substr(prefix.size()) == names::kOpaque;
  }
  return false;
}

// The kernel's whiteout, with what else `file` has.
Attributes as_whiteout(Attributes file) {
  file.type = FileType::kCharDevice;
  file.mode = 0;
  file.device = {};
  file.size = 0;
  return file;
}

}  // namespace

Result<FoundInode> FileWhiteoutStore::lookup(const InodeRef& directory, std::string_view name) {
  if (name.starts_with(names::kFileWhiteout)) return Errno::kENOENT;
  Result<FoundInode> found = store_.lookup(directory, name);
  if (found.error() != Errno::kENOENT) return found;
  Result<FoundInode> whiteout = store_.lookup(directory, std::string(names::kFileWhiteout).append(name));
  if (!whiteout.ok()) return whiteout.error() == Errno::kENAMETOOLONG ? found : whiteout;
  whiteout->attributes = as_whiteout(whiteout->attributes);
  return whiteout;
}

Result<std::vector<StoredEntry>> FileWhiteoutStore::entries(const InodeRef& directory) {
  Result<std::vector<StoredEntry>> stored = store_.entries(directory);
  if (!stored.ok()) return stored;
  std::unordered_set<std::string> present;
  std::vector<StoredEntry> shown;
  for (StoredEntry& entry : *stored) {
    if (entry.name.starts_with(names::kFileWhiteout)) continue;
    present.insert(entry.name);
    shown.push_back(entry);
  }
  for (StoredEntry& entry : *stored) {
    if (!entry.name.starts_with(names::kFileWhiteout) || entry.name.starts_with(names::kReservedFileWhiteout)) continue;
    entry.name.erase(0, names::kFileWhiteout.size());
    if (entry.name.empty() || present.contains(entry.name)) continue;
    entry.type = FileType::kCharDevice;
    entry.type_known = true;
    shown.push_back(std::move(entry));
  }
  return shown;
}

Result<std::string> FileWhiteoutStore::xattr(const InodeRef& inode, std::string_view name) {
  Result<std::string> value = store_.xattr(inode, name);
  const bool absent = value.error() == Errno::kENODATA || value.error() == Errno::kEOPNOTSUPP;
  if (!absent || !is_opaque_mark(name) || !store_.lookup(inode, names::kOpaqueFile).ok()) return value;
  return std::string("y");
}

Result<BackingFileSystem> FileWhiteoutStore::file_system(const InodeRef& inode) { return store_.file_system(inode); }

Result<FileSystemStatus> FileWhiteoutStore::status(const InodeRef& inode) { return store_.status(inode); }

Result<Attributes> FileWhiteoutStore::attributes(const InodeRef& inode) { return store_.attributes(inode); }

Result<std::string> FileWhiteoutStore::symlink_target(const InodeRef& inode) { return store_.symlink_target(inode); }

Result<std::vector<std::string>> FileWhiteoutStore::xattr_names(const InodeRef& inode) {
  return store_.xattr_names(inode);
}

Result<BackingHandle> FileWhiteoutStore::handle(const InodeRef& inode) { return store_.handle(inode); }

Result<FoundInode> FileWhiteoutStore::by_handle(const InodeRef& root, const BackingHandle& handle) {
  return store_.by_handle(root, handle);
}

Result<std::vector<std::string>> FileWhiteoutStore::names_of(const InodeRef& root, InodeNumber number) {
  return store_.names_of(root, number);
}

Result<std::string> FileWhiteoutStore::content_seal(const InodeRef& root) { return store_.content_seal(root); }

Result<FoundInode> FileWhiteoutStore::create(const InodeRef& directory, std::string_view name, const NewInode& inode) {
  return store_.create(directory, name, inode);
}

Status FileWhiteoutStore::link(const InodeRef& inode, const InodeRef& directory, std::string_view name) {
  return store_.link(inode, directory, name);
}

Status FileWhiteoutStore::unlink(const InodeRef& directory, std::string_view name) {
  return store_.unlink(directory, name);
}

Status FileWhiteoutStore::remove_directory(const InodeRef& directory, std::string_view name) {
  return store_.remove_directory(directory, name);
}

Status FileWhiteoutStore::rename(const InodeRef& from, std::string_view from_name, const InodeRef& to,
                                 std::string_view to_name, StoreRename mode) {
  return store_.rename(from, from_name, to, to_name, mode);
}

Status FileWhiteoutStore::change(const InodeRef& inode, const StoreChange& change) {
  return store_.change(inode, change);
}

Status FileWhiteoutStore::set_xattr(const InodeRef& inode, std::string_view name, std::string_view value,
                                    XattrMode mode) {
  return store_.set_xattr(inode, name, value, mode);
}

Status FileWhiteoutStore::remove_xattr(const InodeRef& inode, std::string_view name) {
  return store_.remove_xattr(inode, name);
}

Result<FileRef> FileWhiteoutStore::open(const InodeRef& inode, Access access) { return store_.open(inode, access); }

Result<std::size_t> FileWhiteoutStore::read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) {
  return store_.read(file, buffer, size, offset);
}

Result<std::size_t> FileWhiteoutStore::write(const FileRef& file, std::string_view data, FileSize offset) {
  return store_.write(file, data, offset);
}

Result<std::optional<LayerStore::Extent>> FileWhiteoutStore::next_data(const FileRef& file, FileSize offset) {
  return store_.next_data(file, offset);
}

Status FileWhiteoutStore::sync(const FileRef& file) { return store_.sync(file); }

Status FileWhiteoutStore::sync_inode(const InodeRef& inode) { return store_.sync_inode(inode); }

std::optional<int> FileWhiteoutStore::descriptor(const FileRef& file) const { return store_.descriptor(file); }

}  // namespace ovlspec::impl
