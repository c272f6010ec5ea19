// Whatever a program mounts: a FUSE server that stays, or a command that mounts and ends. It is given a time limit;
// what dies, hangs or leaves something behind is a failure of the subject's, and what is left is cleared away.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oracle/daemon.h"
#include "oracle/disk_subject.h"
#include "oracle/mount_command.h"

namespace ovlspec::oracle {

struct MountProgram {
  MountCommand command;  // the first word of each is a path
  Daemon::Kin kin = Daemon::Kin::kAlone;
  DiskFormat format = DiskFormat::kOverlay;
};

class ProgramSubject : public DiskSubject {
 public:
  ProgramSubject(std::string name, MountProgram program, std::vector<std::string> options,
                 const SubjectSettings& settings);
  ~ProgramSubject() override { end_quietly(); }

  // An operation that takes longer than the time limit ends with the program's life.
  Outcome apply(const Caller& caller, const Operation& operation) override;
  std::optional<Failure> ailing() override;
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
  // After a mount that did not come to be.
  void give_up(const std::string& mount_point);
  Attempt<Done> unmount_as_told(const std::string& mount_point);
  // Clears away mounts that were not there before this one.
  Attempt<Done> nothing_mounted_since();

  MountProgram program_;
  std::vector<std::string> options_;
  SubjectSettings settings_;
  Daemon daemon_;
  std::set<std::string> before_;  // mounts, by id
  Watchdog watchdog_;
};

// The path of a program that $PATH, or the path itself, names; nothing where there is none.
std::optional<std::string> find_in_path(const std::string& name);

// Why nothing can be mounted through FUSE here, in one line; nothing where it can. Mounts nothing.
std::optional<std::string> fuse_unavailable();

}  // namespace ovlspec::oracle
