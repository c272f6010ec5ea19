// read, write, truncate, fsync.
#include <algorithm>
#include <limits>

#include "oracle/vfs/change.h"
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

constexpr FileSize kOffsetMax = std::numeric_limits<std::int64_t>::max();  // of off_t

// The slot of a pread or pwrite. ESPIPE comes before the access mode.
Result<OpenSlot*> seekable(Session& session, Slot slot, FileSize offset) {
  if (offset > kOffsetMax) return Errno::kEINVAL;
  OpenSlot* open = session.slots.find(slot);
  if (open == nullptr) return Errno::kEBADF;
  if (open->kind == OpenSlot::Kind::kFifo) return Errno::kESPIPE;
  return open;
}

// Allocates for what the file has, not for what was asked, and no more than a trace can have written.
Result<std::string> read_file(Session& session, const OpenSlot& open, const Read& operation) {
  const auto attributes = session.engine.attributes(open.node);
  if (!attributes.ok()) return attributes.error();
  if (operation.offset >= attributes->size) return std::string();
  const FileSize length = std::min(operation.length, attributes->size - operation.offset);
  std::string bytes(std::min(length, kFileSizeLimit), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count =
        session.engine.read(open.file, bytes.data() + done, bytes.size() - done, operation.offset + done);
    if (!count.ok()) return count.error();
    if (*count == 0) break;
    done += *count;
  }
  bytes.resize(done);
  return bytes;
}

Result<std::uint64_t> write_file(Session& session, const Caller& caller, const OpenSlot& open, const Write& operation) {
  const auto attributes = session.engine.attributes(open.node);
  if (!attributes.ok()) return attributes.error();
  const FileSize offset = open.append ? attributes->size : operation.offset;
  if (operation.data.size() > kOffsetMax - offset) return Errno::kEFBIG;
  OVLSPEC_TRY(remove_privileges(session, caller, Place{.node = open.node, .attributes = *attributes}));
  const auto count = session.engine.write(open.file, operation.data, offset);
  if (!count.ok()) return count.error();
  return std::uint64_t{*count};
}

Status truncate(Session& session, const Caller& caller, const Place& place, FileSize size) {
  ChangeRequest request;
  request.change.size = size;
  request.lost = lost_by_write(session, caller, place);
  request.authority = Authority::kKernel;
  return apply_change(session, caller, place, request);
}

Status truncate_path(Session& session, const Caller& caller, const Truncate& operation) {
  const auto place = resolve(session, caller, Target::at(operation.target.path));
  if (!place.ok()) return place.error();
  if (place->attributes.type == FileType::kDirectory) return Errno::kEISDIR;
  if (place->attributes.type != FileType::kRegular) return Errno::kEINVAL;
  OVLSPEC_TRY(allows(session, caller, place->attributes, kWantWrite));
  return truncate(session, caller, *place, operation.size);
}

Status truncate_slot(Session& session, const Caller& caller, const Truncate& operation) {
  const OpenSlot* open = session.slots.find(*operation.target.slot);
  if (open == nullptr) return Errno::kEBADF;
  if (open->kind != OpenSlot::Kind::kFile || !open->writable()) return Errno::kEINVAL;
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return place.error();
  return truncate(session, caller, *place, operation.size);
}

}  // namespace

Outcome run(Session& session, const Caller&, const Read& operation) {
  const auto open = seekable(session, operation.slot, operation.offset);
  if (!open.ok()) return Outcome::failure(open.error());
  if (!(*open)->readable()) return Outcome::failure(Errno::kEBADF);
  if ((*open)->kind == OpenSlot::Kind::kDirectory) return Outcome::failure(Errno::kEISDIR);
  auto bytes = read_file(session, **open, operation);
  return bytes.ok() ? Outcome::success(std::move(*bytes)) : Outcome::failure(bytes.error());
}

Outcome run(Session& session, const Caller& caller, const Write& operation) {
  const auto open = seekable(session, operation.slot, operation.offset);
  if (!open.ok()) return Outcome::failure(open.error());
  if (!(*open)->writable()) return Outcome::failure(Errno::kEBADF);
  if (operation.data.empty()) return Outcome::success(std::uint64_t{0});
  const auto count = write_file(session, caller, **open, operation);
  return count.ok() ? Outcome::success(*count) : Outcome::failure(count.error());
}

Outcome run(Session& session, const Caller& caller, const Truncate& operation) {
  if (operation.size > kOffsetMax) return Outcome::failure(Errno::kEINVAL);
  return answer(operation.target.slot ? truncate_slot(session, caller, operation)
                                      : truncate_path(session, caller, operation));
}

Outcome run(Session& session, const Caller&, const Sync& operation) {
  const OpenSlot* open = session.slots.find(operation.slot);
  if (open == nullptr) return Outcome::failure(Errno::kEBADF);
  switch (open->kind) {
    case OpenSlot::Kind::kFile: return answer(session.engine.sync(open->file));
    case OpenSlot::Kind::kDirectory: return answer(session.engine.sync_directory(open->node));
    case OpenSlot::Kind::kFifo: return Outcome::failure(Errno::kEINVAL);
    case OpenSlot::Kind::kClosed: break;
  }
  return Outcome::failure(Errno::kEBADF);
}

Outcome run(Session& session, const Caller&, const Lock& operation) {
  if (session.slots.find(operation.slot) == nullptr) return Outcome::failure(Errno::kEBADF);
  return answer(session.slots.lock(operation.slot, operation.kind));
}

}  // namespace ovlspec::oracle::vfs
