// Names: what makes, moves and removes them.
#include "impl/fuse/operations.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

const fuse_ctx& caller(fuse_req_t request) { return *fuse_req_ctx(request); }

void mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t device) {
  const std::optional<FileType> type = type_of(mode);
  if (!type) return reply(request, Errno::kEINVAL);
  impl::NewInode inode = new_inode(caller(request), *type, mode);
  inode.device = device_of(device);
  reply_entry(request, create_object(served(request), parent, name, inode));
}

void mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  const impl::NewInode inode = new_inode(caller(request), FileType::kDirectory, mode);
  reply_entry(request, create_object(served(request), parent, name, inode));
}

void symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  impl::NewInode inode = new_inode(caller(request), FileType::kSymlink, 0777);
  inode.symlink_target = target;
  reply_entry(request, create_object(served(request), parent, name, inode));
}

void link(fuse_req_t request, fuse_ino_t node, fuse_ino_t parent, const char* name) {
  reply_entry(request, served(request).engine.link(node, parent, name));
}

void unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply(request, served(request).engine.unlink(parent, name));
}

void rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply(request, served(request).engine.remove_directory(parent, name));
}

void rename(fuse_req_t request, fuse_ino_t from, const char* from_name, fuse_ino_t to, const char* to_name,
            unsigned flags) {
  const std::optional<RenameMode> mode = rename_mode_of(flags);
  if (!mode) return reply(request, Errno::kEINVAL);
  reply(request, served(request).engine.rename(from, from_name, to, to_name, *mode));
}

}  // namespace

void add_name_operations(fuse_lowlevel_ops& operations) {
  operations.mknod = mknod;
  operations.mkdir = mkdir;
  operations.symlink = symlink;
  operations.link = link;
  operations.unlink = unlink;
  operations.rmdir = rmdir;
  operations.rename = rename;
}

}  // namespace ovlspec::fuse
