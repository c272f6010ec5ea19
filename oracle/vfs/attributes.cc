// chmod, chown, utimens, stat, statfs, readlink.
#include "oracle/vfs/change.h"
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {

Outcome run(Session& session, const Caller& caller, const Chmod& operation) {
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return Outcome::failure(place.error());
  if (const Status status = writable(session); !status.ok()) return answer(status);
  ChangeRequest request;
  request.change.mode = operation.mode & kModeMask;
  return answer(apply_change(session, caller, *place, request));
}

Outcome run(Session& session, const Caller& caller, const Chown& operation) {
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return Outcome::failure(place.error());
  if (const Status status = writable(session); !status.ok()) return answer(status);
  ChangeRequest request;
  request.change.uid = operation.uid;
  request.change.gid = operation.gid;
  request.lost = lost_by_chown(session, caller, *place);
  return answer(apply_change(session, caller, *place, request));
}

Outcome run(Session& session, const Caller& caller, const Utimens& operation) {
  using Kind = TimeChange::Kind;
  // Linux does not even look at the path then.
  if (operation.access.kind == Kind::kOmit && operation.modify.kind == Kind::kOmit) return Outcome::success();
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return Outcome::failure(place.error());
  if (const Status status = writable(session); !status.ok()) return answer(status);
  ChangeRequest request;
  request.change.access_time = operation.access;
  request.change.modify_time = operation.modify;
  request.both_times_now = operation.access.kind == Kind::kNow && operation.modify.kind == Kind::kNow;
  request.times_given = !request.both_times_now;
  return answer(apply_change(session, caller, *place, request));
}

Outcome run(Session& session, const Caller& caller, const Stat& operation) {
  const auto place = resolve(session, caller, operation.target);
  return place.ok() ? Outcome::success(place->attributes) : Outcome::failure(place.error());
}

Outcome run(Session& session, const Caller& caller, const StatFileSystem& operation) {
  const Status found = session.first.to_object(caller, operation.path, Follow::kFollow);
  if (!found.ok()) return answer(found);
  const auto status = session.engine.status();
  return status.ok() ? Outcome::success(*status) : Outcome::failure(status.error());
}

Outcome run(Session& session, const Caller& caller, const Readlink& operation) {
  const Status found = session.first.to_object(caller, operation.path, Follow::kNoFollow);
  if (!found.ok()) return answer(found);
  const Place& place = session.first.object();
  if (place.attributes.type != FileType::kSymlink) return Outcome::failure(Errno::kEINVAL);
  auto target = session.engine.symlink_target(place.node);
  return target.ok() ? Outcome::success(std::move(*target)) : Outcome::failure(target.error());
}

}  // namespace ovlspec::oracle::vfs
