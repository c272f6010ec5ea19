// Mounts of one stack by turns: the first, third, ... by our FUSE file system, the others by the kernel's overlayfs
// with index and redirect_dir on. What one leaves in the layers the other must read as the same tree.
//
// `interchange`, or `interchange:OPTIONS`, which are the kernel's beside those. Numbers are each its own: there are no
// file handles.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "oracle/fuse_subject.h"

namespace ovlspec::oracle {

class InterchangeSubject final : public ProgramSubject {
 public:
  InterchangeSubject(std::string name, std::vector<std::string> kernel_options, const SubjectSettings& settings)
      : ProgramSubject(std::move(name), our_program(*find_our_program(), {}), {}, settings),
        kernel_options_(std::move(kernel_options)) {}
  ~InterchangeSubject() override { end_quietly(); }

  Result<std::string> take_handle(const std::string&) override { return Errno::kEOPNOTSUPP; }
  std::optional<Failure> ailing() override { return turn_ == Turn::kOurs ? ProgramSubject::ailing() : std::nullopt; }

 private:
  enum class Turn : std::uint8_t { kOurs, kKernels };
  void prepared() override { turn_ = Turn::kKernels; }
  Attempt<Done> begin(const StackPaths& paths, const std::vector<std::string>& options,
                      const std::string& mount_point) override;
  Attempt<Done> end(const std::string& mount_point) override;
  void die() override;
  Attempt<Done> end_crashed(const std::string& mount_point) override;

  std::vector<std::string> kernel_options_;
  Turn turn_ = Turn::kKernels;  // of the mount that is there, or was there last
};

SubjectOrError make_interchange_subject(std::string_view options, const SubjectSettings& settings);

}  // namespace ovlspec::oracle
