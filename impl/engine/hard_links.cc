// Hard links over copy up: the index, the names that stay in the lower layers, and the count of all.
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

Result<OriginHandle> OverlayEngine::origin_of(const FoundInstance& lower) const {
  auto handle = lower.layer->store->handle(lower.found.inode);
  if (handle.ok()) return encode_origin(lower.layer->backing.uuid, *handle, lower.found.attributes.number);
  if (handle.error() != Errno::kEOPNOTSUPP && handle.error() != Errno::kEOVERFLOW) return handle.error();
  return encode_origin(lower.layer->backing.uuid, std::nullopt, lower.found.attributes.number);
}

// An inode that the index alone holds: what lower names still show, if the kernel removed its last upper name, for it
// leaves it so; our engine does not, and then somebody else did.
Result<bool> OverlayEngine::is_left_over(const FoundInode& indexed) const {
  if (indexed.attributes.links > 1) return false;
  const Instance upper{layers_.upper.get(), indexed.inode};
  auto record = layers_.private_xattr(upper, names::kIdentity);
  if (!record.ok()) return record.error();
  if (!*record) return false;
  auto count = layers_.private_xattr(upper, names::kNlink);
  if (!count.ok()) return count.error();
  return !*count || names::is_own_nlink(**count);
}

// The upper inode in the index counts while it has a name in the upper layer beside the index entry, and was copied up
// from this very inode.
Result<std::optional<OverlayEngine::Alias>> OverlayEngine::alias_of(const FoundInstance& lower) {
  if (!parts_) return std::optional<Alias>();
  auto empty = parts_->index.empty();
  if (!empty.ok()) return empty.error();
  if (*empty) return std::optional<Alias>();
  auto origin = origin_of(lower);
  if (!origin.ok()) return origin.error();
  Alias alias{.upper = {}, .index_name = origin->index_name()};
  auto found = parts_->index.find(alias.index_name);
  if (!found.ok()) return found.error();
  if (!*found) return std::optional<Alias>();
  auto left_over = is_left_over(**found);
  if (!left_over.ok()) return left_over.error();
  if (*left_over) return std::optional<Alias>();
  if ((*found)->attributes.type != lower.found.attributes.type) return std::optional<Alias>();
  auto origin_of_entry = layers_.private_xattr({layers_.upper.get(), (*found)->inode}, names::kOrigin);
  if (!origin_of_entry.ok()) return origin_of_entry.error();
  if (*origin_of_entry != origin->bytes) return std::optional<Alias>();
  alias.upper = std::move(**found);
  return std::optional<Alias>(std::move(alias));
}

OverlayEngine::OriginSearch OverlayEngine::find_origin(std::string_view origin_xattr) const {
  const auto origin = decode_origin(origin_xattr);
  OriginSearch search;
  if (!origin) return search;
  if (origin->handle.type == kSynthesisedHandle) search.is_gone = false;
  for (const auto& layer : layers_.lowers) {
    if (layer->backing.uuid != origin->uuid || origin->handle.type == kSynthesisedHandle) continue;
    auto found = layer->store->by_handle(layer->root, origin->handle);
    if (found.ok()) {
      search.found = FoundInstance{layer.get(), std::move(*found)};
      return search;
    }
    // Without the privilege to open by handle nothing is known.
    if (found.error() != Errno::kESTALE) search.is_gone = false;
  }
  return search;
}

// The index entry's name, where `upper` is the inode that the index has under its origin.
Result<std::optional<std::string>> OverlayEngine::index_name_of(const FoundInstance& upper) {
  auto empty = parts_->index.empty();
  if (!empty.ok()) return empty.error();
  if (*empty) return std::optional<std::string>();
  auto handle = layers_.private_xattr(upper.instance(), names::kOrigin);
  if (!handle.ok()) return handle.error();
  if (!*handle || (*handle)->empty()) return std::optional<std::string>();
  std::string name = OriginHandle{std::move(**handle)}.index_name();
  auto entry = parts_->index.find(name);
  if (!entry.ok()) return entry.error();
  if (!*entry || (*entry)->attributes.number != upper.found.attributes.number) return std::optional<std::string>();
  return std::optional<std::string>(std::move(name));
}

// Whether an upper inode stands for the names of a lower one, and for which.
Status OverlayEngine::load_index(Node& node, const FoundInstance& upper, const std::optional<FoundInstance>& origin,
                                 const std::optional<IdentityRecord>& record) {
  auto index_name = index_name_of(upper);
  if (!index_name.ok()) return index_name.error();
  if (!*index_name) return {};
  node.index_name = std::move(**index_name);
  const auto shown_by = [&](const FoundInstance& lower) {
    node.lower_key = key_of(*lower.layer, lower.found);
    node.origin = lower.found.inode;
  };
  if (origin) {
    shown_by(*origin);
    return {};
  }
  auto handle = layers_.private_xattr(upper.instance(), names::kOrigin);
  if (!handle.ok()) return handle.error();
  const OriginSearch search = *handle ? find_origin(**handle) : OriginSearch{};
  if (search.found) shown_by(*search.found);
  // The number of an origin that is gone may be another inode's by now.
  if (search.found || search.is_gone) return {};
  const auto file_system = record ? table_.file_system_of_tag(record->origin_file_system) : std::nullopt;
  if (file_system) node.lower_key = ObjectKey{*file_system, record->origin_inode};
  return {};
}

Result<std::uint32_t> OverlayEngine::names_of(const ObjectKey& key) const {
  return link_counts_.of(key, [this](LinkCounts::Counts& counts) { return count_names(counts); });
}

// In a directory that the upper layer alone holds, each subdirectory of the backing shows, and no other: its count is
// right, or 1 where the file system counts none. One with a lower shows 1 from the start: copy up changes nothing.
std::uint32_t OverlayEngine::shown_directory_links(const Node& node, const Attributes& backing) {
  return node.upper && node.lowers.empty() ? backing.links : 1;
}

Result<std::uint32_t> OverlayEngine::shown_links(const Node& node, const Attributes& backing) const {
  if (node.removed) return std::uint32_t{0};
  if (node.is_directory()) return shown_directory_links(node, backing);
  if (!node.index_name.empty()) {
    auto upper = names_of(*node.upper_key);
    if (!upper.ok() || !node.lower_key) return upper;
    auto lower = names_of(*node.lower_key);
    if (!lower.ok()) return lower;
    return *upper + *lower;
  }
  if (node.upper || backing.links < 2) return backing.links;
  return names_of(*node.lower_key);
}

Result<std::uint32_t> OverlayEngine::shown_links(const Node& node) const {
  const Instance instance = top(node);
  auto backing = instance.layer->store->attributes(instance.inode);
  if (!backing.ok()) return backing.error();
  return shown_links(node, *backing);
}

// For the kernel, which keeps the count relative to the upper inode's own. We never read it: see link_counts.h.
Status OverlayEngine::write_link_count(const InodeRef& upper, std::int64_t shown, std::int64_t upper_links) {
  const std::int64_t difference = shown - upper_links;
  const std::string text = (difference < 0 ? "U-0" : "U+0") + std::to_string(std::abs(difference));
  return parts_->store.set_xattr(upper, layers_.private_name(names::kNlink), text, XattrMode::kAny);
}

// Gives the upper inode the name that shows it from a lower layer. What shows does not change.
Status OverlayEngine::link_up(const NodePtr& node, const NodePtr& parent, std::string_view name) {
  OVLSPEC_TRY(copy_up_directory(parent));
  auto shown = shown_links(*node);
  if (!shown.ok()) return shown.error();
  auto links = parts_->store.attributes(node->upper);
  if (!links.ok()) return links.error();
  OVLSPEC_TRY(write_link_count(node->upper, *shown, links->links + 1));
  auto before = parts_->store.attributes(parent->upper);
  if (!before.ok()) return before.error();
  OVLSPEC_TRY(parts_->store.link(node->upper, parent->upper, name));
  restore_times(parent->upper, *before);
  if (node->lower_key) link_counts_.removed(*node->lower_key);
  link_counts_.added(*node->upper_key);
  return {};
}

Result<std::optional<NodeName>> OverlayEngine::some_name(const Node& node, const Beside& beside) {
  auto name = table_.a_name_beside(node, beside.parent, beside.name);
  if (name || node.is_root()) return name;
  OVLSPEC_TRY(find_name(node, beside));
  return table_.a_name_beside(node, beside.parent, beside.name);
}

// Before the upper inode loses this name: where it is the only one in the upper layer and others show, one of those
// comes to the upper layer. Else they would show the lower inode again.
Status OverlayEngine::keep_other_names(const NodePtr& node, const Beside& removed) {
  if (node->index_name.empty()) return {};
  auto upper_names = names_of(*node->upper_key);
  if (!upper_names.ok()) return upper_names.error();
  auto shown = shown_links(*node);
  if (!shown.ok()) return shown.error();
  if (*upper_names > 1 || *shown < 2) return {};
  auto name = some_name(*node, removed);
  if (!name.ok()) return name.error();
  if (!*name) return {};
  return link_up(node, (*name)->parent, (*name)->name);
}

// Searches the tree for a name of the object; reaching it notes the name. One node of each level is held.
Status OverlayEngine::find_name(const Node& wanted, const Beside& beside) {
  struct Level {
    Pin directory;
    std::vector<ListedEntry> entries;
  };
  std::vector<Level> levels;
  const auto go_into = [&](Pin directory) -> Status {
    auto entries = snapshot(directory.node());
    if (!entries.ok()) return entries.error();
    levels.push_back({std::move(directory), std::move(*entries)});
    return {};
  };
  table_.pin(root_);
  OVLSPEC_TRY(go_into(Pin(table_, root_)));
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.entries.empty()) {
      levels.pop_back();
      continue;
    }
    const DirectoryEntry entry = std::move(level.entries.back().entry);
    level.entries.pop_back();
    const NodePtr& under = level.directory.node();
    if (entry.name == "." || entry.name == "..") continue;
    if (under.get() == beside.parent && entry.name == beside.name) continue;
    const bool is_wanted = entry.number == wanted.number && entry.type == wanted.type;
    if (!is_wanted && entry.type != FileType::kDirectory) continue;
    auto reached = reach(under, entry.name);
    if (!reached.ok()) return reached.error();
    if (!reached->node) continue;
    if (reached->node.node().get() == &wanted) return {};
    if (reached->node->is_directory()) OVLSPEC_TRY(go_into(std::move(reached->node)));
  }
  return {};
}

// Of the last name of an indexed upper inode the index entry goes first, so that a crash leaves none without an
// object: the object is then a plain upper file. The entry's temporary name, or empty.
Result<std::string> OverlayEngine::take_index_of_last_name(const Node& node) {
  if (node.index_name.empty()) return std::string();
  auto shown = shown_links(node);
  if (!shown.ok()) return shown.error();
  if (*shown > 1) return std::string();
  return parts_->index.take(node.index_name);
}

Status OverlayEngine::finish_removal(const NodePtr& node, const std::string& taken, const Status& outcome) {
  if (taken.empty()) return outcome;
  if (!outcome.ok()) {
    // Without its entry the object would lose its other names; the first error is the one to tell.
    static_cast<void>(parts_->index.put_back(taken, node->index_name));
    return outcome;
  }
  node->index_name.clear();
  static_cast<void>(parts_->work.discard(taken));
  return outcome;
}

// After a name of an indexed object went below. Best effort: we do not read it.
void OverlayEngine::write_kernel_count(const Node& node) {
  auto shown = shown_links(node);
  auto backing = parts_->store.attributes(node.upper);
  if (shown.ok() && backing.ok()) static_cast<void>(write_link_count(node.upper, *shown, backing->links));
}

// After a name went from the layers: what the node knows of its names.
void OverlayEngine::name_removed(const Reached& reached, const NodePtr& parent, std::string_view name) {
  const NodePtr& node = reached.node.node();
  table_.remove_name(node, *parent, name);
  if (node->is_directory()) {
    node->removed = true;
    return;
  }
  const std::optional<ObjectKey>& key = reached.upper_here ? node->upper_key : node->lower_key;
  if (key) link_counts_.removed(*key);
  if (!node->index_name.empty() && !reached.upper_here) write_kernel_count(*node);
  // What its inode in a lower layer says stays as it was.
  auto shown = !node->upper && reached.backing ? shown_links(*node, *reached.backing) : shown_links(*node);
  // A single lower file keeps its backing link, which is hidden now.
  const bool is_single = !node->upper && shown.ok() && *shown == 1 && !reached.has_lower_links;
  node->removed = is_single || (shown.ok() && *shown == 0);
}

}  // namespace ovlspec::impl
