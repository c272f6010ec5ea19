// The store over directories of the running system. Knows no path but those of the layers' roots: everything else is
// reached by descriptor and single component.
//
// An InodeRef is an O_PATH descriptor, or a file handle where there are too many or the layer is a private clone that
// nobody writes to (posix_inode.h): raise RLIMIT_NOFILE (prepare_process) before there are many. /proc must be mounted
// for xattrs, modes and reopening. Behaves as the caller's privileges allow; the errors that come of missing ones
// (EPERM, EACCES) are the kernel's.
//
// What Linux leaves to privileges and file systems, and what it is here:
// - without CAP_FSETID the kernel takes set-id bits away on a write or a change of size;
// - `create` gives owner and mode in the very call that makes the name where the umask is 0 (prepare_process) and the
//   process may take the owner's identity; they are set right after it in a directory with the set-group-id bit or a
//   default access control list, for a directory with set-id bits, and under another umask; where that fails, the name
//   is taken away again;
// - having made something for another owner, the process is undumpable, as after any change of ids: no core file;
// - a default access control list of the directory is inherited by the file system; the mode is exact all the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "impl/store/backing_identity.h"
#include "impl/store/layer_store.h"

namespace ovlspec::impl {

// What reading does to access times where the layer's mount does not say.
enum class AccessTimes : std::uint8_t {
  kKeep,  // O_NOATIME, for inodes that this process may open so
  kUpdate,
};

// How the root of a layer was reached.
enum class LayerView : std::uint8_t {
  kPrivateClone,  // a mount of its own: what is mounted inside the layer is not seen
  kPlain,         // no privilege for that: a mount point inside the layer is EREMOTE
};

struct OpenedLayer {
  InodeRef root;
  LayerView view = LayerView::kPlain;
  LayerRights rights;
};

// Upper and work directory share one mount, or nothing could be renamed between them.
struct OpenedUpper {
  InodeRef upper;
  InodeRef work;
  LayerView view = LayerView::kPlain;
  LayerRights rights;
};

// Sets the umask of the process to 0 and raises its limit of descriptors as far as it may. Returns that limit.
Result<std::uint64_t> prepare_process();
// How many descriptors the inodes of this process hold.
std::size_t held_descriptors();
// From so many on, those of some inodes are closed, as far as they can be opened again by file handle. At first there
// is no such number.
void want_descriptors(std::size_t most);

// The mount that a root lies on.
enum class RootMount : std::uint8_t { kShared, kPrivate, kPrivateReadOnly };

class PosixStore final : public LayerStore {
 public:
  explicit PosixStore(AccessTimes access_times = AccessTimes::kKeep) : access_times_(access_times) {}

  // Roots. ENOTDIR for what is no directory; symlinks in the path are followed.
  // A private clone is read-only and touches no access time.
  Result<OpenedLayer> open_lower(const std::string& path);
  // EXDEV where the two do not lie on one mount.
  Result<OpenedUpper> open_upper(const std::string& upper, const std::string& work);
  // The directory itself, never a clone.
  Result<InodeRef> open_plain(const std::string& path);

  Result<BackingFileSystem> file_system(const InodeRef& inode) override;
  Result<FileSystemStatus> status(const InodeRef& inode) override;
  Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) override;
  Result<Attributes> look_at(const InodeRef& directory, std::string_view name) override;
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
  // Takes over an O_PATH descriptor of a directory.
  static InodeRef adopt_directory(int descriptor, RootMount mount);

  const AccessTimes access_times_;
  BackingIdentities identities_;
};

}  // namespace ovlspec::impl
