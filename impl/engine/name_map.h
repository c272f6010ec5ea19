// Where the objects of the tree are, by number: what finds those that a file handle from before names. It is made by
// one walk, when it is first needed, and lasts until it leads astray.
//
// Threads: every method may be called from several threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

class NameMap {
 public:
  struct Place {
    InodeNumber directory = 0;
    std::string name;
  };
  // By the object's number. Of several names of one object, any.
  using Places = std::unordered_map<InodeNumber, Place>;

  // The names from the root `root` down to the object; nothing where the map has none. `make` fills the map where there
  // is none, or where it is older than `changes` (a counter of the changes of names) and does not have the number.
  Result<std::optional<std::vector<std::string>>> path(InodeNumber number, InodeNumber root, std::uint64_t changes,
                                                       const std::function<Status(Places&)>& make);
  // The map led astray: the next question makes it anew, if `changes` are later than it.
  void doubt(std::uint64_t changes);

 private:
  std::optional<std::vector<std::string>> known_path(InodeNumber number, InodeNumber root) const;

  std::mutex mutex_;
  bool made_ = false;
  std::uint64_t made_at_ = 0;  // changes when it was made
  Places places_;
};

}  // namespace ovlspec::impl
