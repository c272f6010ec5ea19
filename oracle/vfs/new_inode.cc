#include "oracle/vfs/new_inode.h"

namespace ovlspec::oracle::vfs {
namespace {

constexpr Mode kGroupExecute = 0010;
constexpr Mode kDirectoryModeMask = 01777;  // mkdir lets no set-id bit through

// In a set-group-id directory the object gets a group that need not be the caller's.
bool loses_group_id(const Caller& caller, const Attributes& directory, Mode mode) {
  const Mode executable = kSetGid | kGroupExecute;
  return (directory.mode & kSetGid) != 0 && (mode & executable) == executable &&
         !may_set_group_id(caller, directory.gid);
}

}  // namespace

Mode mode_for_new(const Caller& caller, const Attributes& directory, FileType type, Mode asked) {
  const Mode mode = asked & ~caller.umask;
  switch (type) {
    case FileType::kDirectory: return mode & kDirectoryModeMask;
    case FileType::kSymlink: return 0777;
    case FileType::kRegular:
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
    case FileType::kFifo:
    case FileType::kSocket: break;
  }
  // The umask comes second: group execute that it takes away does not save the bit.
  return mode & kModeMask & ~(loses_group_id(caller, directory, asked) ? kSetGid : 0);
}

Result<Place> make_object(Session& session, const Place& directory, std::string_view name,
                          const impl::NewInode& inode) {
  auto made = session.engine.create(directory.node, name, inode);
  if (!made.ok()) return made.error();
  session.nodes.entered(directory.node, name, made->node);
  return Place{.node = made->node, .attributes = made->attributes};
}

}  // namespace ovlspec::oracle::vfs
