// For tests: a store that lacks what some file systems lack.
#pragma once

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

enum class Support { kYes, kNo };

// What a file system may lack.
struct StoreLimits {
  Support rename_whiteout = Support::kYes;
  Support handles = Support::kYes;
  Support listings = Support::kYes;        // kNo: EACCES
  Support symlink_xattrs = Support::kYes;  // kNo: EPERM on all but files and directories, as user.* has it
};

// Another store without what `limits` says it lacks.
class LimitedStore final : public LayerStore {
 public:
  LimitedStore(LayerStore& store, StoreLimits limits) : store_(store), limits_(limits) {}

  Result<BackingFileSystem> file_system(const InodeRef& inode) override { return store_.file_system(inode); }
  Result<FileSystemStatus> status(const InodeRef& inode) override { return store_.status(inode); }
  Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) override {
    return store_.lookup(directory, name);
  }
  Result<Attributes> attributes(const InodeRef& inode) override { return store_.attributes(inode); }
  Result<std::vector<StoredEntry>> entries(const InodeRef& directory) override {
    if (limits_.listings == Support::kNo) return Errno::kEACCES;
    return store_.entries(directory);
  }
  Result<std::string> symlink_target(const InodeRef& inode) override { return store_.symlink_target(inode); }
  Result<std::string> xattr(const InodeRef& inode, std::string_view name) override { return store_.xattr(inode, name); }
  Result<std::vector<std::string>> xattr_names(const InodeRef& inode) override { return store_.xattr_names(inode); }
  Result<InodeFlags> flags(const InodeRef& inode) override { return store_.flags(inode); }
  Result<InodeFlags> protection(const InodeRef& inode) override { return store_.protection(inode); }
  Status set_flags(const InodeRef& inode, InodeFlags flags) override { return store_.set_flags(inode, flags); }
  Result<BackingHandle> handle(const InodeRef& inode) override;
  Result<FoundInode> by_handle(const InodeRef& root, const BackingHandle& handle) override;
  Result<std::vector<std::string>> names_of(const InodeRef& root, InodeNumber number) override;
  Result<std::string> content_seal(const InodeRef& root) override { return store_.content_seal(root); }
  Result<FoundInode> create(const InodeRef& directory, std::string_view name, const NewInode& inode) override {
    return store_.create(directory, name, inode);
  }
  Status link(const InodeRef& inode, const InodeRef& directory, std::string_view name) override {
    return store_.link(inode, directory, name);
  }
  Status unlink(const InodeRef& directory, std::string_view name) override { return store_.unlink(directory, name); }
  Status remove_directory(const InodeRef& directory, std::string_view name) override {
    return store_.remove_directory(directory, name);
  }
  Status rename(const InodeRef& from, std::string_view from_name, const InodeRef& to, std::string_view to_name,
                StoreRename mode) override;
  Status change(const InodeRef& inode, const StoreChange& change) override { return store_.change(inode, change); }
  Status set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) override;
  Status remove_xattr(const InodeRef& inode, std::string_view name) override {
    return store_.remove_xattr(inode, name);
  }
  Result<FileRef> open(const InodeRef& inode, Access access) override { return store_.open(inode, access); }
  Result<std::size_t> read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) override {
    return store_.read(file, buffer, size, offset);
  }
  Result<std::size_t> write(const FileRef& file, std::string_view data, FileSize offset) override {
    return store_.write(file, data, offset);
  }
  Result<std::optional<Extent>> next_data(const FileRef& file, FileSize offset) override {
    return store_.next_data(file, offset);
  }
  Status change_range(const FileRef& file, RangeChange change, Extent range) override {
    return store_.change_range(file, change, range);
  }
  Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) override {
    return store_.copy_range(from, to, size);
  }
  Status sync(const FileRef& file) override { return store_.sync(file); }
  Status sync_inode(const InodeRef& inode) override { return store_.sync_inode(inode); }
  std::optional<int> descriptor(const FileRef& file) const override { return store_.descriptor(file); }

 private:
  LayerStore& store_;
  StoreLimits limits_;
};

}  // namespace ovlspec::impl
