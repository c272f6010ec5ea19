// Which number each backing inode has, where numbers are given out and remembered instead of derived: the strategies
// `upfront`, `on-lookup` and `volatile`. Numbers start at 2, grow, and are never given twice.
//
// Threads: every method may be called from several threads at once.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// An inode by what stays the same over mounts. Two with different generations are two objects.
struct MappedInode {
  std::uint64_t file_system = 0;  // Numbers::tag
  InodeNumber inode = 0;
  std::uint64_t generation = 0;  // the digest of its handle; 0 where it has none
  bool operator==(const MappedInode&) const = default;
};

class IdentityMap {
 public:
  virtual ~IdentityMap() = default;

  virtual Result<std::optional<InodeNumber>> find(const MappedInode& inode) = 0;
  // Gives the inode the next number, in the place of what it had. Durable when it returns, but for what is added
  // between begin and commit: that is durable, all of it or nothing, when commit returns.
  virtual Result<InodeNumber> add(const MappedInode& inode) = 0;
  virtual Status begin() = 0;
  virtual Status commit() = 0;

  // What the layers looked like when the map was complete, as bytes; nothing where it never was.
  virtual Result<std::optional<std::string>> seal() = 0;
  virtual Status set_seal(const std::string& seal) = 0;

  // Calls so far that wrote.
  virtual std::uint64_t writes() const = 0;
};

// In memory, forgotten with the object.
class MemoryIdentityMap final : public IdentityMap {
 public:
  Result<std::optional<InodeNumber>> find(const MappedInode& inode) override;
  Result<InodeNumber> add(const MappedInode& inode) override;
  Status begin() override { return {}; }
  Status commit() override { return {}; }
  Result<std::optional<std::string>> seal() override;
  Status set_seal(const std::string& seal) override;
  std::uint64_t writes() const override;

 private:
  struct Hash {
    std::size_t operator()(const MappedInode& inode) const;
  };
  mutable std::mutex mutex_;
  std::unordered_map<MappedInode, InodeNumber, Hash> numbers_;
  InodeNumber next_ = 2;
  std::optional<std::string> seal_;
  std::uint64_t writes_ = 0;
};

}  // namespace ovlspec::impl
