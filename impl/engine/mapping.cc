// The strategies that give numbers out and remember them: `upfront`, `on-lookup` and `volatile`. What was copied up has
// its number in its record, as with `derived`, but for `volatile`, which keeps nothing.
#include "impl/engine/digest.h"
#include "impl/engine/layer_walk.h"
#include "impl/engine/overlay_engine.h"
#include "impl/engine/words.h"

namespace ovlspec::impl {

MappedInode OverlayEngine::mapped(const FoundInstance& found) {
  return {.file_system = table_.tag(key_of(*found.layer, found.found).file_system),
          .inode = found.found.attributes.number,
          .generation = generation_of(found)};
}

// The number that a record or the map has for the inode, kNoNumber where it stays without; nothing where it is to be
// derived.
Result<std::optional<InodeNumber>> OverlayEngine::kept_number(const FoundInstance& found,
                                                              const std::optional<IdentityRecord>& record,
                                                              Unmapped unmapped) {
  if (record && record->number != 0 && !forgets_numbers()) return std::optional<InodeNumber>(record->number);
  if (options_.map == nullptr) return std::optional<InodeNumber>();
  const MappedInode inode = mapped(found);
  auto known = options_.map->find(inode);
  if (!known.ok()) return known.error();
  // The number that it had went to the upper layer with what was copied up from it.
  if (*known && !table_.is_claimed(**known)) return known;
  if (unmapped == Unmapped::kStaysWithout) return std::optional<InodeNumber>(kNoNumber);
  // A map of names that was made before does not have it.
  ++changes_;
  // A map that was made anew begins with small numbers again, which records may hold.
  for (;;) {
    auto added = options_.map->add(inode);
    if (!added.ok()) return added.error();
    if (!table_.is_claimed(*added)) return std::optional<InodeNumber>(*added);
  }
}

// The sum over all directories of all layers of what changes where something in them does, one look at each; with
// kDigest of the upper layer, and what seals each lower behind it.
Result<std::string> OverlayEngine::look_of_layers() {
  std::uint64_t sum = 0;
  std::string seals;
  if (layers_.upper) OVLSPEC_TRY(look_of(*layers_.upper, sum));
  for (const auto& layer : layers_.lowers) {
    if (options_.seal != SealCheck::kDigest) {
      OVLSPEC_TRY(look_of(*layer, sum));
      continue;
    }
    auto seal = layer->store->content_seal(layer->root);
    if (!seal.ok()) return seal.error();
    auto root = layer->store->attributes(layer->root);
    if (!root.ok()) return root.error();
    append_word(seals, root->number);
    append_word(seals, seal->size());
    seals += *seal;
  }
  std::string bytes;
  append_word(bytes, sum);
  return bytes + seals;
}

Status OverlayEngine::look_of(const Layer& layer, std::uint64_t& sum) {
  const auto open = [&](const InodeRef& directory) -> Result<std::vector<std::string>> {
    auto attributes = layer.store->attributes(directory);
    if (!attributes.ok()) return attributes.error();
    ++walked_;
    std::string look;
    for (const std::uint64_t word : {layer.depth, table_.tag(layer.file_system), attributes->number,
                                     static_cast<std::uint64_t>(attributes->modify_time.seconds),
                                     static_cast<std::uint64_t>(attributes->modify_time.nanoseconds),
                                     static_cast<std::uint64_t>(attributes->change_time.seconds),
                                     static_cast<std::uint64_t>(attributes->change_time.nanoseconds)})
      append_word(look, word);
    sum += digest(look, 0);
    auto entries = layer.store->entries(directory);
    if (!entries.ok()) return entries.error();
    std::vector<std::string> names;
    for (StoredEntry& entry : *entries)
      if (!entry.type_known || entry.type == FileType::kDirectory) names.push_back(std::move(entry.name));
    return names;
  };
  const auto look_up = [&](const InodeRef& directory, const std::string& name) -> Result<std::optional<InodeRef>> {
    auto found = layer.store->lookup(directory, name);
    if (!found.ok()) return found.error();
    if (found->attributes.type != FileType::kDirectory) return std::optional<InodeRef>();
    return std::optional<InodeRef>(found->inode);
  };
  return walk_layer(layer.root, open, look_up);
}

// Every object of the tree has its number in the map before the mount completes.
Status OverlayEngine::map_upfront() {
  IdentityMap& map = *options_.map;
  auto known = map.seal();
  if (!known.ok()) return known.error();
  if (*known && options_.seal == SealCheck::kTrust) return {};
  auto look = look_of_layers();
  if (!look.ok()) return look.error();
  if (*known == *look) return {};
  OVLSPEC_TRY(map.begin());
  NameMap::Places places;
  OVLSPEC_TRY(map_names(places, Unmapped::kGetsANumber));
  walked_ += places.size();
  OVLSPEC_TRY(map.set_seal(*look));
  return map.commit();
}

}  // namespace ovlspec::impl
