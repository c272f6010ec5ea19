// The numbers that a mount shows: derived from the backing, taken from records, and never two objects with one number.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "impl/engine/claims.h"
#include "impl/engine/identity_encoder.h"
#include "impl/engine/object_key.h"
#include "impl/engine/value_domain.h"
#include "impl/store/layer_store.h"

namespace ovlspec::impl {

// Not for several threads: the node table guards it.
//
// A claim lasts until it is released, longer than any node: an object that is looked up again shows the number that it
// showed before, whatever was looked up in between.
class Numbers {
 public:
  // The index of this file system, a new one where it was not known. The first one with a tag has it directly.
  std::uint32_t file_system(const BackingFileSystem& backing);

  // The number of the object `key`: what it claimed before; else `recorded` if another object does not hold it; else
  // the derived number of the smallest displacement that neither an object nor a record holds.
  InodeNumber claim(const ObjectKey& key, std::optional<InodeNumber> recorded);

  // The numbers that records hold; see claims.h.
  ClaimedNumbers& claimed() { return claimed_; }
  const ClaimedNumbers& claimed() const { return claimed_; }

  // `to` holds the number of `from` from now on; `from` holds nothing.
  void move(const ObjectKey& from, const ObjectKey& to);
  // The object is gone; its number may be given to another.
  void release(const ObjectKey& key);

  // The number that the backing alone gives.
  InodeNumber derived(const ObjectKey& key) const { return derived(key, 0); }
  // What names the file system in records.
  std::uint64_t tag(std::uint32_t file_system) const { return file_systems_[file_system].identity; }
  std::optional<std::uint32_t> file_system_of_tag(std::uint64_t tag) const;
  // The backing that alone can give this number, if any can; nothing where only a search tells.
  std::optional<ObjectKey> backing_of(InodeNumber number) const;

 private:
  struct FileSystem {
    BackingFileSystem backing;
    std::uint64_t identity = 0;  // digest of the uuid
    std::uint64_t seed = 0;      // of the hashed numbers
    std::uint64_t tag = 0;       // 1 .. kTagLimit - 1
    bool tag_owned = false;
  };

  InodeNumber derived(const ObjectKey& key, std::uint64_t displacement) const;
  identity::Source<WordDomain> source(const ObjectKey& key) const;
  InodeNumber free_number(const ObjectKey& key) const;
  InodeNumber hold(const ObjectKey& key, InodeNumber number);

  bool is_taken(InodeNumber number) const { return claimed_.contains(number) || holders_.contains(number); }

  std::vector<FileSystem> file_systems_;
  ClaimedNumbers claimed_;
  std::unordered_map<InodeNumber, ObjectKey> holders_;
  std::unordered_map<ObjectKey, InodeNumber, ObjectKeyHash> exceptions_;  // holders of a number not derived(key)
};

}  // namespace ovlspec::impl
