// A mounted overlay, from options to unmount: the layers checked and opened, the engine over them, the session before
// it. The program is this behind a command line; tests and harnesses hold it in their own process.
#pragma once

#include <memory>
#include <string>

#include "impl/engine/engine.h"
#include "impl/fuse/attempt.h"
#include "impl/fuse/command_line.h"
#include "impl/fuse/layers.h"
#include "impl/fuse/session.h"
#include "impl/store/file_whiteouts.h"
#include "impl/store/posix_store.h"

namespace ovlspec::fuse {

class FuseMount {
 public:
  // Mounts; `request.presence` means nothing here. Where it fails nothing is mounted, and bad options or layers have
  // left nothing written. Sets the umask of the process to 0 and raises its limit of open files. A mount of ours on the
  // same place whose daemon died is taken away first.
  static Attempt<std::unique_ptr<FuseMount>> start(const MountRequest& request);
  ~FuseMount();  // unmounts
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

  const std::string& mount_point() const { return mount_point_; }
  // Unmounts; open files of other processes answer an error from then on.
  void stop() { session_->stop(); }
  // Set once somebody else unmounted it.
  const Event& ended() const { return session_->ended(); }

  // For tests.
  const impl::Engine& engine() const { return *engine_; }
  const Session& session() const { return *session_; }

 private:
  FuseMount() = default;
  Check convert_upper(const impl::LayerRoot& upper, impl::XattrNamespace xattrs);
  Check open_stack(const MountOptions& options);
  Check open_map(const MountOptions& options);
  Check open_session(const MountRequest& request);

  std::string mount_point_;
  CheckedLayers layers_;
  impl::PosixStore store_;
  impl::FileWhiteoutStore file_whiteouts_{store_};
  impl::Stack stack_;
  std::unique_ptr<impl::IdentityMap> map_;
  std::unique_ptr<impl::Engine> engine_;
  std::unique_ptr<Session> session_;
};

}  // namespace ovlspec::fuse
