// Making objects and hard links.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/prepared_copy.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

// A set-group-id directory gives its group to what is made in it, and the bit to directories.
NewInode with_inherited_group(NewInode inode, const Attributes& parent) {
  if ((parent.mode & kSetGid) == 0) return inode;
  inode.gid = parent.gid;
  if (inode.type == FileType::kDirectory) inode.mode |= kSetGid;
  return inode;
}

}  // namespace

Status OverlayEngine::check_new_name(std::string_view name) const {
  const bool is_refused =
      options_.file_whiteout_names == FileWhiteoutNames::kRefused && name.starts_with(names::kFileWhiteout);
  return is_refused ? Errno::kEINVAL : Status();
}

Result<std::optional<std::string>> OverlayEngine::default_list(const Node& upper_directory) const {
  if (upper_directory.lacks_default_list) return std::optional<std::string>();
  auto given = parts_->store.xattr(upper_directory.upper, kDefaultList);
  if (given.ok()) return std::optional<std::string>(std::move(*given));
  if (given.error() != Errno::kENODATA && given.error() != Errno::kEOPNOTSUPP) return given.error();
  upper_directory.lacks_default_list = true;
  return std::optional<std::string>();
}

// Takes what `made` inherits off its mode. The lists that it is to have; none of them where it inherits nothing.
Result<std::optional<InheritedLists>> OverlayEngine::inherited_lists(const Node& upper_directory,
                                                                     NewInode& made) const {
  std::optional<InheritedLists> lists;
  if (options_.access_lists == AccessLists::kInherited && made.type != FileType::kSymlink) {
    const auto given = default_list(upper_directory);
    if (!given.ok()) return given.error();
    if (*given) {
      auto inherited = inherit(**given, made.type, made.mode);
      if (!inherited.ok()) return inherited.error();
      lists = std::move(*inherited);
    }
  }
  made.mode = lists ? lists->mode : made.mode & ~made.umask;
  return lists;
}

Status OverlayEngine::set_lists(const InodeRef& inode, const InheritedLists& lists) {
  if (!lists.access.empty()) OVLSPEC_TRY(parts_->store.set_xattr(inode, kAccessList, lists.access, XattrMode::kAny));
  if (lists.for_objects.empty()) return {};
  return parts_->store.set_xattr(inode, kDefaultList, lists.for_objects, XattrMode::kAny);
}

// Complete in the work directory, whose own lists give nothing to what is made there, then one rename.
Result<FoundInode> OverlayEngine::place_with_lists(const NodePtr& parent, std::string_view name, const NewInode& inode,
                                                   const InheritedLists& lists) {
  auto made = parts_->work.make(inode);
  if (!made.ok()) return made.error();
  Status placed = set_lists(made->found.inode, lists);
  if (placed.ok()) {
    placed = parts_->store.rename(parts_->work.temporary(), made->name, parent->upper, name, StoreRename::kNoReplace);
  }
  if (placed.ok()) return std::move(made->found);
  static_cast<void>(parts_->work.discard(made->name));
  return placed.error();
}

Status OverlayEngine::set_opaque(const InodeRef& upper_directory) {
  return parts_->store.set_xattr(upper_directory, layers_.private_name(names::kOpaque), "y", XattrMode::kAny);
}

// The new object takes the whiteout's place in one step; a directory hides what the whiteout hid.
Result<FoundInode> OverlayEngine::place_over_whiteout(const NodePtr& parent, std::string_view name,
                                                      const NewInode& inode,
                                                      const std::optional<InheritedLists>& lists) {
  auto made = parts_->work.make(inode);
  if (!made.ok()) return made.error();
  const bool is_directory = inode.type == FileType::kDirectory;
  Status placed = is_directory ? set_opaque(made->found.inode) : Status();
  if (placed.ok() && lists) placed = set_lists(made->found.inode, *lists);
  if (placed.ok()) {
    placed = parts_->store.rename(parts_->work.temporary(), made->name, parent->upper, name,
                                  is_directory ? StoreRename::kExchange : StoreRename::kReplace);
  }
  // After an exchange the temporary name is the whiteout's.
  if (!placed.ok() || is_directory) static_cast<void>(parts_->work.discard(made->name));
  if (!placed.ok()) return placed.error();
  return std::move(made->found);
}

// REQUIRES: the directory is in the upper layer, and the name shows nothing.
Result<OverlayEngine::MadeObject> OverlayEngine::place_new(const NodePtr& parent, std::string_view name,
                                                           const NewInode& inode, const Reached& slot) {
  auto above = parts_->store.attributes(parent->upper);
  if (!above.ok()) return above.error();
  NewInode made = with_inherited_group(inode, *above);
  auto lists = inherited_lists(*parent, made);
  if (!lists.ok()) return lists.error();
  auto found = slot.upper_whiteout ? place_over_whiteout(parent, name, made, *lists)
               : *lists            ? place_with_lists(parent, name, made, **lists)
                                   : parts_->store.create(parent->upper, name, made);
  if (!found.ok()) return found.error();
  return MadeObject{.found = std::move(*found),
                    .attributes_are_last = !slot.upper_whiteout && !*lists,
                    .inherited_lists = lists->has_value()};
}

Result<NodeEntry> OverlayEngine::create(NodeId parent, std::string_view name, const NewInode& inode) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  ++changes_;
  if (inode.type == FileType::kCharDevice && inode.device == Device{}) return Errno::kEPERM;
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if (name == "." || name == "..") return Errno::kEEXIST;
  auto slot = reach(*holder, name);
  if (!slot.ok()) return slot.error();
  if (slot->node) return Errno::kEEXIST;
  ++(*holder)->names_come;
  OVLSPEC_TRY(check_new_name(name));
  OVLSPEC_TRY(check_mutable(**holder));
  OVLSPEC_TRY(copy_up_directory(*holder));
  auto made = place_new(*holder, name, inode, *slot);
  if (!made.ok()) return made.error();
  const FoundInstance top{layers_.upper.get(), std::move(made->found)};
  auto fresh = std::make_shared<Node>();
  fresh->type = top.found.attributes.type;
  fresh->upper = top.found.inode;
  fresh->upper_key = key_of(*top.layer, top.found);
  fresh->generation = generation_of(top);
  fresh->on_upper.store(true, std::memory_order_release);
  fresh->protection = 0;
  fresh->lacks_default_list = !made->inherited_lists;
  if (!fresh->is_directory()) link_counts_.added(*fresh->upper_key);
  auto number = kept_number(top, std::nullopt);
  if (!number.ok()) return number.error();
  const auto known = made->attributes_are_last ? std::optional(top.found.attributes) : std::nullopt;
  return entry(table_.insert({*fresh->upper_key, *holder, name}, fresh, *number), known);
}

// In one step, also where a whiteout stands there.
Status OverlayEngine::place_link(const InodeRef& inode, const DirectoryEntryPlace& at, const Reached& slot) {
  if (!slot.upper_whiteout) return parts_->store.link(inode, at.directory, at.name);
  const std::string temporary = parts_->work.fresh_name();
  OVLSPEC_TRY(parts_->store.link(inode, parts_->work.temporary(), temporary));
  const Status moved =
      parts_->store.rename(parts_->work.temporary(), temporary, at.directory, at.name, StoreRename::kReplace);
  if (!moved.ok()) static_cast<void>(parts_->work.discard(temporary));
  return moved;
}

Result<NodeEntry> OverlayEngine::link(NodeId node, NodeId parent, std::string_view name) {
  return with_prepared_copy([&](PreparedCopy& prepared) { return try_link(node, parent, name, prepared); });
}

Result<NodeEntry> OverlayEngine::try_link(NodeId id, NodeId parent, std::string_view name, PreparedCopy& prepared) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  ++changes_;
  auto linked = node(id);
  if (!linked.ok()) return linked.error();
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if ((*linked)->is_directory()) return Errno::kEPERM;
  if (name == "." || name == "..") return Errno::kEEXIST;
  auto slot = reach(*holder, name);
  if (!slot.ok()) return slot.error();
  if (slot->node) return Errno::kEEXIST;
  if ((*linked)->removed) return Errno::kENOENT;
  ++(*holder)->names_come;
  OVLSPEC_TRY(check_new_name(name));
  OVLSPEC_TRY(check_mutable(**holder));
  OVLSPEC_TRY(check_free(**linked));
  if (prepared.is_wanted(*linked)) return Errno::kEAGAIN;
  OVLSPEC_TRY(copy_up(*linked, CopyUp{.place = {}, .change = nullptr, .prepared = &prepared}));
  OVLSPEC_TRY(copy_up_directory(*holder));
  const DirectoryEntryPlace at{(*holder)->upper, name};
  if (!layers_.takes_private_xattrs((*linked)->type)) {
    auto other = some_name(**linked, Beside{});
    if (!other.ok()) return other.error();
    if (*other && (*other)->parent->upper)
      OVLSPEC_TRY(copy_entry_record(upper_object(**linked), {(*other)->parent->upper, (*other)->name}, at));
  }
  const Status shown = place_link((*linked)->upper, at, *slot);
  if (!shown.ok()) remove_entry_record(upper_object(**linked), at);
  OVLSPEC_TRY(shown);
  link_counts_.added(*(*linked)->upper_key);
  table_.add_name(*linked, *holder, name);
  table_.pin(*linked);
  return entry(Pin(table_, *linked), std::nullopt);
}

}  // namespace ovlspec::impl
