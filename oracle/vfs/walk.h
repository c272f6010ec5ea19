// Path walk: from a path to the directory that holds its last component, and to the object itself. One Walk is used for
// many paths, so that its buffers are made once; what it found is valid until the next walk.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "model/vocabulary/names.h"
#include "model/vocabulary/operation.h"
#include "oracle/vfs/nodes.h"

namespace ovlspec::oracle::vfs {

enum class LastKind : std::uint8_t { kRoot, kNormal, kDot, kDotDot };

struct LastComponent {
  LastKind kind = LastKind::kRoot;
  std::string_view name;  // of kNormal
  bool slash = false;     // slashes follow it
};

class Walk {
 public:
  explicit Walk(Nodes& nodes, impl::Engine& engine);

  // Whole walks. `path` must outlive what is asked of the walk afterwards.
  Status to_parent(const Caller& caller, std::string_view path);
  Status to_object(const Caller& caller, std::string_view path, Follow follow);

  // Step by step, for open: to_parent, then `finish` as long as it says kAgain.
  enum class Progress : std::uint8_t {
    kDone,   // object() is the last component's
    kAgain,  // it was a symlink: last() is now the last component of its target
  };
  Result<Progress> finish(const Caller& caller, Follow follow);

  const LastComponent& last() const { return last_; }
  const Place& directory() const { return chain_.back(); }  // the one that holds last()
  const Place& object() const { return object_; }
  // After finish failed: whether it did because directory() has no last().
  bool last_is_missing() const { return last_is_missing_; }
  // Whether `node` is directory() or an ancestor of it.
  bool passes(NodeId node) const;

 private:
  Status begin(std::string_view path);
  Status descend(const Caller& caller, std::string_view rest);
  Status step(const LastComponent& component);  // sets object_; a directory is not entered
  Status enter();                               // object_ becomes the directory; ENOTDIR
  // The target of the symlink object_, without leading slashes, after a jump to the root where it had some.
  Result<std::string_view> target();
  static LastComponent component_of(std::string_view name);

  Nodes& nodes_;
  impl::Engine& engine_;
  std::vector<Place> chain_;  // the directories from the root to the current one
  Place object_;
  LastComponent last_;
  bool last_is_missing_ = false;
  std::vector<std::string> targets_;  // of the symlinks met; never moves
  std::array<std::string_view, names::kSymlinkDepthMax> unfinished_;
};

}  // namespace ovlspec::oracle::vfs
