// Open files.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "impl/fuse/operations.h"
#include "impl/fuse/session.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

// A file that was opened for the kernel, with what the kernel is told of it.
struct Opened {
  std::uint64_t handle = 0;
  BackingId backing = kPageCache;
};

// So large a file has its bytes sent along when it is opened, so that the kernel does not ask for them.
constexpr std::size_t kSentAlong = 16 << 10;

// Into the kernel's cache. That waits for nobody who waits for us: nobody has the file open yet, so that no page of it
// is being read; who opens it meanwhile waits here, too.
void send_along(Served& session, impl::NodeId node, const impl::OpenFileRef& file) {
  session.engine.give_content(file, kSentAlong, [&](std::string_view bytes) {
    fuse_bufvec content = FUSE_BUFVEC_INIT(bytes.size());
    content.buf[0].mem = const_cast<char*>(bytes.data());
    fuse_lowlevel_notify_store(session.session, node, 0, &content, FUSE_BUF_NO_SPLICE);
  });
}

Result<Opened> open_node(Served& session, impl::NodeId node, impl::Engine::OpenMode mode) {
  Result<impl::OpenFileRef> file = session.engine.open(node, mode);
  if (!file) return file.error();
  const auto descriptor = session.engine.descriptor(*file);
  const BackingId backing = session.io.open(node, descriptor);
  const bool is_lower = descriptor && descriptor->may_change;
  if (backing == kPageCache && mode.access == Access::kRead && is_lower) send_along(session, node, *file);
  const std::uint64_t handle =
      session.files.add(std::make_unique<FileHandle>(FileHandle{.file = *std::move(file), .node = node}));
  return Opened{.handle = handle, .backing = backing};
}

void close_handle(Served& session, std::uint64_t handle) {
  if (const std::unique_ptr<FileHandle> file = session.files.remove(handle)) session.io.close(file->node);
}

protocol::OpenReply open_reply(const Opened& opened) {
  const bool passed_through = opened.backing != kPageCache;
  // Data in the page cache are right as long as the mount lives: all changes come through the kernel. Passthrough opens
  // bypass and drop them; the kernel refuses the flag there.
  return protocol::OpenReply{.handle = opened.handle,
                             .flags = passed_through ? protocol::kOpenPassthrough : std::uint32_t{FOPEN_KEEP_CACHE},
                             .backing = opened.backing};
}

// The kernel leaves it to us to clear set-id bits where opening truncates: it only does so for a truncation that it
// asks for itself.
Status clear_set_ids(Served& session, impl::NodeId node, const fuse_ctx& caller) {
  constexpr Mode kGroupExecute = 010;
  const Result<Attributes> attributes = session.engine.attributes(node);
  if (!attributes) return attributes.error();
  Mode mode = attributes->mode & ~kSetUid;
  if ((mode & kGroupExecute) != 0) mode &= ~kSetGid;
  if (mode == attributes->mode || has_capability(caller.pid, Capability::kFsetid)) return {};
  impl::AttributeChange change;
  change.mode = mode;
  const Result<Attributes> changed = session.engine.change(node, change);
  if (!changed) return changed.error();
  // Attributes only: that waits for no lock that this request's caller holds.
  fuse_lowlevel_notify_inval_inode(session.session, node, -1, 0);
  return {};
}

void open(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) {
  Served& session = served(request);
  const bool truncates = (info->flags & O_TRUNC) != 0;
  const bool appends = (info->flags & O_APPEND) != 0;
  const Result<Opened> opened =
      open_node(session, node, {.access = access_of(info->flags), .truncate = truncates, .append = appends});
  if (!opened) return reply(request, opened.error());
  if (truncates) {
    if (const Status cleared = clear_set_ids(session, node, *fuse_req_ctx(request)); !cleared) {
      close_handle(session, opened->handle);
      return reply(request, cleared);
    }
  }
  const protocol::OpenReply answer = open_reply(*opened);
  if (fuse_reply_buf(request, reinterpret_cast<const char*>(&answer), sizeof answer) != 0) {
    close_handle(session, opened->handle);
  }
}

void create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* info) {
  Served& session = served(request);
  const impl::NewInode inode = new_inode(*fuse_req_ctx(request), FileType::kRegular, mode);
  const Result<impl::NodeEntry> entry = create_object(session, parent, name, inode);
  if (!entry) return reply(request, entry.error());
  const Result<Opened> opened = open_node(session, entry->node, {.access = access_of(info->flags), .truncate = false});
  if (!opened) {
    session.engine.forget(entry->node, 1);
    return reply(request, opened.error());
  }
  const protocol::CreateReply answer{.entry = wire_entry_of(*entry, session.presentation), .open = open_reply(*opened)};
  if (fuse_reply_buf(request, reinterpret_cast<const char*>(&answer), sizeof answer) != 0) {
    close_handle(session, opened->handle);
    session.engine.forget(entry->node, 1);
  }
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  char* const bytes = Session::reply_space(size);
  const FileHandle& file = HandleTable<FileHandle>::at(info->fh);
  const Result<std::size_t> count = served(request).engine.read(file.file, bytes, size, static_cast<FileSize>(offset));
  if (!count) return reply(request, count.error());
  fuse_reply_buf(request, bytes, *count);
}

void write(fuse_req_t request, fuse_ino_t, const char* data, std::size_t size, off_t offset, fuse_file_info* info) {
  const FileHandle& file = HandleTable<FileHandle>::at(info->fh);
  const Result<std::size_t> count =
      served(request).engine.write(file.file, std::string_view(data, size), static_cast<FileSize>(offset));
  if (!count) return reply(request, count.error());
  fuse_reply_write(request, *count);
}

void fallocate(fuse_req_t request, fuse_ino_t, int mode, off_t offset, off_t length, fuse_file_info* info) {
  const std::optional<impl::RangeChange> change = range_change_of(mode);
  if (!change) return reply(request, Errno::kEOPNOTSUPP);
  const auto begin = static_cast<FileSize>(offset);
  const FileHandle& file = HandleTable<FileHandle>::at(info->fh);
  reply(request, served(request).engine.change_range(file.file, *change,
                                                     {.begin = begin, .end = begin + static_cast<FileSize>(length)}));
}

// EXDEV and EOPNOTSUPP make the kernel read and write instead.
void copy_file_range(fuse_req_t request, fuse_ino_t, off_t from_offset, fuse_file_info* from, fuse_ino_t,
                     off_t to_offset, fuse_file_info* to, std::size_t size, int) {
  const Result<std::size_t> count = served(request).engine.copy_range(
      {.file = HandleTable<FileHandle>::at(from->fh).file, .offset = static_cast<FileSize>(from_offset)},
      {.file = HandleTable<FileHandle>::at(to->fh).file, .offset = static_cast<FileSize>(to_offset)}, size);
  if (!count) return reply(request, count.error());
  fuse_reply_write(request, *count);
}

// The kernel asks for SEEK_DATA and SEEK_HOLE alone.
void lseek(fuse_req_t request, fuse_ino_t, off_t offset, int whence, fuse_file_info* info) {
  using Sought = impl::Engine::Sought;
  if (whence != SEEK_DATA && whence != SEEK_HOLE) return reply(request, Errno::kEINVAL);
  const Result<FileSize> found =
      served(request).engine.seek(HandleTable<FileHandle>::at(info->fh).file,
                                  whence == SEEK_DATA ? Sought::kData : Sought::kHole, static_cast<FileSize>(offset));
  if (!found) return reply(request, found.error());
  fuse_reply_lseek(request, static_cast<off_t>(*found));
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  close_handle(served(request), info->fh);
  reply(request, {});
}

void fsync(fuse_req_t request, fuse_ino_t, int, fuse_file_info* info) {
  reply(request, served(request).engine.sync(HandleTable<FileHandle>::at(info->fh).file));
}

}  // namespace

// There is no flush: writes reach the engine when they are made, so a close has nothing to add, and the kernel stops
// asking after the first time.
void add_file_operations(fuse_lowlevel_ops& operations) {
  operations.open = open;
  operations.create = create;
  operations.read = read;
  operations.write = write;
  operations.fallocate = fallocate;
  operations.copy_file_range = copy_file_range;
  operations.lseek = lseek;
  operations.release = release;
  operations.fsync = fsync;
}

}  // namespace ovlspec::fuse
