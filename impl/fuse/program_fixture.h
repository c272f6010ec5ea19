// For tests that run the program as a process of its own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {

using Arguments = std::vector<std::string>;

// What became of a run.
struct Ran {
  int status = -1;  // exit status; -1 for a signal
  std::string output;
  std::string errors;
};

// Starts `arguments` with its outputs in files; the child's pid.
pid_t start(const Arguments& arguments, const std::string& output, const std::string& errors);

// The lower layer has the file `f`, which contains "lower".
class Program : public MountTest {
 protected:
  void SetUp() override;
  // Kills the daemons of the test's mount point.
  void TearDown() override;

  Ran run(const Arguments& arguments);
  // From now on the program is a copy beside the mount point: callers without privilege may not reach the build.
  void copy_program();
  const std::string& program() const { return program_; }
  // Runs the program on the test's mount point.
  Ran mount_with(const std::string& options);
  // The daemons that serve the test's mount point.
  std::vector<pid_t> daemons() const;
  // Returns once they are gone.
  void kill_daemons(int signal) const;
  bool is_mounted() const { return is_mount_point(root() + "/mount"); }

 private:
  std::string program_ = FUSE_OVLSPEC_PROGRAM;
};

}  // namespace ovlspec::fuse
