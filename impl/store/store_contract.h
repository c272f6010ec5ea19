// The contract suite of LayerStore: one set of tests, run over every store and every kind of place a store can lie in.
// A test program instantiates StoreContract with its places.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "impl/store/layer_store.h"

namespace ovlspec {
inline std::ostream& operator<<(std::ostream& out, Errno error) { return out << errno_name(error); }
inline std::ostream& operator<<(std::ostream& out, const Time& time) {
  return out << time.seconds << " s " << time.nanoseconds << " ns";
}
}  // namespace ovlspec

namespace ovlspec::impl {

// A store with an empty directory in it.
class Place {
 public:
  virtual ~Place() = default;
  virtual LayerStore& store() = 0;
  virtual InodeRef root() = 0;
  // Waits until the store's clock shows another time.
  virtual void tick() = 0;
  // Whether objects may be given away, trusted attributes, file capabilities and handles used.
  virtual bool is_privileged() const = 0;
};

struct ContractPlace {
  std::string name;
  // Null, with the reason in the string, where this machine or user cannot have such a place.
  std::function<std::unique_ptr<Place>(std::string& reason)> make;
};
inline std::ostream& operator<<(std::ostream& out, const ContractPlace& place) { return out << place.name; }
inline std::string place_name(const ::testing::TestParamInfo<ContractPlace>& info) { return info.param.name; }

class StoreContract : public ::testing::TestWithParam<ContractPlace> {
 protected:
  void SetUp() override;

  LayerStore& store() { return place_->store(); }
  InodeRef root() { return place_->root(); }
  void tick() { place_->tick(); }
  bool is_privileged() const { return place_->is_privileged(); }

  // Makes an object that belongs to this process; the test fails where it cannot.
  InodeRef make(const InodeRef& directory, std::string_view name, FileType type, Mode mode = 0644);
  InodeRef make_directory(const InodeRef& directory, std::string_view name, Mode mode = 0755);
  InodeRef make_file(const InodeRef& directory, std::string_view name, std::string_view content = "");
  InodeRef make_symlink(const InodeRef& directory, std::string_view name, std::string target);
  static NewInode wanted(FileType type, Mode mode);

  Errno lookup_error(const InodeRef& directory, std::string_view name);
  InodeNumber number_at(const InodeRef& directory, std::string_view name);  // 0 where nothing is
  Attributes attributes(const InodeRef& inode);
  std::string content(const InodeRef& inode);
  Status write(const InodeRef& inode, std::string_view data, FileSize offset);
  std::vector<std::string> names(const InodeRef& directory);  // sorted

  // A file system may count no subdirectories (links 1), as btrfs does.
  bool counts_subdirectories() { return attributes(root()).links != 1; }

 private:
  std::unique_ptr<Place> place_;
};

#define OVLSPEC_NEEDS_PRIVILEGE() \
  if (!is_privileged()) GTEST_SKIP() << "needs the privileges of root"

// A PosixStore over a fresh directory below `parent`, opened through its path; removed with all that is in it. Null,
// with the reason, where the contract cannot hold: no user attributes there, or an overlay, which refuses whiteouts.
std::unique_ptr<Place> posix_place(const std::string& parent, std::string& reason);
// The same through the private clone of open_upper; null, too, where clones are not permitted.
std::unique_ptr<Place> cloned_place(const std::string& parent, std::string& reason);
// Whether this process has all that Place::is_privileged speaks of, in this directory.
bool is_privileged_in(const std::string& directory);
// $TMPDIR, or /tmp.
std::string temporary_directory();

}  // namespace ovlspec::impl
