// Copy up: an object of a lower layer gets an upper inode. Nothing of it shows before it is complete.
#include "impl/engine/inode_copy.h"
#include "impl/engine/overlay_engine.h"
#include "impl/engine/prepared_copy.h"
#include "impl/engine/rights.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr Mode kOwnerReadWrite = 0600;

constexpr auto kCopyUp = WorkDirectory::Purpose::kCopyUp;

TimeChange set_to(const Time& time) { return {.kind = TimeChange::Kind::kSet, .value = time}; }

// Where the upper inode takes no attributes of this kind, the identity lasts for this mount alone.
bool takes_no_attribute(Errno error) { return error == Errno::kEPERM || error == Errno::kEOPNOTSUPP; }

}  // namespace

void OverlayEngine::restore_times(const InodeRef& upper_directory, const Attributes& before) {
  StoreChange times;
  times.access_time = set_to(before.access_time);
  times.modify_time = set_to(before.modify_time);
  static_cast<void>(parts_->store.change(upper_directory, times));
}

Status OverlayEngine::copy_up(const NodePtr& node, const CopyUp& how) {
  if (node->upper) return node->data ? copy_data_up(*node) : Status();
  OVLSPEC_TRY(check_writable());
  std::optional<NodeName> place;
  if (!node->removed) {
    auto known = how.place ? Result<std::optional<NodeName>>(how.place) : some_name(*node, Beside{});
    if (!known.ok()) return known.error();
    place = std::move(*known);
  }
  if (place) OVLSPEC_TRY(copy_up_directories(place->parent));
  return copy_up_at(node, place, how);
}

// From the highest that is not there down: a tree of any depth takes no more of the stack than a flat one.
Status OverlayEngine::copy_up_directories(NodePtr lowest) {
  std::vector<std::pair<NodePtr, NodeName>> missing;
  while (!lowest->upper && !lowest->removed) {
    auto name = some_name(*lowest, Beside{});
    if (!name.ok()) return name.error();
    if (!*name) return Errno::kENOENT;
    NodePtr above = (*name)->parent;
    missing.emplace_back(std::move(lowest), std::move(**name));
    lowest = std::move(above);
  }
  if (!lowest->upper) OVLSPEC_TRY(copy_up_at(lowest, std::nullopt, CopyUp{}));
  for (; !missing.empty(); missing.pop_back())
    OVLSPEC_TRY(copy_up_at(missing.back().first, missing.back().second, CopyUp{}));
  return {};
}

// REQUIRES: the directory of `place` is in the upper layer; without one the copy gets no name.
Status OverlayEngine::copy_up_at(const NodePtr& node, const std::optional<NodeName>& place, const CopyUp& how) {
  const Instance instance = node->lowers.front();
  auto attributes = instance.layer->store->attributes(instance.inode);
  if (!attributes.ok()) return attributes.error();
  const bool is_device = node->type == FileType::kCharDevice || node->type == FileType::kBlockDevice;
  if (is_device && instance.layer->withheld.devices) return Errno::kEPERM;
  attributes->mode = mode_without_withheld(*instance.layer, *attributes);
  const FoundInstance lower{instance.layer, {instance.inode, *attributes}};
  std::string index_name;
  if (!node->is_directory() && attributes->links > 1) {
    auto origin = origin_of(lower);
    if (!origin.ok()) return origin.error();
    index_name = origin->index_name();
  }
  auto made = make_copy(*node, lower, how);
  if (!made.ok()) return made.error();
  if (!index_name.empty()) {
    // Without its origin on it the copy would not be known as the index's: then the hard link breaks.
    auto origin = layers_.private_xattr({layers_.upper.get(), made->found.inode}, names::kOrigin);
    if (!origin.ok() || !*origin) index_name.clear();
  }
  const Status placed = place_claimed(node, place, *made, index_name);
  if (!placed.ok()) static_cast<void>(parts_->work.discard(made->name));
  return placed;
}

NewInode OverlayEngine::inode_for(const Attributes& attributes) {
  NewInode inode{.type = attributes.type,
                 .mode = attributes.mode,
                 .uid = attributes.uid,
                 .gid = attributes.gid,
                 .device = attributes.device,
                 .symlink_target = {}};
  // A mounter without privilege can write the copy only where its owner can.
  if (attributes.type == FileType::kRegular) inode.mode |= kOwnerReadWrite;
  return inode;
}

Result<WorkDirectory::Made> OverlayEngine::make_copy(const Node& node, const FoundInstance& lower, const CopyUp& how) {
  const Attributes& attributes = lower.found.attributes;
  NewInode inode = inode_for(attributes);
  if (attributes.type == FileType::kSymlink) {
    auto target = lower.layer->store->symlink_target(lower.found.inode);
    if (!target.ok()) return target.error();
    inode.symlink_target = std::move(*target);
  }
  auto made = how.prepared != nullptr && how.prepared->is_of(lower) ? Result<WorkDirectory::Made>(how.prepared->take())
                                                                    : parts_->work.make(inode, kCopyUp);
  if (!made.ok()) return made;
  const Status filled = fill_copy(node, lower, *made, how);
  if (filled.ok()) return made;
  static_cast<void>(parts_->work.discard(made->name));
  return filled.error();
}

Status OverlayEngine::fill_copy(const Node& node, const FoundInstance& lower, const WorkDirectory::Made& made,
                                const CopyUp& how) {
  const FoundInode& copy = made.found;
  const Instance to{layers_.upper.get(), copy.inode};
  FileRef opened;
  if (node.type == FileType::kRegular) {
    FileSize size = lower.found.attributes.size;
    if (how.change != nullptr && how.change->size) size = std::min(size, *how.change->size);
    if (node.data && node.data->layer == nullptr) return Errno::kEIO;
    const bool is_there = how.prepared != nullptr && how.prepared->is_taken();
    auto copied = is_there ? Result<FileRef>(how.prepared->opened())
                           : copy_data(node.data ? *node.data : lower.instance(), to, size);
    if (!copied.ok()) return copied.error();
    opened = std::move(*copied);
  }
  OVLSPEC_TRY(copy_xattrs(layers_, lower.instance(), to));
  const auto flags = protection(node);
  if (!flags.ok()) return flags.error();
  if (*flags != 0) OVLSPEC_TRY(write_protection(copy.inode, *flags));
  if (!node.removed) OVLSPEC_TRY(write_identity(node, lower, made));
  OVLSPEC_TRY(finish_copy(lower, copy.inode, how.change));
  if (options_.durability == Durability::kVolatile || node.type != FileType::kRegular) return {};
  return sync_file(to, std::move(opened));
}

IdentityRecord OverlayEngine::record_for(const Node& node, const FoundInstance& lower, const FoundInode& copy) {
  return {.number = forgets_numbers() ? 0 : node.number,
          .generation = node.generation,
          .origin_file_system = table_.tag(key_of(*lower.layer, lower.found).file_system),
          .origin_inode = lower.found.attributes.number,
          .upper_inode = copy.attributes.number,
          .upper_generation = generation_of({layers_.upper.get(), copy}),
          .origin_links = lower.found.attributes.links};
}

// The copy's name in the work directory is one of its names, too: after a crash its claim is told by the record.
Status OverlayEngine::write_identity(const Node& node, const FoundInstance& lower, const WorkDirectory::Made& made) {
  const IdentityRecord record = record_for(node, lower, made.found);
  if (!layers_.takes_private_xattrs(node.type))
    return write_entry_record({parts_->work.temporary(), made.name}, record);
  const InodeRef& copy = made.found.inode;
  const Status written =
      parts_->store.set_xattr(copy, layers_.private_name(names::kIdentity), encode_record(record), XattrMode::kAny);
  if (!written.ok()) return takes_no_attribute(written.error()) ? Status() : written;
  auto origin = origin_of(lower);
  if (!origin.ok()) return origin.error();
  return parts_->store.set_xattr(copy, layers_.private_name(names::kOrigin), origin->bytes, XattrMode::kAny);
}

// The lower's mode and times, and the change over them.
Status OverlayEngine::finish_copy(const FoundInstance& lower, const InodeRef& copy, const StoreChange* change) {
  const Attributes& attributes = lower.found.attributes;
  StoreChange last;
  last.access_time = set_to(attributes.access_time);
  last.modify_time = set_to(attributes.modify_time);
  const bool is_wider = attributes.type == FileType::kRegular && (attributes.mode | kOwnerReadWrite) != attributes.mode;
  if (is_wider) last.mode = attributes.mode;
  if (change != nullptr) {
    if (change->mode) last.mode = change->mode;
    last.uid = change->uid;
    last.gid = change->gid;
    if (change->size) {
      StoreChange resize;
      resize.size = change->size;
      OVLSPEC_TRY(parts_->store.change(copy, resize));
      last.modify_time.kind = TimeChange::Kind::kNow;
    }
    if (change->access_time.kind != TimeChange::Kind::kOmit) last.access_time = change->access_time;
    if (change->modify_time.kind != TimeChange::Kind::kOmit) last.modify_time = change->modify_time;
  }
  return parts_->store.change(copy, last);
}

void OverlayEngine::adopt_upper(const NodePtr& node, const FoundInode& copy, Placed placed) {
  node->upper = copy.inode;
  node->upper_key = key_of(*layers_.upper, copy);
  if (placed == Placed::kNamed && !node->is_directory()) {
    link_counts_.removed(*node->lower_key);
    link_counts_.added(*node->upper_key);
  }
  const bool is_indexed = !node->index_name.empty();
  table_.moved_to_upper(node, is_indexed ? NodeTable::LowerKey::kKept : NodeTable::LowerKey::kForgotten);
  if (is_indexed) node->origin = node->lowers.front().inode;
  if (!node->is_directory()) node->lowers.clear();
  node->data.reset();
  node->on_upper.store(true, std::memory_order_release);
}

// Makes the copy show under `place`; without one it loses its only name.
Status OverlayEngine::show_copy(const Node& node, const std::optional<NodeName>& place,
                                const WorkDirectory::Made& made) {
  const InodeRef& work = parts_->work.temporary();
  if (!place && node.is_directory()) return parts_->store.remove_directory(work, made.name);
  if (!place) return parts_->store.unlink(work, made.name);
  const InodeRef& directory = place->parent->upper;
  auto before = parts_->store.attributes(directory);
  if (!before.ok()) return before.error();
  const UpperObject object{node.type, made.found.attributes.number};
  const DirectoryEntryPlace from{work, made.name};
  const DirectoryEntryPlace to{directory, place->name};
  OVLSPEC_TRY(copy_entry_record(object, from, to));
  const Status moved = parts_->store.rename(work, made.name, directory, place->name, StoreRename::kNoReplace);
  remove_entry_record(object, moved.ok() ? from : to);
  OVLSPEC_TRY(moved);
  restore_times(directory, *before);
  return {};
}

Status OverlayEngine::place_claimed(const NodePtr& node, const std::optional<NodeName>& place,
                                    const WorkDirectory::Made& made, const std::string& index_name) {
  if (!place) return place_copy(node, place, made);
  const auto put = [&] {
    return index_name.empty() ? place_copy(node, place, made) : place_indexed(node, place, made, index_name);
  };
  if (forgets_numbers()) return put();
  OVLSPEC_TRY(claim(node->number));
  const Status placed = put();
  placed.ok() ? keep_claim() : take_claim_back(node->number);
  return placed;
}

Status OverlayEngine::place_copy(const NodePtr& node, const std::optional<NodeName>& place,
                                 const WorkDirectory::Made& made) {
  OVLSPEC_TRY(show_copy(*node, place, made));
  adopt_upper(node, made.found, place ? Placed::kNamed : Placed::kNameless);
  return {};
}

// The index entry comes first and counts for nothing until the upper inode has a name.
Status OverlayEngine::place_indexed(const NodePtr& node, const std::optional<NodeName>& place,
                                    const WorkDirectory::Made& made, const std::string& index_name) {
  auto shown = shown_links(*node);
  if (!shown.ok()) return shown.error();
  OVLSPEC_TRY(write_link_count(made.found.inode, *shown, 2));  // the index entry and the name
  OVLSPEC_TRY(parts_->index.add(made.found.inode, index_name));
  const Status showed = show_copy(*node, place, made);
  if (!showed.ok()) {
    static_cast<void>(parts_->index.remove(index_name));
    return showed;
  }
  node->index_name = index_name;
  adopt_upper(node, made.found, Placed::kNamed);
  return {};
}

Status OverlayEngine::make_upper_name(Reached& reached, const NodePtr& parent, std::string_view name,
                                      PreparedCopy* prepared) {
  const NodePtr& node = reached.node.node();
  // The layers below would not find its data under another name.
  if (node->upper && node->data) OVLSPEC_TRY(copy_data_up(*node));
  if (reached.upper_here) return {};
  if (!node->upper) {
    OVLSPEC_TRY(
        copy_up(node, CopyUp{.place = NodeName{parent, std::string(name)}, .change = nullptr, .prepared = prepared}));
  } else {
    OVLSPEC_TRY(link_up(node, parent, name));
  }
  reached.upper_here = true;
  return {};
}

}  // namespace ovlspec::impl
