// mkdir, mknod, symlink, link, rmdir, unlink.
#include "oracle/vfs/new_inode.h"
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

enum class NewKind : std::uint8_t { kDirectory, kOther };

// Walks to where a new name goes. A taken name is found before a trailing slash, and that before a read-only mount.
Status to_free_name(Session& session, Walk& walk, const Caller& caller, std::string_view path, NewKind kind) {
  OVLSPEC_TRY(walk.to_parent(caller, path));
  if (walk.last().kind != LastKind::kNormal) return Errno::kEEXIST;
  const auto taken = walk.finish(caller, Follow::kNoFollow);
  if (taken.ok()) return Errno::kEEXIST;
  if (taken.error() != Errno::kENOENT) return taken.error();
  if (walk.last().slash && kind == NewKind::kOther) return Errno::kENOENT;
  return writable(session);
}

Status make(Session& session, const Caller& caller, impl::NewInode inode) {
  const Place& directory = session.first.directory();
  OVLSPEC_TRY(allows_names(session, caller, directory.attributes));
  inode.mode = mode_for_new(caller, directory.attributes, inode.type, inode.mode);
  inode.uid = caller.uid;
  inode.gid = caller.gid;
  const auto made = make_object(session, directory, session.first.last().name, inode);
  return made.ok() ? Status() : Status(made.error());
}

// Walks to a name that is to be taken away.
Status to_victim(Session& session, const Caller& caller) {
  OVLSPEC_TRY(writable(session));
  const auto found = session.first.finish(caller, Follow::kNoFollow);
  return found.ok() ? Status() : Status(found.error());
}

Status check_removal(const Session& session, const Caller& caller) {
  const Attributes& directory = session.first.directory().attributes;
  OVLSPEC_TRY(allows_names(session, caller, directory));
  return permits_removal(caller, directory, session.first.object().attributes);
}

bool needs_mknod(const Mknod& operation) {
  const bool whiteout = operation.type == FileType::kCharDevice && operation.device == Device{};
  return !whiteout && (operation.type == FileType::kCharDevice || operation.type == FileType::kBlockDevice);
}

Status make_node(Session& session, const Caller& caller, const Mknod& operation) {
  if (operation.type == FileType::kDirectory) return Errno::kEPERM;
  if (operation.type == FileType::kSymlink) return Errno::kEINVAL;
  OVLSPEC_TRY(to_free_name(session, session.first, caller, operation.path, NewKind::kOther));
  OVLSPEC_TRY(allows_names(session, caller, session.first.directory().attributes));
  if (needs_mknod(operation) && !caller.capabilities.has(Capability::kMknod)) return Errno::kEPERM;
  impl::NewInode inode;
  inode.type = operation.type;
  inode.mode = operation.mode & kModeMask;
  const bool device = operation.type == FileType::kCharDevice || operation.type == FileType::kBlockDevice;
  if (device) inode.device = operation.device;
  return make(session, caller, inode);
}

Status make_symlink(Session& session, const Caller& caller, const Symlink& operation) {
  if (operation.target.empty()) return Errno::kENOENT;
  if (operation.target.size() > names::kPathMax) return Errno::kENAMETOOLONG;
  OVLSPEC_TRY(to_free_name(session, session.first, caller, operation.path, NewKind::kOther));
  impl::NewInode inode;
  inode.type = FileType::kSymlink;
  inode.symlink_target = operation.target;
  return make(session, caller, inode);
}

Status make_link(Session& session, const Caller& caller, const Link& operation) {
  OVLSPEC_TRY(session.first.to_object(caller, operation.from, operation.follow));
  OVLSPEC_TRY(to_free_name(session, session.second, caller, operation.to, NewKind::kOther));
  const Place& object = session.first.object();
  const Place& directory = session.second.directory();
  if (session.options.protected_hard_links == VfsOptions::ProtectedHardLinks::kOn)
    OVLSPEC_TRY(permits_protected_link(caller, object.attributes));
  OVLSPEC_TRY(allows_names(session, caller, directory.attributes));
  if (object.attributes.type == FileType::kDirectory) return Errno::kEPERM;
  const auto linked = session.engine.link(object.node, directory.node, session.second.last().name);
  if (!linked.ok()) return linked.error();
  session.nodes.entered(directory.node, session.second.last().name, linked->node);
  return {};
}

Status remove_directory(Session& session, const Caller& caller, const Rmdir& operation) {
  OVLSPEC_TRY(session.first.to_parent(caller, operation.path));
  switch (session.first.last().kind) {
    case LastKind::kDotDot: return Errno::kENOTEMPTY;
    case LastKind::kDot: return Errno::kEINVAL;
    case LastKind::kRoot: return Errno::kEBUSY;
    case LastKind::kNormal: break;
  }
  OVLSPEC_TRY(to_victim(session, caller));
  OVLSPEC_TRY(check_removal(session, caller));
  const Place& victim = session.first.object();
  if (victim.attributes.type != FileType::kDirectory) return Errno::kENOTDIR;
  const NodeId parent = session.first.directory().node;
  OVLSPEC_TRY(session.engine.remove_directory(parent, session.first.last().name));
  session.slots.directory_removed(victim.node);
  session.nodes.removed(parent, session.first.last().name);
  return {};
}

Status unlink(Session& session, const Caller& caller, const Unlink& operation) {
  OVLSPEC_TRY(session.first.to_parent(caller, operation.path));
  const LastComponent& last = session.first.last();
  if (last.kind != LastKind::kNormal) return Errno::kEISDIR;
  OVLSPEC_TRY(to_victim(session, caller));
  const bool is_directory = session.first.object().attributes.type == FileType::kDirectory;
  if (last.slash) return is_directory ? Errno::kEISDIR : Errno::kENOTDIR;
  OVLSPEC_TRY(check_removal(session, caller));
  if (is_directory) return Errno::kEISDIR;
  const NodeId parent = session.first.directory().node;
  OVLSPEC_TRY(session.engine.unlink(parent, last.name));
  session.nodes.removed(parent, last.name);
  return {};
}

}  // namespace

Outcome run(Session& session, const Caller& caller, const Mkdir& operation) {
  const Status free = to_free_name(session, session.first, caller, operation.path, NewKind::kDirectory);
  if (!free.ok()) return answer(free);
  impl::NewInode inode;
  inode.type = FileType::kDirectory;
  inode.mode = operation.mode;
  return answer(make(session, caller, inode));
}

Outcome run(Session& session, const Caller& caller, const Mknod& operation) {
  return answer(make_node(session, caller, operation));
}

Outcome run(Session& session, const Caller& caller, const Symlink& operation) {
  return answer(make_symlink(session, caller, operation));
}

Outcome run(Session& session, const Caller& caller, const Link& operation) {
  return answer(make_link(session, caller, operation));
}

Outcome run(Session& session, const Caller& caller, const Rmdir& operation) {
  return answer(remove_directory(session, caller, operation));
}

Outcome run(Session& session, const Caller& caller, const Unlink& operation) {
  return answer(unlink(session, caller, operation));
}

}  // namespace ovlspec::oracle::vfs
