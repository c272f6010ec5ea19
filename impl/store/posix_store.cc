#include "impl/store/posix_store.h"

#include <algorithm>
#include <atomic>

#include "impl/store/component.h"
#include "impl/store/inode_numbers.h"
#include "impl/store/posix_inode.h"
#include "impl/store/syscalls.h"

namespace ovlspec::impl {
namespace {

using syscalls::ActingAs;
using syscalls::ComponentName;
using syscalls::Descriptor;
using syscalls::OpenTimes;

constexpr FileSize kOffsetMax = INT64_MAX;
constexpr Mode kSetIds = kSetUid | kSetGid;

// Kinds of attributes that a file system has, or has none of at all.
bool is_any_file_systems(std::string_view name) {
  return name.starts_with("user.") || name.starts_with("trusted.") || name.starts_with("security.");
}

struct PosixFile final : StoreFile {
  explicit PosixFile(Descriptor opened) : descriptor(std::move(opened)) {}
  const Descriptor descriptor;
};

PosixInode& at(const InodeRef& inode) { return static_cast<PosixInode&>(*inode); }

// What `call` answers of the descriptor of `inode`.
template <typename Call>
auto with(const InodeRef& inode, Call call) -> decltype(call(0)) {
  const Result<PosixInode::Use> path = at(inode).use();
  if (!path) return path.error();
  return call(path->get());
}
int number_of(const FileRef& file) { return static_cast<const PosixFile&>(*file).descriptor.get(); }

Result<FoundInode> found(Result<Descriptor> path, const std::shared_ptr<HandleDoor>& door) {
  if (!path) return path.error();
  const Result<Attributes> attributes = syscalls::attributes(path->get());
  if (!attributes) return attributes.error();
  return FoundInode{.inode = std::make_shared<PosixInode>(std::move(*path), attributes->type, door),
                    .attributes = *attributes,
                    .protection = {}};
}

// A name in the directory, whose descriptor is given.
Result<FoundInode> opened_child(const PosixInode& directory, int path, const ComponentName& name) {
  prepare_sparing(*directory.door(), path);
  return found(syscalls::open_child(path, name), directory.door());
}

// The same, without a descriptor where the inode can do without.
Result<FoundInode> found_child(const InodeRef& directory, int path, std::string_view name) {
  const std::shared_ptr<HandleDoor>& door = at(directory).door();
  const ComponentName component(name);
  if (!door->names_stay()) return opened_child(at(directory), path, component);
  if (!door->is_true()) {
    Result<FoundInode> opened = opened_child(at(directory), path, component);
    if (opened && door->is_untried() && door->listing(path)) {
      if (const auto handle = at(opened->inode).handle()) at(opened->inode).try_handles(*handle);
    }
    return opened;
  }
  const Result<syscalls::ChildStatus> status = syscalls::child_status(path, component);
  if (!status) return status.error();
  const Attributes* seen = &status->attributes;
  if (seen->type == FileType::kDirectory) return opened_child(at(directory), path, component);
  return FoundInode{
      .inode = std::make_shared<PosixInode>(
          PosixInode::Name{.directory = std::static_pointer_cast<PosixInode>(directory), .name = std::string(name)},
          PosixInode::Key{.file_system = seen->file_system, .number = seen->number}, seen->type, door),
      .attributes = *seen,
      .protection = status->protection};
}

// Opens with O_NOATIME where asked, without it where that is not permitted.
template <typename Open>
Result<Descriptor> open_keeping_times(AccessTimes times, Open open) {
  if (times == AccessTimes::kKeep) {
    Result<Descriptor> opened = open(OpenTimes::kKeep);
    if (opened.error() != Errno::kEPERM) return opened;
  }
  return open(OpenTimes::kUpdate);
}

// EOPNOTSUPP for what is neither directory nor regular file: opening it would do something.
Result<Descriptor> open_readable(const InodeRef& inode, AccessTimes access_times) {
  const FileType type = at(inode).type();
  if (type != FileType::kDirectory && type != FileType::kRegular) return Errno::kEOPNOTSUPP;
  return open_keeping_times(access_times, [&](OpenTimes times) {
    if (type == FileType::kRegular) return at(inode).open_file(Access::kRead, times);
    return with(inode, [&](int path) { return syscalls::open_listing(path, times); });
  });
}

Status make(int directory, const ComponentName& name, const NewInode& inode) {
  const ActingAs owner(inode.uid, inode.gid);
  switch (inode.type) {
    case FileType::kDirectory: return syscalls::make_directory(directory, name, inode.mode & kModeMask);
    case FileType::kSymlink: return syscalls::make_symlink(directory, name, inode.symlink_target);
    case FileType::kRegular:
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
    case FileType::kFifo:
    case FileType::kSocket: break;
  }
  return syscalls::make_node(directory, name, inode);
}

// Makes owner and mode what was asked for, where the directory or the umask made them something else.
Status complete(FoundInode& made, const NewInode& wanted, int path) {
  const Attributes& is = made.attributes;
  const bool other_owner = is.uid != wanted.uid || is.gid != wanted.gid;
  if (other_owner) {
    const Status owned = syscalls::set_owner(path, wanted.uid, wanted.gid);
    // An owner that this user namespace has no number for, as the kernel's copy up says it.
    if (!owned) return owned.error() == Errno::kEINVAL ? Errno::kEOVERFLOW : owned;
  }
  const bool has_mode = wanted.type != FileType::kSymlink;
  const bool other_mode = is.mode != (wanted.mode & kModeMask) || (other_owner && (wanted.mode & kSetIds) != 0);
  if (has_mode && other_mode) OVLSPEC_TRY(syscalls::set_mode(path, wanted.mode & kModeMask));
  if (!other_owner && !(has_mode && other_mode)) return {};
  const Result<Attributes> now = syscalls::attributes(path);
  if (!now) return now.error();
  made.attributes = *now;
  return {};
}

Status check_change(FileType type, const StoreChange& change) {
  if (change.size.has_value()) {
    if (type == FileType::kDirectory) return Errno::kEISDIR;
    if (type != FileType::kRegular) return Errno::kEINVAL;
    if (*change.size > kOffsetMax) return Errno::kEFBIG;
  }
  const auto valid = [](const TimeChange& time) {
    return time.kind != TimeChange::Kind::kSet || time.value.nanoseconds < 1'000'000'000;
  };
  if (!valid(change.access_time) || !valid(change.modify_time)) return Errno::kEINVAL;
  return change.mode.has_value() && type == FileType::kSymlink ? Errno::kEOPNOTSUPP : Status();
}

// Changes the owner and gives back the set-id bits that the kernel takes away on the way.
Status change_owner(int path, FileType type, const StoreChange& change) {
  Mode kept = 0;
  if (!change.mode.has_value() && type != FileType::kDirectory && type != FileType::kSymlink) {
    const Result<Attributes> before = syscalls::attributes(path);
    if (!before) return before.error();
    if ((before->mode & kSetIds) != 0) kept = before->mode;
  }
  OVLSPEC_TRY(syscalls::set_owner(path, change.uid, change.gid));
  return kept != 0 ? syscalls::set_mode(path, kept) : Status();
}

}  // namespace

Result<std::uint64_t> prepare_process() {
  constexpr std::uint64_t kReserved = 16384;  // 128 KiB of the kernel's memory
  syscalls::clear_umask();
  const Result<std::uint64_t> limit = syscalls::raise_descriptor_limit();
  if (limit) syscalls::reserve_descriptors(std::min(*limit, kReserved));
  return limit;
}

InodeRef PosixStore::adopt_directory(int descriptor, RootMount mount) {
  return std::make_shared<PosixInode>(Descriptor(descriptor), FileType::kDirectory,
                                      std::make_shared<HandleDoor>(mount));
}

Result<BackingFileSystem> PosixStore::file_system(const InodeRef& inode) {
  return with(inode, [&](int path) -> Result<BackingFileSystem> {
    const Result<Attributes> attributes = syscalls::attributes(path);
    if (!attributes) return attributes.error();
    return identities_.identify(path, *attributes);
  });
}

Result<FileSystemStatus> PosixStore::status(const InodeRef& inode) {
  Result<FileSystemStatus> status = with(inode, syscalls::status);
  // squashfs has names of 256 bytes, which no store looks up.
  if (status) status->name_max = std::min<std::uint64_t>(status->name_max, names::kNameMax);
  return status;
}

Result<FoundInode> PosixStore::lookup(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  return with(directory, [&](int path) { return found_child(directory, path, name); });
}

Result<Attributes> PosixStore::look_at(const InodeRef& directory, std::string_view name) {
  if (!at(directory).door()->is_private()) return LayerStore::look_at(directory, name);
  OVLSPEC_TRY(check_component(name));
  return with(directory, [&](int path) -> Result<Attributes> {
    const Result<syscalls::ChildStatus> status = syscalls::child_status(path, ComponentName(name));
    return status ? Result<Attributes>(status->attributes) : status.error();
  });
}

Result<Attributes> PosixStore::attributes(const InodeRef& inode) { return with(inode, syscalls::attributes); }

Result<std::vector<StoredEntry>> PosixStore::entries(const InodeRef& directory) {
  const Result<Descriptor> listing = open_keeping_times(access_times_, [&](OpenTimes times) {
    return with(directory, [&](int path) { return syscalls::open_listing(path, times); });
  });
  if (!listing) return listing.error();
  return syscalls::entries(listing->get());
}

Result<std::string> PosixStore::symlink_target(const InodeRef& inode) {
  if (at(inode).type() != FileType::kSymlink) return Errno::kEINVAL;
  return with(inode, syscalls::symlink_target);
}

Result<std::string> PosixStore::xattr(const InodeRef& inode, std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return Errno::kERANGE;
  Result<std::string> value = with(inode, [&](int path) { return syscalls::xattr(path, std::string(name)); });
  if (value.error() == Errno::kEOPNOTSUPP && is_any_file_systems(name)) return Errno::kENODATA;
  return value;
}

Result<std::vector<std::string>> PosixStore::xattr_names(const InodeRef& inode) {
  Result<std::vector<std::string>> names = with(inode, syscalls::xattr_names);
  return names.error() == Errno::kEOPNOTSUPP ? std::vector<std::string>() : std::move(names);
}

Result<InodeFlags> PosixStore::flags(const InodeRef& inode) {
  const Result<Descriptor> opened = open_readable(inode, access_times_);
  if (!opened) return opened.error();
  return syscalls::flags(opened->get());
}

Result<InodeFlags> PosixStore::protection(const InodeRef& inode) { return with(inode, syscalls::protection); }

Status PosixStore::set_flags(const InodeRef& inode, InodeFlags flags) {
  const Result<Descriptor> opened = open_readable(inode, access_times_);
  if (!opened) return opened.error();
  return syscalls::set_flags(opened->get(), flags);
}

Result<BackingHandle> PosixStore::handle(const InodeRef& inode) { return at(inode).handle(); }

Result<FoundInode> PosixStore::by_handle(const InodeRef& root, const BackingHandle& handle) {
  const std::shared_ptr<HandleDoor>& door = at(root).door();
  return with(root, [&](int path) -> Result<FoundInode> {
    const Result<int> listing = door->listing(path);
    if (!listing) return listing.error();
    return found(door->open(handle), door);
  });
}

Result<std::string> PosixStore::content_seal(const InodeRef& root) {
  const Result<Descriptor> opened = open_readable(root, access_times_);
  if (!opened) return opened.error();
  return identities_.content_seal(opened->get());
}

Result<std::vector<std::string>> PosixStore::names_of(const InodeRef& root, InodeNumber number) {
  return with(root, [&](int path) -> Result<std::vector<std::string>> {
    const Result<int> listing = at(root).door()->listing(path);
    if (!listing) return listing.error();
    const Result<Descriptor> opened = open_number(path, *listing, number);
    if (!opened) return opened.error();
    const Result<Attributes> attributes = syscalls::attributes(opened->get());
    if (!attributes) return attributes.error();
    // A descriptor that is held keeps the inode of a removed object open to its handle.
    if (attributes->links == 0) return Errno::kESTALE;
    const Result<std::string> root_path = syscalls::path_of(path);
    if (!root_path) return root_path.error();
    const Result<std::string> found_path = syscalls::path_of(opened->get());
    if (!found_path) return found_path.error();
    return names_below(*root_path, *found_path);
  });
}

Result<FoundInode> PosixStore::create(const InodeRef& directory, std::string_view name, const NewInode& inode) {
  OVLSPEC_TRY(check_component(name));
  const ComponentName component(name);
  return with(directory, [&](int parent) -> Result<FoundInode> {
    OVLSPEC_TRY(make(parent, component, inode));
    Result<FoundInode> made = opened_child(at(directory), parent, component);
    Status completed = made.error();
    if (made) completed = with(made->inode, [&](int path) { return complete(*made, inode, path); });
    if (completed) return made;
    // What could not be made as asked for is not left behind; the first error is the one that tells.
    static_cast<void>(inode.type == FileType::kDirectory ? syscalls::remove_directory(parent, component)
                                                         : syscalls::unlink(parent, component));
    return completed.error();
  });
}

Status PosixStore::make_whiteout(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  const NewInode whiteout{.type = FileType::kCharDevice, .device = {}, .symlink_target = {}};
  return with(directory, [&](int path) { return make(path, ComponentName(name), whiteout); });
}

Status PosixStore::link(const InodeRef& inode, const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  return with(inode, [&](int path) {
    return with(directory, [&](int parent) { return syscalls::link(path, parent, ComponentName(name)); });
  });
}

Status PosixStore::unlink(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  return with(directory, [&](int path) {
    const ComponentName component(name);
    const RemovalGuard guard(path, component);
    return syscalls::unlink(path, component);
  });
}

Status PosixStore::remove_directory(const InodeRef& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  const Status status =
      with(directory, [&](int path) { return syscalls::remove_directory(path, ComponentName(name)); });
  return status.error() == Errno::kEEXIST ? Errno::kENOTEMPTY : status;
}

Status PosixStore::rename(const InodeRef& from, std::string_view from_name, const InodeRef& to,
                          std::string_view to_name, StoreRename mode) {
  OVLSPEC_TRY(check_component(from_name));
  OVLSPEC_TRY(check_component(to_name));
  const Status status = with(from, [&](int old_directory) {
    return with(to, [&](int new_directory) {
      const ComponentName target(to_name);
      const RemovalGuard guard(new_directory, target);
      return syscalls::rename(old_directory, ComponentName(from_name), new_directory, target, mode);
    });
  });
  // POSIX lets a file system say EEXIST for a directory that is not empty.
  return mode == StoreRename::kReplace && status.error() == Errno::kEEXIST ? Errno::kENOTEMPTY : status;
}

Status PosixStore::change(const InodeRef& inode, const StoreChange& change) {
  const FileType type = at(inode).type();
  OVLSPEC_TRY(check_change(type, change));
  return with(inode, [&](int path) -> Status {
    if (change.size.has_value()) OVLSPEC_TRY(syscalls::set_size(path, *change.size));
    if (change.uid.has_value() || change.gid.has_value()) OVLSPEC_TRY(change_owner(path, type, change));
    if (change.mode.has_value()) OVLSPEC_TRY(syscalls::set_mode(path, *change.mode & kModeMask));
    const auto changes = [](const TimeChange& time) { return time.kind != TimeChange::Kind::kOmit; };
    if (!changes(change.access_time) && !changes(change.modify_time)) return {};
    return syscalls::set_times(path, change.access_time, change.modify_time);
  });
}

Status PosixStore::set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) {
  if (name.find('\0') != std::string_view::npos) return Errno::kERANGE;
  return with(inode, [&](int path) { return syscalls::set_xattr(path, std::string(name), value, mode); });
}

Status PosixStore::remove_xattr(const InodeRef& inode, std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return Errno::kERANGE;
  return with(inode, [&](int path) { return syscalls::remove_xattr(path, std::string(name)); });
}

Result<FileRef> PosixStore::open(const InodeRef& inode, Access access) {
  if (at(inode).type() == FileType::kDirectory) return Errno::kEISDIR;
  if (at(inode).type() != FileType::kRegular) return Errno::kEINVAL;
  Result<Descriptor> opened =
      open_keeping_times(access_times_, [&](OpenTimes times) { return at(inode).open_file(access, times); });
  if (!opened) return opened.error();
  return FileRef(std::make_shared<PosixFile>(std::move(*opened)));
}

Result<std::size_t> PosixStore::read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) {
  if (offset > kOffsetMax) return Errno::kEINVAL;
  return syscalls::read_at(number_of(file), buffer, size, offset);
}

Result<std::size_t> PosixStore::write(const FileRef& file, std::string_view data, FileSize offset) {
  if (offset > kOffsetMax) return Errno::kEINVAL;
  if (data.size() > kOffsetMax - offset) return Errno::kEFBIG;
  return syscalls::write_at(number_of(file), data, offset);
}

Result<std::optional<LayerStore::Extent>> PosixStore::next_data(const FileRef& file, FileSize offset) {
  if (offset > kOffsetMax) return std::optional<Extent>();
  const auto extent = syscalls::next_data(number_of(file), offset);
  if (extent.error() != Errno::kEINVAL) return extent;
  const Result<Attributes> attributes = syscalls::attributes(number_of(file));
  if (!attributes) return attributes.error();
  if (offset >= attributes->size) return std::optional<Extent>();
  return std::optional(Extent{.begin = offset, .end = attributes->size});
}

Status PosixStore::change_range(const FileRef& file, RangeChange change, Extent range) {
  if (range.begin >= range.end) return Errno::kEINVAL;
  if (range.end > kOffsetMax) return Errno::kEFBIG;
  return syscalls::change_range(number_of(file), change, range);
}

Result<std::size_t> PosixStore::copy_range(const Position& from, const Position& to, std::size_t size) {
  if (from.offset > kOffsetMax || to.offset > kOffsetMax) return Errno::kEINVAL;
  return syscalls::copy_range({.file = number_of(from.file), .offset = from.offset},
                              {.file = number_of(to.file), .offset = to.offset}, size);
}

Status PosixStore::sync(const FileRef& file) { return syscalls::sync(number_of(file)); }

Status PosixStore::sync_inode(const InodeRef& inode) {
  const Result<Descriptor> opened = open_readable(inode, access_times_);
  if (opened.error() == Errno::kEOPNOTSUPP) return {};
  if (!opened) return opened.error();
  return syscalls::sync(opened->get());
}

std::optional<int> PosixStore::descriptor(const FileRef& file) const { return number_of(file); }

}  // namespace ovlspec::impl
