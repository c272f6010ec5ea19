// Something that mounts overlays and can be judged. It makes the layers, mounts, operates and shows; it decides
// nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/layer.h"
#include "model/vocabulary/result.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

// Who is to blame for a failure: the machine, or what is judged (it died, hung, refused, left something behind).
enum class Fault : std::uint8_t { kEnvironment, kSubject };

// Why a subject could not do what was asked.
struct Failure {
  Errno error = Errno::kOk;
  std::string what;  // one line for people
  Fault fault = Fault::kEnvironment;
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
  // Whether the subject has no such operation as the last one that was applied: nothing was done, and nothing is to be
  // judged.
  virtual bool declined() const { return false; }
  // What became of the program that serves the mount: it died, or it did not answer in time. Nothing while all is well.
  // Asked after an operation that failed.
  virtual std::optional<Failure> ailing() { return std::nullopt; }
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
  // The layers as they are now, and going back to them later; nothing where the subject cannot do that. REQUIRES: of
  // snapshots that are gone back to: there was no `prepare` since.
  class Snapshot {
   public:
    virtual ~Snapshot() = default;
  };
  virtual std::shared_ptr<const Snapshot> snapshot() { return nullptr; }
  // Of all of the layers as they are now that later mounts may depend on but times: every attribute, the work
  // directory, inode numbers. Nothing where there are no snapshots.
  virtual std::optional<std::uint64_t> digest() { return std::nullopt; }
  virtual Attempt<Done> go_back(const Snapshot& /*snapshot*/) {
    return {.value = std::nullopt, .failure = {Errno::kEOPNOTSUPP, "the subject has no snapshots"}};
  }
  // The tree that the kernel's own read-only overlay mount of the same layers shows; nothing where there is none (in
  // memory, or not permitted).
  virtual std::optional<Attempt<model::Tree>> kernel_view() { return std::nullopt; }
};

// Why a subject name cannot be used.
struct SubjectError {
  bool usage = false;
  std::string what;
};  // usage: unknown name; otherwise the environment
struct SubjectOrError {
  std::unique_ptr<Subject> subject;
  SubjectError error;
};
// How subjects are used.
struct SubjectSettings {
  std::chrono::milliseconds limit{10000};   // of one answer, a mount and an unmount, of programs that are judged
  const std::atomic<bool>* stop = nullptr;  // once true, what does not answer is ended at once
};
// `engine`, `fuse`, `kernel`, `kernel:index=on,redirect_dir=on`, `fuse-overlayfs`, `unionfs`, `mergerfs`,
// `command:TEMPLATE`, `agent:COMMAND`, ... (oracle/SUBJECTS.md).
SubjectOrError make_subject(std::string_view name, const SubjectSettings& settings = {});

}  // namespace ovlspec::oracle
