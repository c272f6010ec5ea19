// The FUSE operations: each translates one request for the engine, and its answer back.
#pragma once

#include <cstdint>

#include "impl/engine/engine.h"
#include "impl/fuse/handle_table.h"
#include "impl/fuse/libfuse.h"
#include "impl/fuse/node_io.h"
#include "impl/fuse/presentation.h"
#include "impl/fuse/system.h"

namespace ovlspec::fuse {

struct FileHandle {
  impl::OpenFileRef file;
  impl::NodeId node = 0;
};

struct DirectoryHandle {
  impl::OpenDirectoryRef directory;
};

class Session;

// What the operations work on: the user data of libfuse's session.
struct Served {
  impl::Engine& engine;
  NodeIo& io;
  const Presentation& presentation;
  const Descriptor& top;           // whose free space statfs shows
  impl::AccessLists access_lists;  // kInherited: the kernel enforces them
  Session& owner;
  fuse_session* session = nullptr;
  HandleTable<FileHandle> files;
  HandleTable<DirectoryHandle> directories;
};

Served& served(fuse_req_t request);

// The operations by part. Each fills in its own members.
void add_node_operations(fuse_lowlevel_ops& operations);
void add_name_operations(fuse_lowlevel_ops& operations);
void add_file_operations(fuse_lowlevel_ops& operations);
void add_flag_operations(fuse_lowlevel_ops& operations);
void add_directory_operations(fuse_lowlevel_ops& operations);
void add_xattr_operations(fuse_lowlevel_ops& operations);

// Makes the object, its owner as it is shown. Where owners are squashed and this process may not give it away, it
// belongs to the process.
Result<impl::NodeEntry> create_object(Served& session, impl::NodeId parent, std::string_view name,
                                      const impl::NewInode& inode);

// Answers.
void reply(fuse_req_t request, const Status& status);
// Takes the lookup back that the entry counts where the kernel did not take the answer.
void reply_entry(fuse_req_t request, const Result<impl::NodeEntry>& entry);

}  // namespace ovlspec::fuse
