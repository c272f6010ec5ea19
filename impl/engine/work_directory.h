// The work directory: where objects are made before they are renamed into the upper layer.
//
// On disk it is work/ (temporary objects, empty while nothing is being made), index/ (see hard_link_index.h) and claims
// (see claims.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "impl/store/layer_store.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// REQUIRES: one mount has it at a time.
class WorkDirectory {
 public:
  // Opens the directory `root` and makes what is missing in it. What a crash left in it stays: see clear.
  static Result<WorkDirectory> prepare(LayerStore& store, const InodeRef& root);
  WorkDirectory(WorkDirectory&& other) noexcept;

  const InodeRef& root() const { return root_; }
  const InodeRef& temporary() const { return temporary_; }

  // A name that nothing in temporary() has. What a crash left is told apart by it: a copy that never showed, or
  // anything else.
  enum class Purpose : std::uint8_t { kCopyUp, kOther };
  std::string fresh_name(Purpose purpose = Purpose::kOther);
  static Purpose purpose_of(std::string_view name);
  struct Made {
    std::string name;  // in temporary()
    FoundInode found;
  };
  Result<Made> make(const NewInode& inode, Purpose purpose = Purpose::kOther);
  Result<std::string> make_whiteout();

  // Removes temporary()/name with all that is in it. What cannot be removed waits for
  // the end of the mount, or the next one; nothing of it shows.
  Status discard(std::string_view name);
  // Removes all that is in the directory.
  Status clear(const InodeRef& directory);

 private:
  WorkDirectory(LayerStore& store, InodeRef root, InodeRef temporary)
      : store_(&store), root_(std::move(root)), temporary_(std::move(temporary)) {}
  // Names of directories in temporary(): what is in them goes without a level of calls, or a descriptor, for each of
  // theirs.
  using Directories = std::vector<std::string>;
  Status remove(const InodeRef& directory, std::string_view name, Directories& deep);
  Status clear(const InodeRef& directory, Directories& deep);
  Status remove_all(Directories& deep);

  LayerStore* store_;
  InodeRef root_;
  InodeRef temporary_;
  std::atomic<std::uint64_t> next_{0};
};

// A directory of the work directory's own.
NewInode private_directory();
// The directory of this name in the work directory `root`, made where it is missing; what else has the name goes.
Result<InodeRef> own_directory(LayerStore& store, const InodeRef& root, std::string_view name);

}  // namespace ovlspec::impl
