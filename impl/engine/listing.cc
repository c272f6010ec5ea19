// Directory listings: every visible name once, with the number that stat shows.
#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "impl/engine/digest.h"
#include "impl/engine/open_handles.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr std::uint64_t kSelfOffset = 1;
constexpr std::uint64_t kParentOffset = 2;
constexpr std::uint64_t kOffsetSeed = 5;

// Room above for names with equal digests.
std::uint64_t offset_of(std::string_view name) {
  return std::max<std::uint64_t>(digest(name, kOffsetSeed) >> 2, kParentOffset + 1);
}

}  // namespace

// A merged listing under way, topmost layer first.
struct OverlayEngine::Merging {
  bool has_below = false;  // a layer below takes part
  bool has_above = false;
  std::unordered_set<std::string> decided;  // names that the layers so far have supplied or hidden
};

struct OverlayEngine::VisibleEntry {
  const Instance& directory;  // that has the entry
  StoredEntry stored;
  std::optional<FoundInode> found;  // where it had to be looked up

  FileType type() const { return found ? found->attributes.type : stored.type; }
  ObjectKey key() const { return {directory.layer->file_system, stored.number}; }
  // REQUIRES: it was looked up.
  FoundInstance instance(const Layers& layers) const { return layers.found_at(directory, stored.name, *found); }
  Status look_up() {
    if (found) return {};
    auto looked_up = directory.layer->store->lookup(directory.inode, stored.name);
    if (!looked_up.ok()) return looked_up.error();
    found = std::move(*looked_up);
    return {};
  }
};

// Looks the entry up only where its type in the listing leaves it open whether it is a whiteout.
Result<bool> OverlayEngine::is_hidden(VisibleEntry& entry, MarkedWhiteouts marked) const {
  const StoredEntry& stored = entry.stored;
  const bool has_marks = marked == MarkedWhiteouts::kYes;
  const bool may_be_marked = has_marks && stored.type == FileType::kRegular;
  if (stored.type_known && stored.type != FileType::kCharDevice && !may_be_marked) return false;
  if (stored.type_known && stored.type == FileType::kCharDevice) {
    const auto device = entry.directory.layer->store->look_at(entry.directory.inode, stored.name);
    if (!device.ok()) return device.error();
    return is_whiteout_device(*device);
  }
  const Status looked_up = entry.look_up();
  if (!looked_up.ok()) return looked_up.error();
  const Attributes& attributes = entry.found->attributes;
  if (is_whiteout_device(attributes)) return true;
  if (!has_marks || attributes.type != FileType::kRegular || attributes.size != 0) return false;
  auto mark = layers_.private_xattr(entry.instance(layers_).instance(), names::kWhiteout);
  if (!mark.ok()) return mark.error();
  return mark->has_value();
}

Status OverlayEngine::visit_instance(const Instance& instance, Merging& merging, const Visit& visit) const {
  auto entries = instance.layer->store->entries(instance.inode);
  if (!entries.ok()) return entries.error();
  MarkedWhiteouts marked = MarkedWhiteouts::kNo;
  if (instance.layer->depth != 0) {
    auto opaque = layers_.private_xattr(instance, names::kOpaque);
    if (!opaque.ok()) return opaque.error();
    if (*opaque && **opaque == "x") marked = MarkedWhiteouts::kYes;
  }
  for (StoredEntry& stored : *entries) {
    if (merging.has_above && merging.decided.contains(stored.name)) continue;
    if (merging.has_below) merging.decided.insert(stored.name);
    VisibleEntry entry{instance, std::move(stored), std::nullopt};
    auto hidden = is_hidden(entry, marked);
    if (!hidden.ok()) return hidden.error();
    if (!*hidden) OVLSPEC_TRY(visit(entry));
  }
  return {};
}

Status OverlayEngine::visit_entries(const Node& directory, const Visit& visit) const {
  Merging merging;
  merging.has_below = !directory.lowers.empty();
  if (directory.upper) {
    OVLSPEC_TRY(visit_instance({layers_.upper.get(), directory.upper}, merging, visit));
    merging.has_above = true;
  }
  for (const Instance& lower : directory.lowers) {
    merging.has_below = &lower != &directory.lowers.back();
    OVLSPEC_TRY(visit_instance(lower, merging, visit));
    merging.has_above = true;
  }
  return {};
}

// A directory whose own directories are still to be listed. One of each level is held, however deep the tree.
struct OverlayEngine::Listed {
  std::unique_ptr<Node> owned;  // null for the root
  std::vector<std::pair<std::string, InodeNumber>> below;
};

Status OverlayEngine::list_for_walk(const Node& directory, InodeNumber number, const TreeVisit& visit,
                                    Listed& listed) const {
  return visit_entries(directory, [&](VisibleEntry& entry) -> Status {
    auto told = visit(number, entry);
    if (!told.ok()) return told.error();
    if (entry.type() == FileType::kDirectory) listed.below.emplace_back(entry.stored.name, *told);
    return {};
  });
}

Status OverlayEngine::visit_tree(InodeNumber root, const TreeVisit& visit) const {
  std::vector<Listed> levels(1);
  OVLSPEC_TRY(list_for_walk(*root_, root, visit, levels.front()));
  while (!levels.empty()) {
    if (levels.back().below.empty()) {
      levels.pop_back();
      continue;
    }
    const auto [name, number] = std::move(levels.back().below.back());
    levels.back().below.pop_back();
    const Node& parent = levels.back().owned ? *levels.back().owned : *root_;
    auto child = merged_directory(parent, name);
    Listed next;
    const Status read = child.ok() ? list_for_walk(**child, number, visit, next) : Status(child.error());
    // What cannot be read shows nothing to anybody else, either.
    const bool shows_nothing =
        read.error() == Errno::kEACCES || read.error() == Errno::kENOENT || read.error() == Errno::kENOTDIR;
    if (!read.ok() && !shows_nothing) return read;
    if (!read.ok()) continue;
    next.owned = std::move(*child);
    levels.push_back(std::move(next));
  }
  return {};
}

Status OverlayEngine::count_names(LinkCounts::Counts& counts) const {
  return visit_tree(0, [&](InodeNumber, VisibleEntry& entry) -> Result<InodeNumber> {
    if (entry.type() != FileType::kDirectory) ++counts[entry.key()];
    return InodeNumber{0};
  });
}

// No node is made for what the walk meets. What stays without a number is in the map by one that is no object's, since
// the way to others may lead through it.
Status OverlayEngine::map_names(NameMap::Places& places, Unmapped unmapped) {
  InodeNumber nobodys = InodeNumber{1} << 63;  // bit 63 of a number is zero
  return visit_tree(root_->number, [&](InodeNumber directory, VisibleEntry& entry) -> Result<InodeNumber> {
    auto shown = listed_number(entry, unmapped);
    if (!shown.ok()) return shown;
    const InodeNumber number = *shown == kNoNumber ? nobodys++ : *shown;
    places.insert_or_assign(number, NameMap::Place{.directory = directory, .name = entry.stored.name});
    return number;
  });
}

// What the directory of this name merges, in no node of the table.
Result<std::unique_ptr<Node>> OverlayEngine::merged_directory(const Node& parent, const std::string& name) const {
  Search search(layers_, *root_, parent, name, Search::From::kUpper);
  auto merged = std::make_unique<Node>();
  merged->type = FileType::kDirectory;
  for (;;) {
    auto found = search.next();
    if (!found.ok()) return found.error();
    if (!*found) break;
    if ((*found)->found.attributes.type != FileType::kDirectory) return Errno::kENOTDIR;
    if ((*found)->layer->depth == 0) {
      merged->upper = (*found)->found.inode;
    } else {
      merged->lowers.push_back((*found)->instance());
    }
  }
  merged->redirect = search.upper_redirect();
  return merged;
}

Result<InodeNumber> OverlayEngine::listed_recorded_number(const FoundInstance& found, Unmapped unmapped) {
  const ObjectKey key = key_of(*found.layer, found.found);
  if (const auto held = table_.held_number(key)) return *held;
  auto record = record_of(found);
  if (!record.ok()) return record.error();
  auto number = kept_number(found, *record, unmapped);
  if (!number.ok()) return number.error();
  if (*number == kNoNumber) return kNoNumber;
  return table_.number(key, *number);
}

// Entries are looked up only where the backing's listing does not say enough: objects of a layer whose numbers may be
// recorded, and, once the index has entries, lower files.
Result<InodeNumber> OverlayEngine::listed_number(VisibleEntry& entry, Unmapped unmapped) {
  const bool is_upper = entry.directory.layer->depth == 0;
  auto no_aliases = parts_ && !is_upper ? parts_->index.empty() : Result<bool>(true);
  if (!no_aliases.ok()) return no_aliases.error();
  const bool is_plain = options_.map == nullptr && !entry.directory.layer->has_records &&
                        (entry.type() == FileType::kDirectory || *no_aliases);
  if (is_plain) return table_.number(entry.key(), std::nullopt);
  if (const auto held = table_.held_number(entry.key())) return *held;
  const Status looked_up = entry.look_up();
  if (!looked_up.ok()) return looked_up.error();
  if (is_upper) return listed_recorded_number(entry.instance(layers_), unmapped);
  auto alias = alias_of(entry.instance(layers_));
  if (!alias.ok()) return alias.error();
  if (*alias) return listed_recorded_number({layers_.upper.get(), (*alias)->upper}, unmapped);
  return listed_recorded_number(entry.instance(layers_), unmapped);
}

// In the order of offsets. Names whose digests are equal, by a chance of one in 2^62 for two of them, have offsets next
// to each other; these can change when one of them goes.
void OverlayEngine::order(std::vector<ListedEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const ListedEntry& left, const ListedEntry& right) {
    return std::tie(left.next_offset, left.entry.name) < std::tie(right.next_offset, right.entry.name);
  });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    entries[i].next_offset = std::max(entries[i].next_offset, entries[i - 1].next_offset + 1);
  }
}

Result<std::vector<ListedEntry>> OverlayEngine::snapshot(const NodePtr& directory) {
  std::vector<ListedEntry> entries;
  const auto add = [&entries](std::string name, InodeNumber number, FileType type, std::uint64_t offset) {
    entries.push_back({.entry = {.name = std::move(name), .number = number, .type = type, .type_known = true},
                       .next_offset = offset});
  };
  add(".", directory->number, FileType::kDirectory, kSelfOffset);
  add("..", parent_of(*directory)->number, FileType::kDirectory, kParentOffset);
  OVLSPEC_TRY(visit_entries(*directory, [&](VisibleEntry& entry) -> Status {
    auto number = listed_number(entry, Unmapped::kGetsANumber);
    if (!number.ok()) return number.error();
    const std::uint64_t offset = offset_of(entry.stored.name);
    add(std::move(entry.stored.name), *number, entry.type(), offset);
    return {};
  }));
  order(entries);
  return entries;
}

// Stops at the first name.
Status OverlayEngine::check_empty(const Node& directory) const {
  return visit_entries(directory, [](VisibleEntry&) { return Status(Errno::kENOTEMPTY); });
}

Result<OpenDirectoryRef> OverlayEngine::open_directory(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  if (!(*found)->is_directory()) return Errno::kENOTDIR;
  return std::make_shared<OpenDirectory>(table_, *found);
}

bool OverlayEngine::may_keep_listing(const OpenDirectoryRef& directory) {
  const std::shared_lock lock(namespace_);
  return !directory->held.node()->was_moved;
}

Status OverlayEngine::list(const OpenDirectoryRef& directory, std::uint64_t offset,
                           const std::function<bool(const ListedEntry&)>& sink) {
  OpenDirectory::Entries entries;
  bool some_went = false;
  {
    const std::shared_lock lock(namespace_);
    const Node& node = *directory->held.node();
    if (node.removed) return Errno::kENOENT;
    const std::lock_guard guard(directory->mutex);
    if (offset == 0 || !directory->entries || directory->names_come != node.names_come) {
      auto made = snapshot(directory->held.node());
      if (!made.ok()) return made.error();
      directory->entries = std::make_shared<const std::vector<ListedEntry>>(std::move(*made));
      directory->names_come = node.names_come;
      directory->names_gone = node.names_gone;
    }
    some_went = directory->names_gone != node.names_gone;
    entries = directory->entries;
  }
  auto next = std::upper_bound(entries->begin(), entries->end(), offset,
                               [](std::uint64_t at, const ListedEntry& entry) { return at < entry.next_offset; });
  // Without a lock, so that the caller may look entries up.
  for (; next != entries->end(); ++next) {
    if (some_went && !shows(*directory->held.node(), next->entry.name)) continue;
    if (!sink(*next)) break;
  }
  return {};
}

// What cannot be asked is taken as it was.
bool OverlayEngine::shows(const Node& directory, std::string_view name) const {
  if (name == "." || name == "..") return true;
  const std::shared_lock lock(namespace_);
  Search search(layers_, *root_, directory, name, Search::From::kUpper);
  const auto found = search.next();
  return !found.ok() || found->has_value();
}

Status OverlayEngine::sync_directory(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = directory(id);
  // A removed directory that is still open has nothing left to make durable.
  if (!found.ok()) return found.error() == Errno::kENOENT ? Status() : found.error();
  if (options_.durability == Durability::kVolatile || !(*found)->upper) return {};
  return parts_->store.sync_inode((*found)->upper);
}

}  // namespace ovlspec::impl
