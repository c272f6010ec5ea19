// Open directories.
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "impl/fuse/operations.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

void opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) {
  Served& session = served(request);
  Result<impl::OpenDirectoryRef> directory = session.engine.open_directory(node);
  if (!directory) return reply(request, directory.error());
  const bool may_keep = session.engine.may_keep_listing(*directory);
  info->fh =
      session.directories.add(std::make_unique<DirectoryHandle>(DirectoryHandle{.directory = *std::move(directory)}));
  // The kernel's cache of a listing is the directory's, not this opening's. It starts anew with the first read after a
  // name changed; a stream in the midst of it goes on by offset, in the cache or here.
  info->cache_readdir = may_keep ? 1 : 0;
  info->keep_cache = info->cache_readdir;
  if (fuse_reply_open(request, info) != 0) session.directories.remove(info->fh);
}

void releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  served(request).directories.remove(info->fh);
  reply(request, {});
}

void fsyncdir(fuse_req_t request, fuse_ino_t node, int, fuse_file_info*) {
  reply(request, served(request).engine.sync_directory(node));
}

struct stat listed_status(const DirectoryEntry& entry) {
  struct stat status {};
  status.st_ino = entry.number;
  status.st_mode = entry.type_known ? type_bits(entry.type) : 0;
  return status;
}

// One reply being filled. Kept by the thread.
struct Listing {
  std::vector<char> buffer;
  std::size_t used = 0;
  std::vector<impl::ListedEntry> entries;

  void start(std::size_t size) {
    if (buffer.size() < size) buffer.resize(size);
    used = 0;
    entries.clear();
  }
};

Listing& listing() {
  static thread_local Listing kept;
  return kept;
}

void readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  Listing& kept = listing();
  kept.start(size);
  const auto add = [&](const impl::ListedEntry& listed) {
    const struct stat status = listed_status(listed.entry);
    const std::size_t needed =
        fuse_add_direntry(request, kept.buffer.data() + kept.used, size - kept.used, listed.entry.name.c_str(), &status,
                          static_cast<off_t>(listed.next_offset));
    if (needed > size - kept.used) return false;
    kept.used += needed;
    return true;
  };
  const DirectoryHandle& handle = HandleTable<DirectoryHandle>::at(info->fh);
  const Status listed = served(request).engine.list(handle.directory, static_cast<std::uint64_t>(offset), add);
  if (!listed) return reply(request, listed);
  fuse_reply_buf(request, kept.buffer.data(), kept.used);
}

bool is_dot(const std::string& name) { return name == "." || name == ".."; }

// The entry with its node where it has one. `.` and `..` are given without, which counts no lookup, and so is a name
// that is gone since it was listed: the kernel asks again.
fuse_entry_param entry_with_node(Served& session, fuse_ino_t node, const DirectoryEntry& listed) {
  if (!is_dot(listed.name)) {
    const Result<impl::NodeEntry> found = session.engine.lookup(node, listed.name);
    if (found) return entry_of(*found, session.presentation);
  }
  fuse_entry_param bare{};
  bare.attr = listed_status(listed);
  return bare;
}

void readdirplus(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* info) {
  impl::Engine& engine = served(request).engine;
  Listing& kept = listing();
  kept.start(size);
  std::size_t room = size;
  // First what fits, then the lookups: none is made while the engine lists.
  const auto take = [&](const impl::ListedEntry& listed) {
    const std::size_t needed = fuse_add_direntry_plus(request, nullptr, 0, listed.entry.name.c_str(), nullptr, 0);
    if (needed > room) return false;
    room -= needed;
    kept.entries.push_back(listed);
    return true;
  };
  const DirectoryHandle& handle = HandleTable<DirectoryHandle>::at(info->fh);
  const Status listed = engine.list(handle.directory, static_cast<std::uint64_t>(offset), take);
  if (!listed) return reply(request, listed);

  std::vector<impl::NodeId> counted;
  for (const impl::ListedEntry& one : kept.entries) {
    const fuse_entry_param entry = entry_with_node(served(request), node, one.entry);
    if (entry.ino != 0) counted.push_back(entry.ino);
    kept.used += fuse_add_direntry_plus(request, kept.buffer.data() + kept.used, size - kept.used,
                                        one.entry.name.c_str(), &entry, static_cast<off_t>(one.next_offset));
  }
  if (fuse_reply_buf(request, kept.buffer.data(), kept.used) == 0) return;
  for (const impl::NodeId one : counted) engine.forget(one, 1);
}

}  // namespace

void add_directory_operations(fuse_lowlevel_ops& operations) {
  operations.opendir = opendir;
  operations.readdir = readdir;
  operations.readdirplus = readdirplus;
  operations.releasedir = releasedir;
  operations.fsyncdir = fsyncdir;
}

}  // namespace ovlspec::fuse
