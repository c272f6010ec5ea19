#include "oracle/vfs/session.h"

namespace ovlspec::oracle::vfs {
namespace {

bool is_read_only(impl::Engine& engine) {
  const auto status = engine.status();
  return status.ok() && status->read_only;
}

}  // namespace

Session::Session(impl::Engine& engine_of_mount, VfsOptions options_of_mount)
    : engine(engine_of_mount),
      options(options_of_mount),
      read_only(is_read_only(engine_of_mount)),
      nodes(engine_of_mount, options_of_mount.caching),
      slots(nodes),
      first(nodes, engine_of_mount),
      second(nodes, engine_of_mount) {}

Status writable(const Session& session) { return session.read_only ? Status(Errno::kEROFS) : Status(); }

Status allows(const Session& session, const Caller& caller, const Attributes& object, Wanted wanted) {
  const bool stored =
      object.type == FileType::kRegular || object.type == FileType::kDirectory || object.type == FileType::kSymlink;
  if ((wanted & kWantWrite) != 0 && stored) OVLSPEC_TRY(writable(session));
  return permits(caller, object, wanted);
}

Status allows_names(const Session& session, const Caller& caller, const Attributes& directory) {
  return allows(session, caller, directory, kWantWrite | kWantSearch);
}

Result<Place> resolve(Session& session, const Caller& caller, const Target& target) {
  if (!target.slot) {
    OVLSPEC_TRY(session.first.to_object(caller, target.path, target.follow));
    return session.first.object();
  }
  const OpenSlot* slot = session.slots.find(*target.slot);
  if (slot == nullptr) return Errno::kEBADF;
  auto attributes = session.engine.attributes(slot->node);
  if (!attributes.ok()) return attributes.error();
  return Place{.node = slot->node, .attributes = *attributes};
}

}  // namespace ovlspec::oracle::vfs
