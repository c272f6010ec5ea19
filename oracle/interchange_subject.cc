#include "oracle/interchange_subject.h"

#include "oracle/kernel_subject.h"

namespace ovlspec::oracle {

Attempt<Done> InterchangeSubject::begin(const StackPaths& paths, const std::vector<std::string>& options,
                                        const std::string& mount_point) {
  turn_ = turn_ == Turn::kOurs ? Turn::kKernels : Turn::kOurs;
  if (turn_ == Turn::kOurs) return ProgramSubject::begin(paths, options, mount_point);
  return mount_by_kernel(stack(), paths, {kernel_options_, options}, mount_point);
}

Attempt<Done> InterchangeSubject::end(const std::string& mount_point) {
  return turn_ == Turn::kOurs ? ProgramSubject::end(mount_point) : unmount_at(mount_point);
}

void InterchangeSubject::die() {
  if (turn_ == Turn::kOurs) ProgramSubject::die();
}

Attempt<Done> InterchangeSubject::end_crashed(const std::string& mount_point) {
  return turn_ == Turn::kOurs ? ProgramSubject::end_crashed(mount_point) : unmount_at(mount_point);
}

SubjectOrError make_interchange_subject(std::string_view options, const SubjectSettings& settings) {
  if (SubjectOrError ours = make_fuse_subject("", settings); ours.subject == nullptr) return ours;
  if (SubjectOrError kernels = make_kernel_subject(options); kernels.subject == nullptr) return kernels;
  std::vector<std::string> kernel_options = split_options(options);
  kernel_options.insert(kernel_options.begin(), {"index=on", "redirect_dir=on"});
  const std::string name = options.empty() ? "interchange" : "interchange:" + std::string(options);
  return {.subject = std::make_unique<InterchangeSubject>(name, std::move(kernel_options), settings), .error = {}};
}

}  // namespace ovlspec::oracle
