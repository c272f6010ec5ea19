#include "impl/store/memory_store.h"

#include <algorithm>
#include <atomic>

#include "impl/store/component.h"
#include "impl/store/memory_change.h"
#include "impl/store/memory_handle.h"
#include "impl/store/memory_rename.h"
#include "impl/store/memory_xattr.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kSymlinkMax = 4095;  // bytes of a target

struct MemoryFile final : StoreFile {
  MemoryFile(MemoryInodeRef opened, Access with) : inode(std::move(opened)), access(with) {}
  const MemoryInodeRef inode;
  const Access access;
};

MemoryInode& at(const InodeRef& inode) { return static_cast<MemoryInode&>(*inode); }
const MemoryFile& at(const FileRef& file) { return static_cast<const MemoryFile&>(*file); }

FoundInode found(MemoryInode& inode) {
  return FoundInode{.inode = inode.shared_from_this(), .attributes = inode.attributes};
}

Status check_directory(const MemoryInode& directory, std::string_view name) {
  OVLSPEC_TRY(check_component(name));
  return directory.is_directory() ? Status() : Errno::kENOTDIR;
}

Status check_flagged(const MemoryInode& inode) {
  return inode.is_directory() || inode.attributes.type == FileType::kRegular ? Status() : Errno::kEOPNOTSUPP;
}

Status check_new(const NewInode& inode) {
  if (inode.type != FileType::kSymlink) return {};
  if (inode.symlink_target.empty()) return Errno::kENOENT;
  return inode.symlink_target.size() > kSymlinkMax ? Errno::kENAMETOOLONG : Status();
}

}  // namespace

Clock logical_clock() {
  auto ticks = std::make_shared<std::atomic<std::uint64_t>>(0);
  return [ticks] {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const std::uint64_t tick = ticks->fetch_add(1, std::memory_order_relaxed);
    return Time{.seconds = static_cast<std::int64_t>(kSecond + tick / kSecond),
                .nanoseconds = static_cast<std::uint32_t>(tick % kSecond)};
  };
}

MemoryStore::MemoryStore(MemoryStoreOptions options)
    : options_(std::move(options)),
      numbers_(std::make_shared<MemoryNumbers>(options_.first_number, options_.reuse)),
      root_(std::make_shared<MemoryInode>(numbers_, FileType::kDirectory)) {
  root_->parent = root_.get();
  Attributes& attributes = root_->attributes;
  attributes.mode = 0755;
  attributes.file_system = options_.device;
  attributes.access_time = attributes.modify_time = attributes.change_time = now();
}

Result<BackingFileSystem> MemoryStore::file_system(const InodeRef&) {
  return BackingFileSystem{.uuid = options_.uuid, .device = options_.device, .stable = true};
}

Result<FileSystemStatus> MemoryStore::status(const InodeRef&) {
  return FileSystemStatus{.name_max = names::kNameMax, .block_size = MemoryContent::kBlock, .read_only = false};
}

Result<FoundInode> MemoryStore::lookup(const InodeRef& directory, std::string_view name) {
  MemoryInode& parent = at(directory);
  OVLSPEC_TRY(check_directory(parent, name));
  const std::lock_guard lock(mutex_);
  MemoryInode* inode = parent.find(name);
  if (inode == nullptr) return Errno::kENOENT;
  return found(*inode);
}

Result<Attributes> MemoryStore::attributes(const InodeRef& inode) {
  const std::lock_guard lock(mutex_);
  return at(inode).attributes;
}

Result<std::vector<StoredEntry>> MemoryStore::entries(const InodeRef& directory) {
  const MemoryInode& parent = at(directory);
  if (!parent.is_directory()) return Errno::kENOTDIR;
  const std::lock_guard lock(mutex_);
  if (parent.is_removed()) return Errno::kENOENT;
  std::vector<StoredEntry> list;
  list.reserve(parent.entries.size());
  for (const MemoryEntry& entry : parent.entries) {
    const Attributes& attributes = entry.inode->attributes;
    list.push_back({.name = entry.name, .number = attributes.number, .type = attributes.type, .type_known = true});
  }
  return list;
}

Result<std::string> MemoryStore::symlink_target(const InodeRef& inode) {
  if (at(inode).attributes.type != FileType::kSymlink) return Errno::kEINVAL;
  return at(inode).symlink_target;
}

Result<std::string> MemoryStore::xattr(const InodeRef& inode, std::string_view name) {
  OVLSPEC_TRY(check_xattr_name(at(inode).attributes.type, name, XattrIntent::kRead));
  const std::lock_guard lock(mutex_);
  const std::string* value = at(inode).xattr(name);
  if (value == nullptr) return Errno::kENODATA;
  return *value;
}

Result<std::vector<std::string>> MemoryStore::xattr_names(const InodeRef& inode) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> list;
  list.reserve(at(inode).xattrs.size());
  for (const MemoryXattr& xattr : at(inode).xattrs) list.push_back(xattr.name);
  return list;
}

Result<InodeFlags> MemoryStore::flags(const InodeRef& inode) {
  OVLSPEC_TRY(check_flagged(at(inode)));
  const std::lock_guard lock(mutex_);
  return at(inode).flags;
}

Result<InodeFlags> MemoryStore::protection(const InodeRef& inode) {
  const std::lock_guard lock(mutex_);
  return at(inode).flags & kProtection;
}

Status MemoryStore::set_flags(const InodeRef& inode, InodeFlags flags) {
  OVLSPEC_TRY(check_flagged(at(inode)));
  const std::lock_guard lock(mutex_);
  at(inode).flags = flags;
  at(inode).attributes.change_time = now();
  return {};
}

Result<BackingHandle> MemoryStore::handle(const InodeRef& inode) {
  return encode_handle({.number = at(inode).attributes.number, .generation = at(inode).generation});
}

Result<FoundInode> MemoryStore::by_handle(const InodeRef&, const BackingHandle& handle) {
  const std::optional<MemoryHandle> wanted = decode_handle(handle);
  if (!wanted.has_value()) return Errno::kESTALE;
  const MemoryInodeRef inode = numbers_->find(wanted->number);
  if (inode == nullptr) return Errno::kESTALE;
  if (wanted->generation != 0 && wanted->generation != inode->generation) return Errno::kESTALE;
  const std::lock_guard lock(mutex_);
  return found(*inode);
}

Result<std::string> MemoryStore::content_seal(const InodeRef&) { return Errno::kEOPNOTSUPP; }

// A search, where a file system would know: enough for the sizes that live in memory.
Result<std::vector<std::string>> MemoryStore::names_of(const InodeRef& root, InodeNumber number) {
  const MemoryInodeRef inode = numbers_->find(number);
  if (inode == nullptr) return Errno::kESTALE;
  const std::lock_guard lock(mutex_);
  struct Place {
    const MemoryInode* directory;
    std::vector<std::string> names;
  };
  std::vector<Place> places{{&at(root), {}}};
  if (places.front().directory == inode.get()) return places.front().names;
  while (!places.empty()) {
    const Place place = std::move(places.back());
    places.pop_back();
    for (const MemoryEntry& entry : place.directory->entries) {
      std::vector<std::string> names = place.names;
      names.push_back(entry.name);
      if (entry.inode == inode) return names;
      if (entry.inode->is_directory()) places.push_back({entry.inode.get(), std::move(names)});
    }
  }
  return inode->attributes.links == 0 ? Errno::kESTALE : Errno::kENOENT;
}

Result<FoundInode> MemoryStore::create(const InodeRef& directory, std::string_view name, const NewInode& inode) {
  MemoryInode& parent = at(directory);
  OVLSPEC_TRY(check_component(name));
  OVLSPEC_TRY(check_new(inode));
  if (!parent.is_directory()) return Errno::kENOTDIR;
  const std::lock_guard lock(mutex_);
  if (parent.find(name) != nullptr) return Errno::kEEXIST;
  if (parent.is_removed()) return Errno::kENOENT;
  auto made = std::make_shared<MemoryInode>(numbers_, inode.type);
  const Time time = now();
  Attributes& attributes = made->attributes;
  const bool is_device = inode.type == FileType::kCharDevice || inode.type == FileType::kBlockDevice;
  attributes.mode = inode.type == FileType::kSymlink ? 0777 : inode.mode & kModeMask;
  attributes.uid = inode.uid;
  attributes.gid = inode.gid;
  attributes.device = is_device ? inode.device : Device{};
  attributes.access_time = attributes.modify_time = attributes.change_time = time;
  attributes.file_system = options_.device;
  if (inode.type == FileType::kSymlink) {
    made->symlink_target = inode.symlink_target;
    attributes.size = inode.symlink_target.size();
  }
  parent.attach(name, made);
  touch_directory(parent, time);
  return found(*made);
}

Status MemoryStore::link(const InodeRef& inode, const InodeRef& directory, std::string_view name) {
  MemoryInode& parent = at(directory);
  MemoryInode& linked = at(inode);
  OVLSPEC_TRY(check_directory(parent, name));
  const std::lock_guard lock(mutex_);
  if (parent.find(name) != nullptr) return Errno::kEEXIST;
  if (linked.numbers != parent.numbers) return Errno::kEXDEV;
  if (parent.is_removed()) return Errno::kENOENT;
  if (linked.is_directory()) return Errno::kEPERM;
  if (linked.attributes.links == 0) return Errno::kENOENT;
  const Time time = now();
  parent.attach(name, linked.shared_from_this());
  linked.attributes.change_time = time;
  touch_directory(parent, time);
  return {};
}

Status MemoryStore::unlink(const InodeRef& directory, std::string_view name) {
  MemoryInode& parent = at(directory);
  OVLSPEC_TRY(check_directory(parent, name));
  const std::lock_guard lock(mutex_);
  const MemoryInode* inode = parent.find(name);
  if (inode == nullptr) return Errno::kENOENT;
  if (inode->is_directory()) return Errno::kEISDIR;
  const Time time = now();
  parent.detach(name)->attributes.change_time = time;
  touch_directory(parent, time);
  return {};
}

Status MemoryStore::remove_directory(const InodeRef& directory, std::string_view name) {
  MemoryInode& parent = at(directory);
  OVLSPEC_TRY(check_directory(parent, name));
  const std::lock_guard lock(mutex_);
  const MemoryInode* inode = parent.find(name);
  if (inode == nullptr) return Errno::kENOENT;
  if (!inode->is_directory()) return Errno::kENOTDIR;
  if (!inode->entries.empty()) return Errno::kENOTEMPTY;
  const Time time = now();
  const MemoryInodeRef gone = parent.detach(name);
  gone->attributes.links = 0;
  gone->attributes.change_time = time;
  touch_directory(parent, time);
  return {};
}

Status MemoryStore::rename(const InodeRef& from, std::string_view from_name, const InodeRef& to,
                           std::string_view to_name, StoreRename mode) {
  OVLSPEC_TRY(check_directory(at(from), from_name));
  OVLSPEC_TRY(check_directory(at(to), to_name));
  if (at(from).numbers != at(to).numbers) return Errno::kEXDEV;
  const std::lock_guard lock(mutex_);
  return rename_in_memory({.directory = &at(from), .name = from_name}, {.directory = &at(to), .name = to_name}, mode,
                          now());
}

Status MemoryStore::change(const InodeRef& inode, const StoreChange& change) {
  OVLSPEC_TRY(check_change_in_memory(at(inode), change));
  if (changes_nothing(change)) return {};
  const std::lock_guard lock(mutex_);
  change_in_memory(at(inode), change, now());
  return {};
}

Status MemoryStore::set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(set_xattr_in_memory(at(inode), name, value, mode));
  at(inode).attributes.change_time = now();
  return {};
}

Status MemoryStore::remove_xattr(const InodeRef& inode, std::string_view name) {
  const std::lock_guard lock(mutex_);
  OVLSPEC_TRY(check_xattr_name(at(inode).attributes.type, name, XattrIntent::kWrite));
  OVLSPEC_TRY(remove_xattr_in_memory(at(inode), name));
  at(inode).attributes.change_time = now();
  return {};
}

Result<FileRef> MemoryStore::open(const InodeRef& inode, Access access) {
  MemoryInode& opened = at(inode);
  if (opened.is_directory()) return Errno::kEISDIR;
  if (opened.attributes.type != FileType::kRegular) return Errno::kEINVAL;
  return FileRef(std::make_shared<MemoryFile>(opened.shared_from_this(), access));
}

Result<std::size_t> MemoryStore::read(const FileRef& file, char* buffer, std::size_t size, FileSize offset) {
  if (at(file).access == Access::kWrite) return Errno::kEBADF;
  if (offset > MemoryContent::kSizeMax) return Errno::kEINVAL;
  const std::lock_guard lock(mutex_);
  return at(file).inode->content.read(buffer, size, offset);
}

Result<std::size_t> MemoryStore::write(const FileRef& file, std::string_view data, FileSize offset) {
  if (at(file).access == Access::kRead) return Errno::kEBADF;
  if (offset > MemoryContent::kSizeMax) return Errno::kEINVAL;
  if (data.empty()) return std::size_t{0};
  if (data.size() > MemoryContent::kSizeMax - offset) return Errno::kEFBIG;
  MemoryInode& inode = *at(file).inode;
  const std::lock_guard lock(mutex_);
  inode.content.write(offset, data);
  inode.refresh_size();
  drop_capability(inode);
  inode.attributes.modify_time = inode.attributes.change_time = now();
  return data.size();
}

Result<std::optional<LayerStore::Extent>> MemoryStore::next_data(const FileRef& file, FileSize offset) {
  const std::lock_guard lock(mutex_);
  return at(file).inode->content.next_data(offset);
}

Status MemoryStore::change_range(const FileRef& file, RangeChange change, Extent range) {
  if (at(file).access == Access::kRead) return Errno::kEBADF;
  if (range.begin >= range.end) return Errno::kEINVAL;
  if (range.end > MemoryContent::kSizeMax) return Errno::kEFBIG;
  MemoryInode& inode = *at(file).inode;
  const bool clears = change != RangeChange::kAllocate && change != RangeChange::kAllocateKeepSize;
  const bool grows = change == RangeChange::kAllocate || change == RangeChange::kZero;
  const std::lock_guard lock(mutex_);
  if (clears) inode.content.clear(range.begin, range.end);
  if (grows && range.end > inode.content.size()) inode.content.resize(range.end);
  inode.refresh_size();
  drop_capability(inode);
  inode.attributes.modify_time = inode.attributes.change_time = now();
  return {};
}

Result<std::size_t> MemoryStore::copy_range(const Position& from, const Position& to, std::size_t size) {
  if (at(from.file).access == Access::kWrite || at(to.file).access == Access::kRead) return Errno::kEBADF;
  const MemoryInode& source = *at(from.file).inode;
  if (source.numbers != at(to.file).inode->numbers) return Errno::kEXDEV;
  if (from.offset > MemoryContent::kSizeMax || to.offset > MemoryContent::kSizeMax) return Errno::kEINVAL;
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    const FileSize end = source.content.size();
    bytes.resize(from.offset < end ? std::min<FileSize>(size, end - from.offset) : 0);
    bytes.resize(source.content.read(bytes.data(), bytes.size(), from.offset));
  }
  const bool overlaps = to.offset < from.offset + bytes.size() && from.offset < to.offset + bytes.size();
  if (&source == at(to.file).inode.get() && overlaps) return Errno::kEINVAL;
  return write(to.file, bytes, to.offset);
}

Status MemoryStore::sync(const FileRef&) { return {}; }

Status MemoryStore::sync_inode(const InodeRef&) { return {}; }

std::optional<int> MemoryStore::descriptor(const FileRef&) const { return std::nullopt; }

}  // namespace ovlspec::impl
