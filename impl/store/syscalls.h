// Every system call of the POSIX store, one thin function each: arguments in the project's types, raw errno turned into
// Errno (EIO for a number that is none of the set), nothing decided. The only file of the stores that sees errno.
//
// Descriptors given in are O_PATH ones unless the name says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "impl/store/layer_store.h"
#include "model/vocabulary/attributes.h"
#include "model/vocabulary/names.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl::syscalls {

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// A checked component with a terminating zero.
class ComponentName {
 public:
  // REQUIRES: check_component(name).
  explicit ComponentName(std::string_view name) { name.copy(bytes_, names::kNameMax); }
  const char* get() const { return bytes_; }

 private:
  char bytes_[names::kNameMax + 1] = {};
};

enum class OpenTimes : std::uint8_t { kUpdate, kKeep };  // kKeep: O_NOATIME

// Opening.
Result<Descriptor> open_directory_path(const std::string& path);          // O_PATH, follows symlinks
Result<Descriptor> open_child(int directory, const ComponentName& name);  // O_PATH, EREMOTE at a mount point
// O_PATH of a directory at a relative path below `root`; no symlink, no mount point, no `..`.
Result<Descriptor> open_directory_beneath(int root, const std::string& path);
Result<Descriptor> open_listing(int directory, OpenTimes times);  // readable
// Readable or writable. REQUIRES: a regular file (a device would act, a fifo wait).
Result<Descriptor> reopen(int inode, Access access, OpenTimes times);
Result<Descriptor> open_for_reading(const std::string& path);
Result<std::string> path_of(int descriptor);  // what /proc says

// Reading.
Result<Attributes> attributes(int descriptor);
struct ChildStatus {
  Attributes attributes;
  std::optional<InodeFlags> protection;  // where it is known without asking further
};
Result<ChildStatus> child_status(int directory, const ComponentName& name);
Result<FileSystemStatus> status(int descriptor);
// Of the mount that it lies on.
Result<LayerRights> rights(int descriptor);
Result<std::vector<StoredEntry>> entries(int listing);
Result<std::string> symlink_target(int symlink);
Result<std::string> xattr(int inode, const std::string& name);
Result<std::vector<std::string>> xattr_names(int inode);
Result<BackingHandle> handle(int inode);
Result<BackingHandle> child_handle(int directory, const ComponentName& name);
Result<Descriptor> open_handle(int listing, const BackingHandle& handle);  // O_PATH; ESTALE for what is no handle
// As reopen(), by handle, but that it waits for nothing: EAGAIN where somebody has a lease on the file.
Result<Descriptor> open_file_handle(int listing, const BackingHandle& handle, Access access, OpenTimes times);
// Whether the file system is one whose handles open their inode as long as it has a name.
bool has_lasting_handles(int inode);

Result<InodeFlags> flags(int opened);  // of a readable descriptor
Result<InodeFlags> protection(int inode);

// Writing.
Status make_directory(int directory, const ComponentName& name, Mode mode);
Status make_symlink(int directory, const ComponentName& name, const std::string& target);
Status make_node(int directory, const ComponentName& name, const NewInode& inode);  // not directories or symlinks
Status link(int inode, int directory, const ComponentName& name);
Status unlink(int directory, const ComponentName& name);
Status remove_directory(int directory, const ComponentName& name);
Status rename(int from, const ComponentName& from_name, int to, const ComponentName& to_name, StoreRename mode);
Status set_mode(int inode, Mode mode);
Status set_owner(int inode, std::optional<Uid> uid, std::optional<Gid> gid);
Status set_size(int inode, FileSize size);
Status set_times(int inode, const TimeChange& access, const TimeChange& modify);
Status set_xattr(int inode, const std::string& name, std::string_view value, XattrMode mode);
Status remove_xattr(int inode, const std::string& name);
Status set_flags(int opened, InodeFlags flags);

// Open files.
Result<std::size_t> read_at(int file, char* buffer, std::size_t size, FileSize offset);  // short only at the end
// Short only where an error came after some bytes.
Result<std::size_t> write_at(int file, std::string_view data, FileSize offset);
Result<std::optional<LayerStore::Extent>> next_data(int file, FileSize offset);
Status change_range(int file, RangeChange change, LayerStore::Extent range);
struct FilePosition {
  int file = -1;
  FileSize offset = 0;
};
Result<std::size_t> copy_range(FilePosition from, FilePosition to, std::size_t size);
Status sync(int file);

// What tells file systems apart.
enum class FileSystemKind : std::uint8_t { kBtrfs, kErofs, kExt4, kSquashfs, kTmpfs, kXfs, kOther };
struct FileSystemFacts {
  FileSystemKind kind = FileSystemKind::kOther;
  std::int64_t magic = 0;  // statfs f_type
  std::string id;          // statfs f_fsid, 8 bytes
};
Result<FileSystemFacts> file_system_facts(int descriptor);
// btrfs: the subvolume's uuid and the transaction that changed it last, 24 bytes; EOPNOTSUPP where it can be written
// to.
Result<std::string> btrfs_snapshot(int listing);
// XFS: the generation of the inode with this number; ESTALE where there is none, EPERM without the privilege.
Result<std::uint32_t> xfs_generation(int listing, InodeNumber number);
Result<std::string> file_system_uuid(int listing);  // FS_IOC_GETFSUUID: 16 bytes; ENOTTY where there is none
struct DeviceNumbers {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
};
DeviceNumbers device_numbers(std::uint64_t device);
Result<std::string> link_target_of(const std::string& path);
Result<bool> is_block_device(int descriptor, std::uint64_t device);

// Mounts. EPERM without the privilege, ENOSYS on an old kernel.
Result<Descriptor> clone_mount(int directory);  // private, without submounts
Status make_mount_read_only(int mount_root);    // no access times either
Result<std::uint64_t> mount_id(int descriptor);

// The process.
void clear_umask();
Result<std::uint64_t> raise_descriptor_limit();  // the limit afterwards
// Has the kernel make the process's table of descriptors this large now. In a process with threads each growing waits
// for all processors (expand_fdtable, tens of milliseconds).
void reserve_descriptors(std::uint64_t count);

// While it lives, what the calling thread creates belongs to uid and gid, as far as its privileges allow; its
// capabilities stay. REQUIRES: the thread's file system ids are its effective ids.
class ActingAs {
 public:
  ActingAs(Uid uid, Gid gid);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  struct SavedCapabilities {
    std::uint32_t words[6] = {};
  };
  static SavedCapabilities capabilities();
  static void set_capabilities(const SavedCapabilities& saved);

  bool changed_ = false;
  SavedCapabilities saved_;
};

}  // namespace ovlspec::impl::syscalls
