// The port through which the engine reaches files. Three stores stand behind it: POSIX (descriptors, one system call a
// method), memory (no system calls; for differential tests and fuzzing) and faulty (a decorator that fails or crashes).
//
// An InodeRef names one backing inode and keeps it alive, also after its last name is gone (POSIX: an O_PATH
// descriptor, but on a layer that is only read, where an inode that somebody else takes away is ESTALE). Names are
// single components, never `.`, `..`, empty, or with a slash. Nothing follows a symlink, and nothing leaves the file
// system of the directory it is called on: a mount point inside a layer shows what lies under it where the layer is a
// private clone, and is EREMOTE to lookup otherwise (EBUSY to what would remove or replace it).
//
// Errors are Linux's, the same in every store: EINVAL for what is no component, ENAMETOOLONG beyond 255 bytes, ENOTDIR
// for a name in what is no directory, ENOENT for any name in a removed directory. EROFS, ENOSPC, EDQUOT, EIO, EACCES
// and EPERM may come from any method whose system call can give them. A method that fails changed nothing, but for
// `change` and `write`, as they say. Two inodes of different stores or mounts are EXDEV to link and rename.
//
// Threads: every method may be called from several threads at once; atomicity is that of the system call it stands for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

class StoreInode {  // a store's own; opaque to the engine
 public:
  virtual ~StoreInode() = default;
};
class StoreFile {  // an open regular file; closed with its last reference
 public:
  virtual ~StoreFile() = default;
};
using InodeRef = std::shared_ptr<StoreInode>;
using FileRef = std::shared_ptr<StoreFile>;

// A name that the store can find an inode by, and by nothing else: name_to_handle_at's bytes.
struct BackingHandle {
  std::int32_t type = 0;
  std::string bytes;
  auto operator<=>(const BackingHandle&) const = default;
};

// Which file system a layer lies on. Equal uuids: the same file system, as far as can be told without reading it.
struct BackingFileSystem {
  std::string uuid;          // 16 bytes; FS_IOC_GETFSUUID, or a digest of what identifies it
  std::uint64_t device = 0;  // st_dev now; not stable across mounts
  bool stable = false;       // whether uuid is the same after a remount
  bool operator==(const BackingFileSystem&) const = default;
};

// What chattr(1) sets: FS_*_FL of linux/fs.h.
using InodeFlags = std::uint32_t;
inline constexpr InodeFlags kImmutable = 0x10;   // nothing of it changes, and it keeps its names
inline constexpr InodeFlags kAppendOnly = 0x20;  // the same, but that it can be appended to
inline constexpr InodeFlags kProtection = kImmutable | kAppendOnly;

struct FoundInode {
  InodeRef inode;
  Attributes attributes;                 // number and file_system are the backing's own
  std::optional<InodeFlags> protection;  // LayerStore::protection, where it was told along
};

struct StoredEntry {
  std::string name;        // never `.` or `..`
  InodeNumber number = 0;  // d_ino of the backing directory
  FileType type = FileType::kRegular;
  bool type_known = true;
};

// What a new object is made with. Owner and mode are set before the object has a visible name, or in the same call, and
// nothing is inherited from the directory: neither its group nor its set-group-id bit.
struct NewInode {
  FileType type = FileType::kRegular;
  Mode mode = 0;  // exactly; no umask applies; a symlink's is 0777 whatever is asked for
  Uid uid = 0;
  Gid gid = 0;
  Device device;               // of device nodes
  std::string symlink_target;  // of symlinks: not empty (ENOENT), 4095 bytes at most (ENAMETOOLONG)
  Mode umask = 0;              // for the engine, which takes it off the mode; nothing to a store
};

// kReplace: between two names of one inode nothing happens, as POSIX has it. kNoReplace: EEXIST over any name.
// kExchange: ENOENT unless both names are there; types may differ. kWhiteout: as kReplace, and in the same step a
// whiteout (character device 0:0, mode 0) takes the old name's place (RENAME_WHITEOUT). EINVAL where the file system
// has no such rename.
enum class StoreRename : std::uint8_t { kReplace, kNoReplace, kExchange, kWhiteout };

// What happens to a range of a file. Whether space that is allocated shows as a hole is the file system's affair.
enum class RangeChange : std::uint8_t {
  kAllocate,          // has space, and the file grows to its end
  kAllocateKeepSize,  // has space, beyond the file's end too
  kPunchHole,         // becomes a hole, in whole blocks, and zeros besides; the size stays
  kZero,              // reads as zeros, and the file grows to its end
  kZeroKeepSize,
};

// Which of an inode's attributes change; what is empty stays. The times come last, so that they win over what the other
// changes do to them. An owner's change leaves set-id bits alone, whatever the kernel does: who changes it decides.
struct StoreChange {
  std::optional<Mode> mode;  // EOPNOTSUPP for a symlink
  std::optional<Uid> uid;
  std::optional<Gid> gid;
  std::optional<FileSize> size;  // bytes; of regular files: EISDIR for a directory, EINVAL for others
  TimeChange access_time;
  TimeChange modify_time;
};

// What the mount of a layer lets its objects give to those who use them: nosuid and nodev of mount(8).
struct LayerRights {
  bool set_ids = true;  // set-id bits and file capabilities
  bool devices = true;
  bool operator==(const LayerRights&) const = default;
};

class LayerStore {
 public:
  virtual ~LayerStore() = default;

  virtual Result<BackingFileSystem> file_system(const InodeRef& inode) = 0;
  virtual Result<FileSystemStatus> status(const InodeRef& inode) = 0;

  // Reading.
  virtual Result<FoundInode> lookup(const InodeRef& directory, std::string_view name) = 0;
  // The attributes that lookup() tells, for less where the inode itself is not needed.
  virtual Result<Attributes> look_at(const InodeRef& directory, std::string_view name) {
    const Result<FoundInode> found = lookup(directory, name);
    if (!found) return found.error();
    return found->attributes;
  }
  virtual Result<Attributes> attributes(const InodeRef& inode) = 0;
  // In no particular order. ENOENT for a removed directory.
  virtual Result<std::vector<StoredEntry>> entries(const InodeRef& directory) = 0;
  // EINVAL for what is no symlink.
  virtual Result<std::string> symlink_target(const InodeRef& inode) = 0;
  // ENODATA where it is missing, and of user.*, trusted.* and security.* where the file system has no attributes, as a
  // squashfs that was made of files without any. EOPNOTSUPP where the file system has none of that kind, which is to be
  // expected of system.*. Names of more than 255 bytes or none: ERANGE. user.* of what is neither a regular file nor a
  // directory: ENODATA to read, EPERM to set or remove.
  virtual Result<std::string> xattr(const InodeRef& inode, std::string_view name) = 0;
  // None where the file system has no attributes.
  virtual Result<std::vector<std::string>> xattr_names(const InodeRef& inode) = 0;
  // EOPNOTSUPP for what is neither a regular file nor a directory, and where the file system has no flags.
  virtual Result<InodeFlags> flags(const InodeRef& inode) = 0;
  // Of kProtection alone, of any object; none where the file system has no flags.
  virtual Result<InodeFlags> protection(const InodeRef& inode) = 0;
  // EOPNOTSUPP where the file system has no handles.
  virtual Result<BackingHandle> handle(const InodeRef& inode) = 0;
  // The inode with this handle on the file system of the directory `root`, not only below it. ESTALE where it is gone
  // (one that lost its last name is found as long as somebody holds it) and for what is no handle; EPERM without the
  // privilege.
  virtual Result<FoundInode> by_handle(const InodeRef& root, const BackingHandle& handle) = 0;
  // The names that lead from the directory `root` to the inode with this number on the file system of `root`, as far as
  // the store knows without searching: a POSIX store knows where directories are, and the names of files that are in
  // the kernel's cache. They are a hint: what lies outside of `root` may have names that lead elsewhere, or nowhere.
  // ENOENT where the inode is there and no name is known; ESTALE where no inode has the number; EOPNOTSUPP where the
  // file system does not open by number; EPERM without the privilege.
  virtual Result<std::vector<std::string>> names_of(const InodeRef& root, InodeNumber number) = 0;

  // What is another whenever something on the file system of the directory `root` is, told without reading the tree;
  // for what nobody writes to. EOPNOTSUPP where there is no such thing.
  virtual Result<std::string> content_seal(const InodeRef& root) = 0;

  // Writing. The directory's times change as POSIX says.
  // EEXIST. A character device 0:0 is a whiteout and needs no privilege.
  virtual Result<FoundInode> create(const InodeRef& directory, std::string_view name, const NewInode& inode) = 0;
  // create() of a whiteout, for less where its inode is not needed; whose it is and its mode are not promised.
  virtual Status make_whiteout(const InodeRef& directory, std::string_view name) {
    return create(directory, name, {.type = FileType::kCharDevice, .device = {}, .symlink_target = {}}).error();
  }
  // EEXIST; EPERM for a directory; ENOENT for an inode without a name. A symlink is linked itself.
  virtual Status link(const InodeRef& inode, const InodeRef& directory, std::string_view name) = 0;
  // EISDIR for a directory.
  virtual Status unlink(const InodeRef& directory, std::string_view name) = 0;
  // ENOTEMPTY (never EEXIST); ENOTDIR.
  virtual Status remove_directory(const InodeRef& directory, std::string_view name) = 0;
  // ENOTEMPTY (never EEXIST, but for kNoReplace), EISDIR, ENOTDIR; EINVAL for a directory into its own subtree.
  virtual Status rename(const InodeRef& from, std::string_view from_name, const InodeRef& to, std::string_view to_name,
                        StoreRename mode) = 0;
  // Size, owner, mode, times, in this order: what comes before an error stays. A change of size, or of the owner of
  // what is no directory, takes security.capability away; EFBIG.
  virtual Status change(const InodeRef& inode, const StoreChange& change) = 0;
  // EEXIST (kCreate), ENODATA (kReplace), E2BIG beyond 65536 bytes, EINVAL for a malformed security.capability.
  virtual Status set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) = 0;
  virtual Status remove_xattr(const InodeRef& inode, std::string_view name) = 0;
  // EOPNOTSUPP as flags() has it, and for flags that the file system does not have.
  virtual Status set_flags(const InodeRef& inode, InodeFlags flags) = 0;

  // Files. Only regular files can be opened: EISDIR for a directory, EINVAL for others. A file opened for reading is
  // EBADF to write, and the other way round. Whether reading advances the access time is the store's own affair.
  virtual Result<FileRef> open(const InodeRef& inode, Access access) = 0;
  // Fewer bytes than `size` only at the end of the file. Returns the number of bytes read.
  virtual Result<std::size_t> read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) = 0;
  // The number of bytes written: all, or fewer where an error came after some. Takes security.capability away; leaves
  // set-id bits alone with the privilege to.
  virtual Result<std::size_t> write(const FileRef& file, std::string_view data, FileSize offset) = 0;
  // The next byte at or after `offset` that is data (not a hole): offset of its extent and end of that extent, or
  // nothing at the end of the file. A store that knows no holes answers the rest of the file.
  struct Extent {
    FileSize begin = 0;
    FileSize end = 0;
  };
  virtual Result<std::optional<Extent>> next_data(const FileRef& file, FileSize offset) = 0;
  // EBADF where it was not opened for writing, EINVAL for an empty range, EFBIG; EOPNOTSUPP where the file system has
  // no such change. What is written takes security.capability away.
  virtual Status change_range(const FileRef& file, RangeChange change, Extent range) = 0;
  // Copies bytes, by sharing them where the file system can: how many, fewer than `size` at the end of `from` or where
  // it likes. EBADF, EFBIG; EINVAL where the ranges overlap in one file. EXDEV and EOPNOTSUPP: not between these two,
  // they are to be read and written.
  struct Position {
    FileRef file;
    FileSize offset = 0;
  };
  virtual Result<std::size_t> copy_range(const Position& from, const Position& to, std::size_t size) = 0;
  virtual Status sync(const FileRef& file) = 0;
  // Makes the directory's entries, or an inode's metadata, durable. What is neither directory nor regular file becomes
  // durable with its directory: success, nothing done.
  virtual Status sync_inode(const InodeRef& inode) = 0;

  // The descriptor behind an open file, for the FUSE session's splice and passthrough; nothing for other stores.
  virtual std::optional<int> descriptor(const FileRef& file) const = 0;
};

}  // namespace ovlspec::impl
