#include "oracle/vfs/memory_access.h"

#include <algorithm>

#include "model/vocabulary/handle_digest.h"
#include "oracle/posix_handle.h"

namespace ovlspec::oracle {
namespace {

using impl::MemoryInode;
using impl::MemoryInodeRef;
using impl::MemoryStore;

// The data between holes; what lies in holes reads as zeros.
model::Content content_of(const MemoryInode& inode) {
  model::Content content;
  FileSize offset = 0;
  while (const auto extent = inode.content.next_data(offset)) {
    std::string bytes(extent->end - extent->begin, '\0');
    bytes.resize(inode.content.read(bytes.data(), bytes.size(), extent->begin));
    content.write(extent->begin, bytes);
    offset = extent->end;
  }
  content.resize(inode.content.size());
  return content;
}

model::Inode inode_of(const MemoryInode& inode) {
  const Attributes& attributes = inode.attributes;
  model::Inode value;
  value.type = attributes.type;
  value.mode = attributes.mode;
  value.uid = attributes.uid;
  value.gid = attributes.gid;
  value.device = attributes.device;
  value.access_time = model::FreeTime::at(attributes.access_time);
  value.modify_time = model::FreeTime::at(attributes.modify_time);
  if (value.is(FileType::kRegular)) value.content = content_of(inode);
  if (value.is(FileType::kSymlink)) value.content = model::Content(inode.symlink_target);
  value.xattrs.reserve(inode.xattrs.size());
  for (const impl::MemoryXattr& xattr : inode.xattrs) value.xattrs.push_back({xattr.name, xattr.value});
  return value;
}

TimeChange set_to(Time time) { return TimeChange{.kind = TimeChange::Kind::kSet, .value = time}; }

}  // namespace

Result<AccessedInode> MemoryAccess::read(std::string_view path) {
  const auto inode = find(path);
  if (!inode) return inode.error();
  const auto handle = store_.handle(*inode);
  const auto file_system = store_.file_system(*inode);
  if (!handle) return handle.error();
  if (!file_system) return file_system.error();
  AccessedInode accessed;
  accessed.inode = inode_of(**inode);
  accessed.backing = {.file_system = (*inode)->attributes.file_system,
                      .number = (*inode)->attributes.number,
                      .generation = handle_digest(handle->bytes)};
  accessed.links = (*inode)->attributes.links;
  accessed.handle = overlay_handle(FileHandle{.type = handle->type, .bytes = handle->bytes}, file_system->uuid);
  return accessed;
}

Result<std::vector<std::string>> MemoryAccess::list(std::string_view path) {
  const auto directory = find(path);
  if (!directory) return directory.error();
  if (!(*directory)->is_directory()) return Errno::kENOTDIR;
  std::vector<std::string> names;
  names.reserve((*directory)->entries.size());
  for (const impl::MemoryEntry& entry : (*directory)->entries) names.push_back(entry.name);
  return names;
}

Status MemoryAccess::make(std::string_view path, const model::Inode& inode) {
  if (path.empty()) return set_attributes(root_, inode);
  const auto at = place(path);
  if (!at) return at.error();
  impl::NewInode bare{.type = inode.type,
                      .mode = inode.mode,
                      .uid = inode.uid,
                      .gid = inode.gid,
                      .device = inode.device,
                      .symlink_target = {}};
  if (inode.is(FileType::kSymlink)) bare.symlink_target = inode.content.all();
  const auto made = store_.create(at->directory, at->name, bare);
  if (!made) return made.error();
  return fill(MemoryStore::inode_of(made->inode), inode);
}

Status MemoryAccess::link(std::string_view from, std::string_view to) {
  const auto source = find(from);
  if (!source) return source.error();
  const auto target = place(to);
  if (!target) return target.error();
  return store_.link(*source, target->directory, target->name);
}

Status MemoryAccess::rename(std::string_view from, std::string_view to) {
  const auto source = place(from);
  if (!source) return source.error();
  const auto target = place(to);
  if (!target) return target.error();
  return store_.rename(source->directory, source->name, target->directory, target->name, impl::StoreRename::kReplace);
}

Status MemoryAccess::remove(std::string_view path) {
  const auto at = place(path);
  return at ? remove_at(*at) : Status(at.error());
}

Status MemoryAccess::set_mode(std::string_view path, Mode mode) {
  const auto inode = find(path);
  if (!inode) return inode.error();
  impl::StoreChange change;
  change.mode = mode & kModeMask;
  return store_.change(*inode, change);
}

Status MemoryAccess::set_content(std::string_view path, std::string_view content) {
  const auto inode = find(path);
  if (!inode) return inode.error();
  impl::StoreChange empty;
  empty.size = 0;
  OVLSPEC_TRY(store_.change(*inode, empty));
  return write(*inode, content);
}

Status MemoryAccess::set_times(std::string_view path, Time access, Time modify) {
  const auto inode = find(path);
  if (!inode) return inode.error();
  impl::StoreChange change;
  change.access_time = set_to(access);
  change.modify_time = set_to(modify);
  return store_.change(*inode, change);
}

Result<MemoryInodeRef> MemoryAccess::find(std::string_view path) const {
  MemoryInode* inode = root_.get();
  while (!path.empty()) {
    if (!inode->is_directory()) return Errno::kENOTDIR;
    const std::size_t end = std::min(path.find('/'), path.size());
    inode = inode->find(path.substr(0, end));
    if (inode == nullptr) return Errno::kENOENT;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return inode->shared_from_this();
}

Result<MemoryAccess::Place> MemoryAccess::place(std::string_view path) const {
  if (path.empty()) return Errno::kEBUSY;  // the root has no name to take away or to give
  const std::size_t slash = path.rfind('/');
  const bool top = slash == std::string_view::npos;
  auto directory = find(top ? std::string_view{} : path.substr(0, slash));
  if (!directory) return directory.error();
  return Place{.directory = std::move(*directory), .name = top ? path : path.substr(slash + 1)};
}

Status MemoryAccess::write(const MemoryInodeRef& inode, std::string_view bytes) {
  if (bytes.empty()) return {};
  const auto file = store_.open(inode, Access::kWrite);
  if (!file) return file.error();
  const auto count = store_.write(*file, bytes, 0);
  return count ? Status() : Status(count.error());
}

// Content first: it takes security.capability away, and it sets times.
Status MemoryAccess::fill(const MemoryInodeRef& made, const model::Inode& inode) {
  if (inode.is(FileType::kRegular)) {
    OVLSPEC_TRY(write(made, inode.content.data()));
    if (inode.content.size() != inode.content.data().size()) {
      impl::StoreChange change;
      change.size = inode.content.size();
      OVLSPEC_TRY(store_.change(made, change));
    }
  }
  return set_attributes(made, inode);
}

// Owner before the attributes and mode, since a change of owner takes a capability away; times last.
Status MemoryAccess::set_attributes(const MemoryInodeRef& made, const model::Inode& inode) {
  impl::StoreChange owner;
  owner.uid = inode.uid;
  owner.gid = inode.gid;
  if (made->attributes.uid != inode.uid || made->attributes.gid != inode.gid) OVLSPEC_TRY(store_.change(made, owner));
  for (const model::Xattr& xattr : inode.xattrs)
    OVLSPEC_TRY(store_.set_xattr(made, xattr.name, xattr.value, XattrMode::kAny));
  impl::StoreChange rest;
  if (!inode.is(FileType::kSymlink)) rest.mode = inode.mode & kModeMask;
  rest.access_time = set_to(inode.access_time.value);
  rest.modify_time = set_to(inode.modify_time.value);
  return store_.change(made, rest);
}

Status MemoryAccess::empty(const MemoryInodeRef& directory) {
  while (!directory->entries.empty()) {
    const std::string name = directory->entries.back().name;
    OVLSPEC_TRY(remove_at(Place{.directory = directory, .name = name}));
  }
  return {};
}

Status MemoryAccess::remove_at(const Place& at) {
  MemoryInode* inode = at.directory->find(at.name);
  if (inode == nullptr) return at.directory->is_directory() ? Errno::kENOENT : Errno::kENOTDIR;
  if (!inode->is_directory()) return store_.unlink(at.directory, at.name);
  OVLSPEC_TRY(empty(MemoryStore::inode_of(inode->shared_from_this())));
  return store_.remove_directory(at.directory, at.name);
}

}  // namespace ovlspec::oracle
