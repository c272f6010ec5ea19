// Something that mounts overlays and can be judged. It makes the layers, mounts, operates and shows; it decides
// nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/layer.h"
#include "model/vocabulary/result.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

// Why a subject could not do what no specification judges: the environment, or a refusal to mount.
struct Failure {
  Errno error = Errno::kOk;
  std::string what;  // one line for people
};
template <typename T>
struct Attempt {  // a value, or a failure
  std::optional<T> value;
  Failure failure;
  bool ok() const { return value.has_value(); }
};
struct Done {};

// The layers as they are on disk.
struct Scanned {
  model::Layers layers;
  std::vector<std::string>
      leftovers;  // what lies where nothing should: paths in the work directory, records without owner
};

// What a file handle opened.
struct HandleOpened {
  Attributes attributes;
  std::string content;  // of a regular file: its first bytes, kHandleContent at most
};
inline constexpr std::size_t kHandleContent = 4096;

class Subject {
 public:
  virtual ~Subject() = default;
  virtual std::string name() const = 0;

  // Makes fresh layers for `trace` and forgets everything from before. Not mounted afterwards.
  virtual Attempt<Done> prepare(const Trace& trace) = 0;
  virtual Attempt<Done> mount() = 0;
  virtual Attempt<Done> unmount() = 0;  // closes all slots
  virtual Attempt<Done> crash() = 0;    // as the trace's Crash; not mounted afterwards
  virtual void drop_caches() = 0;
  // REQUIRES: mounted.
  virtual Outcome apply(const Caller& caller, const Operation& operation) = 0;
  // name_to_handle_at of what a path of plain components leads to, as opaque bytes; a symlink is not followed.
  // EOPNOTSUPP where the subject has no handles.
  virtual Result<std::string> take_handle(const std::string& /*path*/) { return Errno::kEOPNOTSUPP; }
  // open_by_handle_at, in this mount or any later one.
  virtual Result<HandleOpened> open_handle(const std::string& /*handle*/) { return Errno::kEOPNOTSUPP; }
  // How many calls of this mount changed a layer, or what the subject keeps beside the layers; nothing where they
  // cannot be counted.
  virtual std::optional<std::uint64_t> writes() const { return std::nullopt; }
  // How many objects the mount looked at before it was complete; nothing where that cannot be told.
  virtual std::optional<std::uint64_t> walked_at_mount() const { return std::nullopt; }
  // REQUIRES: not mounted, for the rest.
  virtual Attempt<Done> mutate(const model::Mutation& mutation) = 0;
  virtual Attempt<Scanned> scan() = 0;
  // The tree that the kernel's own read-only overlay mount of the same layers shows; nothing where there is none (in
  // memory, or not permitted).
  virtual std::optional<Attempt<model::Tree>> kernel_view() { return std::nullopt; }
};

// Why a subject name cannot be used.
struct SubjectError {
  bool usage = false;
  std::string what;
};  // usage: unknown name; otherwise the environment
// `engine`, `fuse`, `kernel`, `kernel:index=on,redirect_dir=on`, ...
struct SubjectOrError {
  std::unique_ptr<Subject> subject;
  SubjectError error;
};
SubjectOrError make_subject(std::string_view name);

}  // namespace ovlspec::oracle
