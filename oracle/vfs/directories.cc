// Listing directories.
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

using Entries = std::vector<DirectoryEntry>;

struct Listing {
  Entries entries;
  std::uint64_t position = 0;
  std::size_t limit = 0;  // 0: none
};

Status list(Session& session, const impl::OpenDirectoryRef& directory, Listing& listing) {
  return session.engine.list(directory, listing.position, [&listing](const impl::ListedEntry& listed) {
    listing.entries.push_back(listed.entry);
    listing.position = listed.next_offset;
    return listing.entries.size() != listing.limit;
  });
}

Result<OpenSlot*> directory_slot(Session& session, Slot slot) {
  OpenSlot* open = session.slots.find(slot);
  if (open == nullptr) return Errno::kEBADF;
  if (open->kind != OpenSlot::Kind::kDirectory) return Errno::kENOTDIR;
  return open;
}

Result<Entries> list_path(Session& session, const Caller& caller, std::string_view path) {
  OVLSPEC_TRY(session.first.to_object(caller, path, Follow::kFollow));
  const Place& place = session.first.object();
  if (place.attributes.type != FileType::kDirectory) return Errno::kENOTDIR;
  OVLSPEC_TRY(allows(session, caller, place.attributes, kWantRead));
  const auto directory = session.engine.open_directory(place.node);
  if (!directory.ok()) return directory.error();
  Listing listing;
  OVLSPEC_TRY(list(session, *directory, listing));
  return std::move(listing.entries);
}

}  // namespace

Outcome run(Session& session, const Caller&, const ReadDirectory& operation) {
  const auto open = directory_slot(session, operation.slot);
  if (!open.ok()) return Outcome::failure(open.error());
  OpenSlot& slot = **open;
  if (slot.removed) return Outcome::failure(Errno::kENOENT);
  Listing listing{.entries = {}, .position = slot.position, .limit = operation.count};
  const Status status = list(session, slot.directory, listing);
  if (!status.ok()) return answer(status);
  slot.position = listing.position;
  return Outcome::success(std::move(listing.entries));
}

// lseek to the start: any open file but a fifo has one.
Outcome run(Session& session, const Caller&, const RewindDirectory& operation) {
  OpenSlot* open = session.slots.find(operation.slot);
  if (open == nullptr) return Outcome::failure(Errno::kEBADF);
  if (open->kind == OpenSlot::Kind::kFifo) return Outcome::failure(Errno::kESPIPE);
  open->position = 0;
  return Outcome::success();
}

Outcome run(Session& session, const Caller& caller, const ListDirectory& operation) {
  auto entries = list_path(session, caller, operation.path);
  return entries.ok() ? Outcome::success(std::move(*entries)) : Outcome::failure(entries.error());
}

}  // namespace ovlspec::oracle::vfs
