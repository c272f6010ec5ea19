// Removing names: a whiteout is left exactly where a lower layer would show something.
#include "impl/engine/overlay_engine.h"

namespace ovlspec::impl {

Status OverlayEngine::make_whiteout_at(const NodePtr& parent, std::string_view name) {
  return parts_->store.make_whiteout(parent->upper, name);
}

Status OverlayEngine::remove_upper_name(const NodePtr& parent, std::string_view name, Leave leave) {
  switch (leave) {
    case Leave::kNothing: return parts_->store.unlink(parent->upper, name);
    case Leave::kWhiteout: break;
  }
  auto temporary = parts_->work.make_whiteout();
  if (!temporary.ok()) return temporary.error();
  const Status moved =
      parts_->store.rename(parts_->work.temporary(), *temporary, parent->upper, name, StoreRename::kReplace);
  if (!moved.ok()) static_cast<void>(parts_->work.discard(*temporary));
  return moved;
}

// The directory shows as empty; what is in it are whiteouts, which go with it.
Status OverlayEngine::remove_upper_directory(const NodePtr& parent, std::string_view name, const Node& node,
                                             Leave leave) {
  LayerStore& store = parts_->store;
  auto entries = store.entries(node.upper);
  if (!entries.ok()) return entries.error();
  std::string temporary;
  switch (leave) {
    case Leave::kNothing:
      if (entries->empty()) return store.remove_directory(parent->upper, name);
      temporary = parts_->work.fresh_name();
      OVLSPEC_TRY(store.rename(parent->upper, name, parts_->work.temporary(), temporary, StoreRename::kReplace));
      return discard_whiteouts(node.upper, temporary);
    case Leave::kWhiteout: break;
  }
  auto made = parts_->work.make_whiteout();
  if (!made.ok()) return made.error();
  temporary = std::move(*made);
  const Status moved = store.rename(parts_->work.temporary(), temporary, parent->upper, name, StoreRename::kExchange);
  if (moved.ok()) return discard_whiteouts(node.upper, temporary);
  static_cast<void>(parts_->work.discard(temporary));
  return moved;
}

// Somebody may hold the directory; its times are those of its removal.
Status OverlayEngine::discard_whiteouts(const InodeRef& directory, const std::string& temporary) {
  auto before = parts_->store.attributes(directory);
  static_cast<void>(parts_->work.discard(temporary));
  if (before.ok()) restore_times(directory, *before);
  return {};
}

// A name of an upper inode that shows from a lower layer goes like any other lower name: with a whiteout.
Status OverlayEngine::prepare_removal(Reached& reached, const NodePtr& parent, std::string_view name) {
  const NodePtr& node = reached.node.node();
  if (reached.upper_here) return keep_other_names(node, {parent.get(), name});
  if (node->upper) return {};
  if (!reached.backing) return Errno::kEIO;           // the search read what it found in a lower layer
  auto shown = shown_links(*node, *reached.backing);  // counted while the name is there
  if (!shown.ok()) return shown.error();
  reached.has_lower_links = reached.backing->links > 1;
  return {};
}

Status OverlayEngine::unlink(NodeId parent, std::string_view name) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  ++changes_;
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if (name == "." || name == "..") return Errno::kEISDIR;
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  if (!reached->node) return Errno::kENOENT;
  ++(*holder)->names_gone;
  const NodePtr& node = reached->node.node();
  if (node->is_directory()) return Errno::kEISDIR;
  OVLSPEC_TRY(check_removal(**holder, *node));
  auto lower = below(*reached, **holder, name);
  if (!lower.ok()) return lower.error();
  OVLSPEC_TRY(prepare_removal(*reached, *holder, name));
  OVLSPEC_TRY(copy_up_directory(*holder));
  if (reached->upper_here) {
    auto taken = take_index_of_last_name(*node);
    if (!taken.ok()) return taken.error();
    const Status removed = remove_upper_name(*holder, name, *lower ? Leave::kWhiteout : Leave::kNothing);
    OVLSPEC_TRY(finish_removal(node, *taken, removed));
    remove_entry_record(upper_object(*node), {(*holder)->upper, name});
  } else {
    OVLSPEC_TRY(make_whiteout_at(*holder, name));
  }
  name_removed(*reached, *holder, name);
  return {};
}

Status OverlayEngine::remove_directory(NodeId parent, std::string_view name) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  ++changes_;
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if (name == ".") return Errno::kEINVAL;
  if (name == "..") return Errno::kENOTEMPTY;
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  if (!reached->node) return Errno::kENOENT;
  ++(*holder)->names_gone;
  const NodePtr& node = reached->node.node();
  if (!node->is_directory()) return Errno::kENOTDIR;
  OVLSPEC_TRY(check_removal(**holder, *node));
  OVLSPEC_TRY(check_empty(*node));
  auto lower = below(*reached, **holder, name);
  if (!lower.ok()) return lower.error();
  OVLSPEC_TRY(copy_up_directory(*holder));
  if (node->upper) {
    OVLSPEC_TRY(remove_upper_directory(*holder, name, *node, *lower ? Leave::kWhiteout : Leave::kNothing));
  } else {
    OVLSPEC_TRY(make_whiteout_at(*holder, name));
  }
  name_removed(*reached, *holder, name);
  return {};
}

}  // namespace ovlspec::impl
