// What all subjects on real directories share: layers on tmpfs, operations by system calls, scan, mutation and the
// kernel's view. What differs is how a mount begins and ends.
//
// After apply the calling thread stands inside the mount, in the caller's name (thread_session.h), until another method
// of the subject is called.
//
// Threads: one, the same for all calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/disk_stack.h"
#include "oracle/subject.h"
#include "oracle/syscall_executor.h"

namespace ovlspec::oracle {

class DiskSubject : public Subject {
 public:
  explicit DiskSubject(std::string name, DiskFormat format = DiskFormat::kOverlay)
      : name_(std::move(name)), stack_(format) {}

  std::string name() const final { return name_; }
  Attempt<Done> prepare(const Trace& trace) final;
  Attempt<Done> mount() final;
  Attempt<Done> unmount() final;
  Attempt<Done> crash() final;
  // Drops what the whole machine's kernel can do without; where this process may not, nothing happens.
  void drop_caches() override;
  Outcome apply(const Caller& caller, const Operation& operation) override;
  Result<std::string> take_handle(const std::string& path) override;
  Result<HandleOpened> open_handle(const std::string& handle) override;
  Attempt<Done> mutate(const model::Mutation& mutation) final;
  Attempt<Scanned> scan() final;
  std::optional<Attempt<model::Tree>> kernel_view() final;

 protected:
  // The layers are fresh.
  virtual void prepared() {}
  // Mounts; `options` are the trace's own.
  virtual Attempt<Done> begin(const StackPaths& paths, const std::vector<std::string>& options,
                              const std::string& mount_point) = 0;
  // Unmounts. Nothing of this process uses the mount any more.
  virtual Attempt<Done> end(const std::string& mount_point) = 0;
  // What a crash takes away, with everything open; `end_crashed` comes after, with nothing open.
  virtual void die() = 0;
  virtual Attempt<Done> end_crashed(const std::string& mount_point) = 0;

  // What operations go to from now on. The mount's root, where there is one.
  virtual Attempt<Done> enter(const std::string& mount_point);
  // Whether the mount's file system answers. REQUIRES: mounted.
  bool root_answers() const;

  // For destructors of what derives: leaves nothing mounted, and the thread outside of any mount.
  void end_quietly();
  const DiskStack& stack() const { return stack_; }

 private:
  std::string name_;
  DiskStack stack_;
  SyscallExecutor executor_;
  std::vector<std::string> options_;
  bool mounted_ = false;
};

}  // namespace ovlspec::oracle
