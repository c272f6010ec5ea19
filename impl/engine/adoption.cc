// Whose the index is. The index directory names the root of the upper layer that it belongs to, as the kernel's does.
// Where it is missing or names another, the work directory was lost or the upper layer copied as a whole: one walk of
// the upper layer makes the index anew from the records on its inodes, and a whole copy adopts its records. The same
// walk where a power failure lost claims of the log.
#include <algorithm>
#include <map>
#include <set>

#include "impl/engine/layer_walk.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

// An inode of the upper layer with a record.
struct OverlayEngine::UpperClaim {
  struct Name {
    InodeRef directory;
    std::string name;
  };
  FoundInode found;
  IdentityRecord record;
  std::uint64_t generation = 0;
  bool holds = false;            // the record counts for this inode
  std::vector<Name> names = {};  // all, of an object that takes no private attribute
  bool is_own() const { return record.lies_on(found.attributes.number, generation); }
};

struct OverlayEngine::UpperClaims {
  static constexpr std::size_t kNoClaim = ~std::size_t{0};
  std::vector<UpperClaim> claims;             // in the byte order of their first paths
  std::map<InodeNumber, std::size_t> inodes;  // of all that are no directories: where in `claims`, or kNoClaim
  bool is_copy = false;                       // the upper layer was copied as a whole
};

Result<OriginHandle> OverlayEngine::upper_seal() const {
  const Layer& upper = *layers_.upper;
  auto attributes = upper.store->attributes(upper.root);
  if (!attributes.ok()) return attributes.error();
  auto handle = upper.store->handle(upper.root);
  if (!handle.ok() && handle.error() != Errno::kEOPNOTSUPP) return handle.error();
  const auto known = handle.ok() ? std::optional<BackingHandle>(*handle) : std::nullopt;
  return encode_upper(upper.backing.uuid, known, attributes->number);
}

Status OverlayEngine::adopt_upper_layer() {
  auto seal = upper_seal();
  if (!seal.ok()) return seal.error();
  auto directory = parts_->index.directory();
  if (!directory.ok()) return directory.error();
  auto found = layers_.private_xattr({layers_.upper.get(), *directory}, names::kUpper);
  if (!found.ok()) return found.error();
  const bool is_own_index = *found && **found == seal->bytes;
  if (is_own_index && !parts_->lost_claims) return {};
  UpperClaims claims;
  OVLSPEC_TRY(collect_claims(claims));
  const auto is_own = [](const UpperClaim& claim) { return claim.is_own(); };
  // Without a seal, records that lie on their own inodes say that the upper layer is no copy.
  const WritableParts::Seal seal_of_upper = parts_->found_seal;
  claims.is_copy = seal_of_upper == WritableParts::Seal::kForeign ||
                   (seal_of_upper == WritableParts::Seal::kNone && !is_own_index &&
                    (*found || std::none_of(claims.claims.begin(), claims.claims.end(), is_own)));
  OVLSPEC_TRY(adopt_records(claims));
  OVLSPEC_TRY(rebuild_index(claims));
  const std::vector<InodeNumber> known = parts_->claims;  // ascending since load_claims
  for (const UpperClaim& held : claims.claims)
    if (held.holds && held.record.number != 0 && !std::binary_search(known.begin(), known.end(), held.record.number))
      OVLSPEC_TRY(claim(held.record.number));
  parts_->is_sealed = false;
  if (parts_->lost_claims) OVLSPEC_TRY(parts_->claim_log.rewrite(parts_->claims, options_.durability));
  parts_->lost_claims = false;
  return parts_->store.set_xattr(*directory, layers_.private_name(names::kUpper), seal->bytes, XattrMode::kAny);
}

Status OverlayEngine::collect_claims(UpperClaims& claims) {
  const auto open = [this](const InodeRef& directory) -> Result<std::vector<std::string>> {
    auto entries = parts_->store.entries(directory);
    if (!entries.ok()) return entries.error();
    std::vector<std::string> names;
    for (StoredEntry& entry : *entries) names.push_back(std::move(entry.name));
    std::sort(names.begin(), names.end());
    return names;
  };
  return walk_layer(layers_.upper->root, open, [&](const InodeRef& directory, const std::string& name) {
    return collect_claim(directory, name, claims);
  });
}

// What the record on the inode, or beside its name, says, be it its own or another's.
Result<std::optional<IdentityRecord>> OverlayEngine::claimed_by(const FoundInstance& found) const {
  auto bytes = record_bytes(found);
  if (!bytes.ok()) return bytes.error();
  if (!*bytes && found.directory) return only_entry_record({found.directory, found.name});
  return *bytes ? decode_record(**bytes) : std::nullopt;
}

Status OverlayEngine::rewrite_record(const UpperClaim& claim) {
  if (layers_.takes_private_xattrs(claim.found.attributes.type))
    return parts_->store.set_xattr(claim.found.inode, layers_.private_name(names::kIdentity),
                                   encode_record(claim.record), XattrMode::kAny);
  for (const UpperClaim::Name& name : claim.names) {
    OVLSPEC_TRY(remove_entry_records(name.directory, entry_record_prefix(name.name)));
    OVLSPEC_TRY(write_entry_record({name.directory, name.name}, claim.record));
  }
  return {};
}

// The inode, where it is a directory.
Result<std::optional<InodeRef>> OverlayEngine::collect_claim(const InodeRef& directory, const std::string& name,
                                                             UpperClaims& claims) {
  auto found = parts_->store.lookup(directory, name);
  if (!found.ok()) return found.error();
  ++walked_;
  if (is_whiteout_device(found->attributes)) return std::optional<InodeRef>();
  const bool is_directory = found->attributes.type == FileType::kDirectory;
  std::size_t no_other_name = UpperClaims::kNoClaim;
  std::size_t& claim =
      is_directory ? no_other_name : claims.inodes.try_emplace(found->attributes.number, no_other_name).first->second;
  if (claim == UpperClaims::kNoClaim) {
    const FoundInstance instance = layers_.found_at({layers_.upper.get(), directory}, name, *found);
    auto record = claimed_by(instance);
    if (!record.ok()) return record.error();
    if (*record) {
      claim = claims.claims.size();
      const std::uint64_t generation = generation_of(instance);
      claims.claims.push_back({.found = *found, .record = **record, .generation = generation});
    }
  }
  if (claim != UpperClaims::kNoClaim && !layers_.takes_private_xattrs(found->attributes.type))
    claims.claims[claim].names.push_back({directory, name});
  return is_directory ? std::optional<InodeRef>(found->inode) : std::nullopt;
}

// Each number goes to one holder: the inode that its record was written for, else the first copy.
Status OverlayEngine::adopt_records(UpperClaims& claims) {
  std::set<InodeNumber> held;
  const auto decide = [&](UpperClaim& claim) {
    const InodeNumber number = claim.record.number;  // 0: none is kept, so that any number of inodes may
    claim.holds = identity::keeps<WordDomain>({.in_place = claim.is_own(),
                                               .layer_copied = claims.is_copy,
                                               .number_held = number != 0 && held.contains(number)});
    if (claim.holds) held.insert(number);
  };
  std::vector<UpperClaim*> copies;
  for (UpperClaim& claim : claims.claims) claim.is_own() ? decide(claim) : copies.push_back(&claim);
  for (UpperClaim* copy : copies) {
    decide(*copy);
    if (!copy->holds) continue;
    copy->record.upper_inode = copy->found.attributes.number;
    copy->record.upper_generation = copy->generation;
    OVLSPEC_TRY(rewrite_record(*copy));
  }
  return {};
}

Status OverlayEngine::rebuild_index(const UpperClaims& claims) {
  auto entries = parts_->index.names();
  if (!entries.ok()) return entries.error();
  for (const std::string& name : *entries) {
    auto entry = parts_->index.find(name);
    if (!entry.ok()) return entry.error();
    if (!*entry || claims.inodes.contains((*entry)->attributes.number)) continue;
    OVLSPEC_TRY(parts_->index.remove(name));
  }
  for (const UpperClaim& claim : claims.claims) {
    if (!claim.holds || claim.record.origin_links < 2) continue;
    if (claim.found.attributes.type == FileType::kDirectory) continue;
    auto origin = layers_.private_xattr({layers_.upper.get(), claim.found.inode}, names::kOrigin);
    if (!origin.ok()) return origin.error();
    if (!*origin || (*origin)->empty()) continue;
    const std::string name = OriginHandle{std::move(**origin)}.index_name();
    auto entry = parts_->index.find(name);
    if (!entry.ok()) return entry.error();
    if (!*entry) OVLSPEC_TRY(parts_->index.add(claim.found.inode, name));
  }
  return {};
}

// Entries whose inode lost its names by other means than ours. A whiteout is the kernel's: its origin is gone.
Status OverlayEngine::drop_orphans() {
  auto entries = parts_->index.names();
  if (!entries.ok()) return entries.error();
  for (const std::string& name : *entries) {
    auto entry = parts_->index.find(name);
    if (!entry.ok()) return entry.error();
    if (!*entry) continue;
    const Attributes& attributes = (*entry)->attributes;
    if (attributes.type == FileType::kDirectory || is_whiteout_device(attributes)) continue;
    auto left_over = is_left_over(**entry);
    if (!left_over.ok()) return left_over.error();
    if (*left_over) OVLSPEC_TRY(parts_->index.remove(name));
  }
  return {};
}

}  // namespace ovlspec::impl
