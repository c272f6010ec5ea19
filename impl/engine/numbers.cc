#include "impl/engine/numbers.h"

#include "impl/engine/digest.h"
#include "impl/engine/identity_kernel.h"

namespace ovlspec::impl {
namespace {

constexpr std::uint64_t kIdentitySeed = 1;
constexpr std::uint64_t kTagSeed = 2;
constexpr std::uint64_t kHashSeed = 3;

}  // namespace

std::uint32_t Numbers::file_system(const BackingFileSystem& backing) {
  FileSystem added{.backing = backing, .tag_owned = true};
  bool is_copy = false;
  for (std::size_t i = 0; i < file_systems_.size(); ++i) {
    const FileSystem& known = file_systems_[i];
    const bool same_uuid = known.backing.uuid == backing.uuid;
    if (same_uuid && known.backing.device == backing.device) return static_cast<std::uint32_t>(i);
    is_copy = is_copy || same_uuid;
  }
  added.identity = digest(backing.uuid, kIdentitySeed);
  added.tag = digest(backing.uuid, kTagSeed) % (identity::kTagLimit - 1) + 1;
  added.seed = digest(backing.uuid, kHashSeed);
  // Equal uuids on different devices are an image beside its copy: only the device tells them apart.
  if (is_copy) added.seed = mix(added.seed ^ mix(backing.device));
  for (const FileSystem& known : file_systems_) {
    if (known.tag_owned && known.tag == added.tag) added.tag_owned = false;
  }
  file_systems_.push_back(std::move(added));
  return static_cast<std::uint32_t>(file_systems_.size() - 1);
}

identity::Source<WordDomain> Numbers::source(const ObjectKey& key) const {
  const FileSystem& file_system = file_systems_[key.file_system];
  return {.tag = file_system.tag,
          .inode = key.inode,
          .hash = mix(file_system.seed ^ mix(key.inode)),
          .tag_owned = file_system.tag_owned};
}

InodeNumber Numbers::derived(const ObjectKey& key, std::uint64_t displacement) const {
  return identity::encode<WordDomain>(source(key), displacement);
}

InodeNumber Numbers::claim(const ObjectKey& key, std::optional<InodeNumber> recorded) {
  if (!exceptions_.empty()) {
    if (auto known = exceptions_.find(key); known != exceptions_.end()) return known->second;
  }
  const InodeNumber own = derived(key);
  const auto own_holder = holders_.find(own);
  // What was shown once stays, so a record found later counts for nothing in this mount.
  const identity::NumberFacts<WordDomain> facts{.shown = own_holder != holders_.end() && own_holder->second == key,
                                                .recorded = recorded.has_value(),
                                                .record_held = recorded && holders_.contains(*recorded)};
  switch (static_cast<identity::NumberFrom>(identity::number_from<WordDomain>(facts))) {
    case identity::NumberFrom::kThisMount: return own;
    case identity::NumberFrom::kRecord: return hold(key, *recorded);
    case identity::NumberFrom::kBacking: break;
  }
  // Mostly the first displacement is free.
  const bool is_free = own_holder == holders_.end() && !claimed_.contains(own);
  return hold(key, is_free ? own : free_number(key));
}

InodeNumber Numbers::hold(const ObjectKey& key, InodeNumber number) {
  holders_[number] = key;
  if (number != derived(key)) exceptions_[key] = number;
  return number;
}

InodeNumber Numbers::free_number(const ObjectKey& key) const {
  std::array<bool, identity::kDisplacements> taken{};
  for (std::size_t k = 0; k < taken.size(); ++k) taken[k] = is_taken(derived(key, k));
  const auto choice = identity::choose<WordDomain>(taken);
  if (choice.found) return derived(key, choice.displacement);
  // All eight are held: hashed numbers of other seeds, until one is free.
  identity::Source<WordDomain> other = source(key);
  other.tag_owned = false;
  for (;;) {
    other.hash = mix(other.hash + 1);
    const InodeNumber number = identity::encode<WordDomain>(other, 0);
    if (!is_taken(number)) return number;
  }
}

std::optional<std::uint32_t> Numbers::file_system_of_tag(std::uint64_t tag) const {
  for (std::size_t i = 0; i < file_systems_.size(); ++i) {
    if (file_systems_[i].identity == tag) return static_cast<std::uint32_t>(i);
  }
  return std::nullopt;
}

std::optional<ObjectKey> Numbers::backing_of(InodeNumber number) const {
  if ((number >> identity::kHashedShift) != 0) return std::nullopt;
  const auto parts = identity::direct_parts<WordDomain>(number);
  for (std::size_t i = 0; i < file_systems_.size(); ++i) {
    if (file_systems_[i].tag_owned && file_systems_[i].tag == parts.tag)
      return ObjectKey{.file_system = static_cast<std::uint32_t>(i), .inode = parts.inode};
  }
  return std::nullopt;
}

void Numbers::move(const ObjectKey& from, const ObjectKey& to) {
  const InodeNumber number = claim(from, std::nullopt);
  exceptions_.erase(from);
  release(to);
  hold(to, number);
}

void Numbers::release(const ObjectKey& key) {
  InodeNumber number = derived(key);
  if (auto exception = exceptions_.find(key); exception != exceptions_.end()) {
    number = exception->second;
    exceptions_.erase(exception);
  }
  const auto holder = holders_.find(number);
  if (holder != holders_.end() && holder->second == key) holders_.erase(holder);
}

}  // namespace ovlspec::impl
