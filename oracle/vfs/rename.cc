// rename, with its flags.
#include <optional>

#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

bool is_directory(const Place& place) { return place.attributes.type == FileType::kDirectory; }

class Renaming {
 public:
  Renaming(Session& session, const Caller& caller, const Rename& operation)
      : session_(session), caller_(caller), operation_(operation), from_(session.first), to_(session.second) {}

  Status run() {
    OVLSPEC_TRY(walk());
    OVLSPEC_TRY(check_ancestors());
    if (target_ && target_->node == from_.object().node) return {};  // two names of one object
    OVLSPEC_TRY(check_permissions());
    OVLSPEC_TRY(session_.engine.rename(from_.directory().node, from_.last().name, to_.directory().node, to_.last().name,
                                       operation_.mode));
    follow_in_cache();
    return {};
  }

 private:
  bool exchanges() const { return operation_.mode == RenameMode::kExchange; }

  Status walk() {
    OVLSPEC_TRY(from_.to_parent(caller_, operation_.from));
    OVLSPEC_TRY(to_.to_parent(caller_, operation_.to));
    if (from_.last().kind != LastKind::kNormal) return Errno::kEBUSY;
    if (to_.last().kind != LastKind::kNormal)
      return operation_.mode == RenameMode::kNoReplace ? Errno::kEEXIST : Errno::kEBUSY;
    OVLSPEC_TRY(writable(session_));
    if (const auto found = from_.finish(caller_, Follow::kNoFollow); !found.ok()) return found.error();
    OVLSPEC_TRY(find_target());
    return check_slashes();
  }

  Status find_target() {
    const auto found = to_.finish(caller_, Follow::kNoFollow);
    if (!found.ok()) return found.error() == Errno::kENOENT && !exchanges() ? Status() : Status(found.error());
    if (operation_.mode == RenameMode::kNoReplace) return Errno::kEEXIST;
    target_ = to_.object();
    return {};
  }

  // A trailing slash asks for a directory: of either name when one object moves, of its own name in an exchange.
  Status check_slashes() const {
    if (exchanges() && !is_directory(*target_) && to_.last().slash) return Errno::kENOTDIR;
    if (is_directory(from_.object())) return {};
    if (from_.last().slash || (!exchanges() && to_.last().slash)) return Errno::kENOTDIR;
    return {};
  }

  Status check_ancestors() const {
    if (to_.passes(from_.object().node)) return Errno::kEINVAL;
    if (target_ && from_.passes(target_->node)) return exchanges() ? Errno::kEINVAL : Errno::kENOTEMPTY;
    return {};
  }

  // `wanted`: whether what goes must be a directory.
  Status check_removal(const Place& directory, const Place& victim, FileType wanted) const {
    OVLSPEC_TRY(allows_names(session_, caller_, directory.attributes));
    OVLSPEC_TRY(permits_removal(caller_, directory.attributes, victim.attributes));
    if (wanted == FileType::kDirectory) return is_directory(victim) ? Status() : Status(Errno::kENOTDIR);
    return is_directory(victim) ? Status(Errno::kEISDIR) : Status();
  }

  static FileType kind_of(const Place& place) {
    return is_directory(place) ? FileType::kDirectory : FileType::kRegular;
  }

  Status check_permissions() const {
    const Place& source = from_.object();
    OVLSPEC_TRY(check_removal(from_.directory(), source, kind_of(source)));
    if (target_)
      OVLSPEC_TRY(check_removal(to_.directory(), *target_, kind_of(exchanges() ? *target_ : source)));
    else
      OVLSPEC_TRY(allows_names(session_, caller_, to_.directory().attributes));
    if (from_.directory().node == to_.directory().node) return {};
    if (is_directory(source)) OVLSPEC_TRY(allows(session_, caller_, source.attributes, kWantWrite));  // its `..`
    if (exchanges() && is_directory(*target_)) OVLSPEC_TRY(allows(session_, caller_, target_->attributes, kWantWrite));
    return {};
  }

  void follow_in_cache() {
    const NodeId from = from_.directory().node;
    const NodeId to = to_.directory().node;
    if (exchanges()) {
      session_.nodes.exchanged(from, from_.last().name, to, to_.last().name);
      return;
    }
    if (target_ && is_directory(*target_)) session_.slots.directory_removed(target_->node);
    session_.nodes.moved(from, from_.last().name, to, to_.last().name);
  }

  Session& session_;
  const Caller& caller_;
  const Rename& operation_;
  Walk& from_;
  Walk& to_;
  std::optional<Place> target_;
};

}  // namespace

Outcome run(Session& session, const Caller& caller, const Rename& operation) {
  return answer(Renaming(session, caller, operation).run());
}

}  // namespace ovlspec::oracle::vfs
