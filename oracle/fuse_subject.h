// A FUSE file system that takes overlay's options, run as a child: `fuse`, ours.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oracle/daemon.h"
#include "oracle/disk_subject.h"

namespace ovlspec::oracle {

class FuseSubject : public DiskSubject {
 public:
  // `program` is a path; it is run as `PROGRAM -f -o lowerdir=A:B,upperdir=U,workdir=W,OPTIONS MOUNTPOINT`.
  FuseSubject(std::string name, std::string program, std::vector<std::string> options);
  ~FuseSubject() override { end_quietly(); }

  // fuse-ovlspec: $OVLSPEC_FUSE, else beside this process's executable or in the build tree's ../impl/fuse, else in
  // $PATH; nothing where it is nowhere.
  static std::optional<std::string> find_program();
  // Why nothing can be mounted through FUSE here, in one line; nothing where it can. Mounts nothing.
  static std::optional<std::string> unavailable();

  // As DiskSubject; an operation that takes longer than the time limit ends with the daemon's life.
  Outcome apply(const Caller& caller, const Operation& operation) override;
  Result<std::string> take_handle(const std::string& path) override;
  Result<HandleOpened> open_handle(const std::string& handle) override;

 protected:
  Attempt<Done> begin(const StackPaths& paths, const std::vector<std::string>& options,
                      const std::string& mount_point) override;
  Attempt<Done> end(const std::string& mount_point) override;
  void die() override;
  Attempt<Done> end_crashed(const std::string& mount_point) override;

 private:
  // Until the mount answers.
  Attempt<Done> wait_for_mount(const std::string& mount_point);

  std::string program_;
  std::vector<std::string> options_;
  Daemon daemon_;
  Watchdog watchdog_;
};

// `fuse`, or `fuse:OPTIONS`; the error is the environment's where FUSE or the program is missing.
SubjectOrError make_fuse_subject(std::string_view options);

}  // namespace ovlspec::oracle
