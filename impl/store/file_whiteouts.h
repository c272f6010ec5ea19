// A store that stands before another one and reads the whiteouts that container engines write for a mount program, as
// tar layers have them (OCI image-spec, "Whiteouts"), as the kernel's: a file `.wh.NAME` is a whiteout of NAME, and a
// directory with a file `.wh..wh..opq` is opaque. The files themselves, and whatever else begins with `.wh..wh.`, do
// not show. A name that is there beside its whiteout wins. The kernel's own forms go on to count.
//
// For lower layers: what writes is handed on as it is.
#pragma once

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

class FileWhiteoutStore final : public LayerStore {
 public:
  // REQUIRES: `store` outlives this. Inodes and files are those of `store`: they may be used on both.
  explicit FileWhiteoutStore(LayerStore& store) : store_(store) {}

  Result<BackingFileSystem> file_system(const InodeRef& inode) override;
  Result<FileSystemStatus> status(const InodeRef& inode) override;
  Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) override;
  Result<Attributes> attributes(const InodeRef& inode) override;
  Result<std::vector<StoredEntry>> entries(const InodeRef& directory) override;
  Result<std::string> symlink_target(const InodeRef& inode) override;
  Result<std::string> xattr(const InodeRef& inode, std::string_view name) override;
  Result<std::vector<std::string>> xattr_names(const InodeRef& inode) override;
  Result<BackingHandle> handle(const InodeRef& inode) override;
  Result<FoundInode> by_handle(const InodeRef& root, const BackingHandle& handle) override;
  Result<std::vector<std::string>> names_of(const InodeRef& root, InodeNumber number) override;
  Result<std::string> content_seal(const InodeRef& root) override;
  Result<FoundInode> create(const InodeRef& directory, std::string_view name, const NewInode& inode) override;
  Status link(const InodeRef& inode, const InodeRef& directory, std::string_view name) override;
  Status unlink(const InodeRef& directory, std::string_view name) override;
  Status remove_directory(const InodeRef& directory, std::string_view name) override;
  Status rename(const InodeRef& from, std::string_view from_name, const InodeRef& to, std::string_view to_name,
                StoreRename mode) override;
  Status change(const InodeRef& inode, const StoreChange& change) override;
  Status set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) override;
  Status remove_xattr(const InodeRef& inode, std::string_view name) override;
  Result<FileRef> open(const InodeRef& inode, Access access) override;
  Result<std::size_t> read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) override;
  Result<std::size_t> write(const FileRef& file, std::string_view data, FileSize offset) override;
  Result<std::optional<Extent>> next_data(const FileRef& file, FileSize offset) override;
  Status sync(const FileRef& file) override;
  Status sync_inode(const InodeRef& inode) override;
  std::optional<int> descriptor(const FileRef& file) const override;
  Result<InodeFlags> flags(const InodeRef& inode) override { return store_.flags(inode); }
  Result<InodeFlags> protection(const InodeRef& inode) override { return store_.protection(inode); }
  Status set_flags(const InodeRef& inode, InodeFlags flags) override { return store_.set_flags(inode, flags); }
  Status change_range(const FileRef& file, RangeChange change, Extent range) override {
    return store_.change_range(file, change, range);
  }
  Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) override {
    return store_.copy_range(from, to, size);
  }

 private:
  LayerStore& store_;
};

}  // namespace ovlspec::impl
