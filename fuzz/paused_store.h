// A store before whose calls the scheduler chooses which thread goes on.
#pragma once

#include "fuzz/scheduler.h"
#include "impl/store/layer_store.h"

namespace ovlspec::fuzz {

class PausedStore final : public impl::LayerStore {
 public:
  // REQUIRES: `store` outlives this.
  explicit PausedStore(impl::LayerStore& store) : store_(store) {}

  Result<impl::BackingFileSystem> file_system(const impl::InodeRef& i) override { return at().file_system(i); }
  Result<FileSystemStatus> status(const impl::InodeRef& i) override { return at().status(i); }
  Result<impl::FoundInode> lookup(const impl::InodeRef& d, std::string_view name) override {
    return at().lookup(d, name);
  }
  Result<Attributes> attributes(const impl::InodeRef& i) override { return at().attributes(i); }
  Result<std::vector<impl::StoredEntry>> entries(const impl::InodeRef& d) override { return at().entries(d); }
  Result<std::string> symlink_target(const impl::InodeRef& i) override { return at().symlink_target(i); }
  Result<std::string> xattr(const impl::InodeRef& i, std::string_view name) override { return at().xattr(i, name); }
  Result<std::vector<std::string>> xattr_names(const impl::InodeRef& i) override { return at().xattr_names(i); }
  Result<impl::InodeFlags> flags(const impl::InodeRef& i) override { return at().flags(i); }
  Result<impl::InodeFlags> protection(const impl::InodeRef& i) override { return at().protection(i); }
  Result<impl::BackingHandle> handle(const impl::InodeRef& i) override { return at().handle(i); }
  Result<impl::FoundInode> by_handle(const impl::InodeRef& root, const impl::BackingHandle& handle) override {
    return at().by_handle(root, handle);
  }
  Result<std::vector<std::string>> names_of(const impl::InodeRef& root, InodeNumber number) override {
    return at().names_of(root, number);
  }
  Result<std::string> content_seal(const impl::InodeRef& root) override { return at().content_seal(root); }
  Result<impl::FoundInode> create(const impl::InodeRef& d, std::string_view name, const impl::NewInode& i) override {
    return at().create(d, name, i);
  }
  Status link(const impl::InodeRef& i, const impl::InodeRef& d, std::string_view name) override {
    return at().link(i, d, name);
  }
  Status unlink(const impl::InodeRef& d, std::string_view name) override { return at().unlink(d, name); }
  Status remove_directory(const impl::InodeRef& d, std::string_view name) override {
    return at().remove_directory(d, name);
  }
  Status rename(const impl::InodeRef& from, std::string_view from_name, const impl::InodeRef& to,
                std::string_view to_name, impl::StoreRename mode) override {
    return at().rename(from, from_name, to, to_name, mode);
  }
  Status change(const impl::InodeRef& i, const impl::StoreChange& change) override { return at().change(i, change); }
  Status set_xattr(const impl::InodeRef& i, std::string_view name, std::string_view value, XattrMode mode) override {
    return at().set_xattr(i, name, value, mode);
  }
  Status remove_xattr(const impl::InodeRef& i, std::string_view name) override { return at().remove_xattr(i, name); }
  Status set_flags(const impl::InodeRef& i, impl::InodeFlags flags) override { return at().set_flags(i, flags); }
  Result<impl::FileRef> open(const impl::InodeRef& i, Access access) override { return at().open(i, access); }
  Result<std::size_t> read(const impl::FileRef& file, char* buffer, std::size_t size, FileSize offset) override {
    return at().read(file, buffer, size, offset);
  }
  Result<std::size_t> write(const impl::FileRef& file, std::string_view data, FileSize offset) override {
    return at().write(file, data, offset);
  }
  Result<std::optional<Extent>> next_data(const impl::FileRef& file, FileSize offset) override {
    return at().next_data(file, offset);
  }
  Status change_range(const impl::FileRef& file, impl::RangeChange change, Extent range) override {
    return at().change_range(file, change, range);
  }
  Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) override {
    return at().copy_range(from, to, size);
  }
  Status sync(const impl::FileRef& file) override { return at().sync(file); }
  Status sync_inode(const impl::InodeRef& i) override { return at().sync_inode(i); }
  std::optional<int> descriptor(const impl::FileRef& file) const override { return store_.descriptor(file); }

 private:
  impl::LayerStore& at() {
    Scheduler::pause();
    return store_;
  }
  impl::LayerStore& store_;
};

}  // namespace ovlspec::fuzz
