// The kernel's overlay file system: `kernel`, or `kernel:index=on,redirect_dir=on`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/disk_subject.h"

namespace ovlspec::oracle {

class KernelSubject final : public DiskSubject {
 public:
  // `options` are mount options for every mount, beside the trace's; `name` is what reports call the subject.
  KernelSubject(std::string name, std::vector<std::string> options);
  ~KernelSubject() override { end_quietly(); }

  // Why the kernel cannot be mounted here, in one line; nothing where it can.
  static std::optional<std::string> unavailable();

 private:
  Attempt<Done> begin(const StackPaths& paths, const std::vector<std::string>& options,
                      const std::string& mount_point) override;
  Attempt<Done> end(const std::string& mount_point) override { return unmount_at(mount_point); }
  // The kernel does not die alone: a crash is an unmount.
  void die() override {}
  Attempt<Done> end_crashed(const std::string& mount_point) override { return unmount_at(mount_point); }

  std::vector<std::string> options_;
};

// Mounts with all of these options. The kernel wants two lowers where there is no upper.
Attempt<Done> mount_by_kernel(const DiskStack& stack, StackPaths paths,
                              const std::vector<std::vector<std::string>>& options, const std::string& mount_point);

// `kernel`, or `kernel:OPTIONS`; the error is the environment's where overlays cannot be mounted here.
SubjectOrError make_kernel_subject(std::string_view options);

// "a=b,c" taken apart at its commas; no empty options.
std::vector<std::string> split_options(std::string_view text);

}  // namespace ovlspec::oracle
