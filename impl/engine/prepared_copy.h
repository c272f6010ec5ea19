// The data of a large file, copied before the namespace is locked for its copy up: nobody else waits for them.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "impl/engine/overlay_engine.h"

namespace ovlspec::impl {

class OverlayEngine::PreparedCopy {
 public:
  // So large a file is copied before.
  static constexpr FileSize kLarge = FileSize{1} << 20;

  explicit PreparedCopy(OverlayEngine& engine) : engine_(engine) {}
  // What was not taken goes. REQUIRES: the namespace lock is not held.
  ~PreparedCopy();
  PreparedCopy(const PreparedCopy&) = delete;
  PreparedCopy& operator=(const PreparedCopy&) = delete;

  // Whether the node's data should be copied first: then the lock is to be given up, make() called, and all be looked
  // at again. Says so once. REQUIRES: the namespace lock is held.
  bool is_wanted(const NodePtr& node);
  bool was_wanted() const { return node_ != nullptr; }
  // Copies the file that was wanted into the work directory, with all of its data. Until this goes, others who would do
  // the same for the node wait. Where it fails there is no copy, and copying up meets the same. REQUIRES: the namespace
  // lock is not held.
  void make();

  // REQUIRES, for the rest: the namespace lock is held. Whether what was made is a copy of this instance.
  bool is_of(const FoundInstance& lower) const;
  WorkDirectory::Made take();
  bool is_taken() const { return taken_; }
  // The copy, open. REQUIRES: is_taken().
  const FileRef& opened() const { return opened_; }

 private:
  Status copy(const Instance& lower);

  OverlayEngine& engine_;
  NodePtr node_;
  std::unique_lock<std::mutex> alone_;
  InodeRef source_;
  std::optional<WorkDirectory::Made> made_;
  FileRef opened_;
  bool taken_ = false;
};

// Attempts what takes the lock itself, and once more where it wanted a copy first.
template <typename Attempt>
auto OverlayEngine::with_prepared_copy(const Attempt& attempt) {
  PreparedCopy prepared(*this);
  auto done = attempt(prepared);
  if (!prepared.was_wanted()) return done;
  prepared.make();
  return attempt(prepared);
}

}  // namespace ovlspec::impl
