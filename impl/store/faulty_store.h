// A store that stands before another one and makes its calls fail: once, from some call on, or as a crash.
//
// Only calls that change something or make it durable are counted: create, link, unlink, remove_directory, rename,
// change, set_xattr, remove_xattr, set_flags, write, change_range, copy_range, sync and sync_inode. A crash keeps
// everything that was done before it, synced or not; see power_loss.h for what a power failure forgets.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "impl/store/layer_store.h"

namespace ovlspec::impl {

enum class FaultKind : std::uint8_t {
  kNone,
  kFailOnce,  // counted call `at` fails, and is not made
  kFailFrom,  // counted call `at` and all later ones fail; a full disk, for one
  kCrash,     // counted call `at` is not made; it and every later call, reads too, answer EIO
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  std::uint64_t at = 0;       // 1 is the first call after set_fault
  Errno error = Errno::kEIO;  // for kFailOnce and kFailFrom
};

// A counted call, as far as it matters to what survives.
struct CountedCall {
  enum class Kind : std::uint8_t { kMetadata, kResize, kWrite, kRange, kSync };
  Kind kind = Kind::kMetadata;
  InodeNumber inode = 0;  // of all but kMetadata
  FileSize offset = 0;    // kWrite; of kResize the size
  std::string bytes;      // kWrite
};

class FaultyStore final : public LayerStore {
 public:
  // REQUIRES: `store` outlives this. Inodes and files are those of `store`: they may be used on both.
  explicit FaultyStore(LayerStore& store, Fault fault = {}) : store_(store), fault_(fault) {}

  // Counts anew and, after a crash, is up again. REQUIRES: no other thread uses the store meanwhile.
  void set_fault(Fault fault);
  // Counted calls since the fault was set, the failed ones too.
  std::uint64_t counted_calls() const { return calls_.load(); }
  bool crashed() const { return crashed_.load(); }
  // Of counted calls, from now on.
  void start_recording();
  // What was recorded, and no more is.
  std::vector<CountedCall> stop_recording();

  Result<BackingFileSystem> file_system(const InodeRef& inode) override;
  Result<FileSystemStatus> status(const InodeRef& inode) override;
  Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) override;
  Result<Attributes> attributes(const InodeRef& inode) override;
  Result<std::vector<StoredEntry>> entries(const InodeRef& directory) override;
  Result<std::string> symlink_target(const InodeRef& inode) override;
  Result<std::string> xattr(const InodeRef& inode, std::string_view name) override;
  Result<std::vector<std::string>> xattr_names(const InodeRef& inode) override;
  Result<InodeFlags> flags(const InodeRef& inode) override;
  Result<InodeFlags> protection(const InodeRef& inode) override;
  Result<BackingHandle> handle(const InodeRef& inode) override;
  Result<FoundInode> by_handle(const InodeRef& root, const BackingHandle& handle) override;
  Result<std::vector<std::string>> names_of(const InodeRef& root, InodeNumber number) override;
  Result<std::string> content_seal(const InodeRef& root) override;
  Result<FoundInode> create(const InodeRef& directory, std::string_view name, const NewInode& inode) override;
  Status make_whiteout(const InodeRef& directory, std::string_view name) override;
  Status link(const InodeRef& inode, const InodeRef& directory, std::string_view name) override;
  Status unlink(const InodeRef& directory, std::string_view name) override;
  Status remove_directory(const InodeRef& directory, std::string_view name) override;
  Status rename(const InodeRef& from, std::string_view from_name, const InodeRef& to, std::string_view to_name,
                StoreRename mode) override;
  Status change(const InodeRef& inode, const StoreChange& change) override;
  Status set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) override;
  Status remove_xattr(const InodeRef& inode, std::string_view name) override;
  Status set_flags(const InodeRef& inode, InodeFlags flags) override;
  Result<FileRef> open(const InodeRef& inode, Access access) override;
  Result<std::size_t> read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) override;
  Result<std::size_t> write(const FileRef& file, std::string_view data, FileSize offset) override;
  Result<std::optional<Extent>> next_data(const FileRef& file, FileSize offset) override;
  Status change_range(const FileRef& file, RangeChange change, Extent range) override;
  Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) override;
  Status sync(const FileRef& file) override;
  Status sync_inode(const InodeRef& inode) override;
  std::optional<int> descriptor(const FileRef& file) const override;

 private:
  // Whether a call may be made.
  Status uncounted() const;
  Status counted(const CountedCall& call = {});
  CountedCall call_on(CountedCall::Kind kind, const InodeRef& inode) const;
  CountedCall call_on(CountedCall::Kind kind, const FileRef& file) const;

  LayerStore& store_;
  Fault fault_;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<bool> crashed_{false};
  mutable std::mutex mutex_;  // guards what follows
  bool records_ = false;
  std::vector<CountedCall> recorded_;
  std::unordered_map<const StoreFile*, InodeNumber> opened_;
};

}  // namespace ovlspec::impl
