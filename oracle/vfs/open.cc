// open and close.
#include "oracle/vfs/change.h"
#include "oracle/vfs/new_inode.h"
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

struct Found {
  Place place;
  bool created = false;
  bool must_be_directory = false;
};

bool writes(const OpenFlags& flags) { return flags.access != Access::kRead || flags.truncate; }

Wanted wanted_by(const OpenFlags& flags) {
  Wanted wanted = flags.access == Access::kWrite ? 0 : kWantRead;
  if (writes(flags)) wanted |= kWantWrite;
  return wanted;
}

// The file that O_CREAT makes where the walk found no such name.
Result<Place> create_file(Session& session, const Caller& caller, const Open& operation) {
  const Place& directory = session.first.directory();
  OVLSPEC_TRY(writable(session));
  OVLSPEC_TRY(allows_names(session, caller, directory.attributes));
  impl::NewInode inode;
  inode.type = FileType::kRegular;
  inode.mode = mode_for_new(caller, directory.attributes, FileType::kRegular, operation.mode & kModeMask);
  inode.uid = caller.uid;
  inode.gid = caller.gid;
  return make_object(session, directory, session.first.last().name, inode);
}

Result<Found> find_or_create(Session& session, const Caller& caller, const Open& operation) {
  const OpenFlags& flags = operation.flags;
  const bool exclusive = flags.create && flags.exclusive;
  Follow follow = flags.no_follow || exclusive ? Follow::kNoFollow : Follow::kFollow;
  Found found{.place = {}, .created = false, .must_be_directory = flags.directory};
  OVLSPEC_TRY(session.first.to_parent(caller, operation.path));
  for (;;) {
    const LastComponent& last = session.first.last();
    if (last.kind == LastKind::kNormal && last.slash) {
      if (flags.create) return Errno::kEISDIR;
      follow = Follow::kFollow;
      found.must_be_directory = true;
    }
    const auto progress = session.first.finish(caller, follow);
    if (!progress.ok()) {
      if (!flags.create || !session.first.last_is_missing()) return progress.error();
      auto made = create_file(session, caller, operation);
      if (!made.ok()) return made.error();
      found.place = *made;
      found.created = true;
      return found;
    }
    if (*progress == Walk::Progress::kDone) break;
  }
  found.place = session.first.object();
  return found;
}

// What an object of this type answers to these flags before its mode is looked at.
Status check_type(const OpenFlags& flags, const Attributes& object) {
  switch (object.type) {
    case FileType::kSymlink: return Errno::kELOOP;
    case FileType::kDirectory: return writes(flags) ? Status(Errno::kEISDIR) : Status();
    case FileType::kCharDevice:
    case FileType::kBlockDevice: return Errno::kEACCES;  // as on a nodev mount
    case FileType::kRegular:
    case FileType::kFifo:
    case FileType::kSocket: return {};
  }
  return {};
}

Status check(const Session& session, const Caller& caller, const OpenFlags& flags, const Found& found) {
  const Attributes& object = found.place.attributes;
  const bool is_directory = object.type == FileType::kDirectory;
  if (flags.create) {
    if (flags.exclusive) return Errno::kEEXIST;
    if (is_directory) return Errno::kEISDIR;
  }
  if (found.must_be_directory && !is_directory) return Errno::kENOTDIR;
  if (object.type == FileType::kRegular && flags.truncate) OVLSPEC_TRY(writable(session));
  OVLSPEC_TRY(check_type(flags, object));
  return allows(session, caller, object, wanted_by(flags));
}

Result<OpenSlot> open_file(Session& session, const Caller& caller, const OpenFlags& flags, const Found& found) {
  OpenSlot slot;
  slot.kind = OpenSlot::Kind::kFile;
  const bool truncates = flags.truncate && !found.created;
  if (truncates) OVLSPEC_TRY(remove_privileges(session, caller, found.place));
  auto file = session.engine.open(found.place.node, {.access = flags.access, .truncate = truncates});
  if (!file.ok()) return file.error();
  slot.file = std::move(*file);
  return slot;
}

Result<OpenSlot> open_object(Session& session, const Caller& caller, const OpenFlags& flags, const Found& found) {
  OpenSlot slot;
  switch (found.place.attributes.type) {
    case FileType::kRegular: return open_file(session, caller, flags, found);
    case FileType::kDirectory: {
      slot.kind = OpenSlot::Kind::kDirectory;
      auto directory = session.engine.open_directory(found.place.node);
      if (!directory.ok()) return directory.error();
      slot.directory = std::move(*directory);
      return slot;
    }
    case FileType::kFifo:
      slot.kind = OpenSlot::Kind::kFifo;
      if (flags.access == Access::kWrite && !session.slots.has_reader(found.place.node)) return Errno::kENXIO;
      return slot;
    case FileType::kSocket: return Errno::kENXIO;
    case FileType::kSymlink:
    case FileType::kCharDevice:
    case FileType::kBlockDevice: break;  // check_type refused them
  }
  return Errno::kEIO;
}

Status open(Session& session, const Caller& caller, const Open& operation) {
  const OpenFlags& flags = operation.flags;
  if (flags.create && flags.directory) return Errno::kEINVAL;
  const auto found = find_or_create(session, caller, operation);
  if (!found.ok()) return found.error();
  if (!found->created) OVLSPEC_TRY(check(session, caller, flags, *found));
  auto slot = open_object(session, caller, flags, *found);
  if (!slot.ok()) return slot.error();
  slot->node = found->place.node;
  slot->access = flags.access;
  slot->append = flags.append;
  session.slots.close(operation.slot);
  session.slots.fill(operation.slot, std::move(*slot));
  return {};
}

}  // namespace

Outcome run(Session& session, const Caller& caller, const Open& operation) {
  if (operation.slot >= kSlots) return Outcome::failure(Errno::kEBADF);
  return answer(open(session, caller, operation));
}

Outcome run(Session& session, const Caller&, const Close& operation) {
  if (session.slots.find(operation.slot) == nullptr) return Outcome::failure(Errno::kEBADF);
  session.slots.close(operation.slot);
  return Outcome::success();
}

}  // namespace ovlspec::oracle::vfs
