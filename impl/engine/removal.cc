// Removing names: a whiteout is left exactly where a lower layer would show something.
#include "impl/engine/overlay_engine.h"

namespace ovlspec::impl {

Status OverlayEngine::make_whiteout_at(const NodePtr& parent, std::string_view name) {
  auto made = parts_->store.create(parent->upper, name, whiteout());
  return made.ok() ? Status() : Status(made.error());
}

Status OverlayEngine::remove_upper_name(const NodePtr& parent, std::string_view name, Leave leave) {
  switch (leave) {
    case Leave::kNothing: return parts_->store.unlink(parent->upper, name);
    case Leave::kWhiteout: break;
  }
  auto temporary = parts_->work.make_whiteout();
  if (!temporary.ok()) return temporary.error();
  const Status moved = parts_->store.rename(parts_->work.temporary(), *temporary, parent->upper, name,
                                            StoreRename::kReplace);
  if (!moved.ok()) static_cast<void>(parts_->work.discard(*temporary));
  return moved;
}

// The directory shows as empty; what is in it are whiteouts, which go with it.
Status OverlayEngine::remove_upper_directory(const NodePtr& parent, std::string_view name, const Node& node,
                                             Leave leave) {
  LayerStore& store = parts_->store;
  const InodeRef& work = parts_->work.temporary();
  switch (leave) {
    case Leave::kNothing: {
      auto entries = store.entries(node.upper);
      if (!entries.ok()) return entries.error();
      if (entries->empty()) return store.remove_directory(parent->upper, name);
      const std::string temporary = parts_->work.fresh_name();
      OVLSPEC_TRY(store.rename(parent->upper, name, work, temporary, StoreRename::kReplace));
      static_cast<void>(parts_->work.discard(temporary));
      return {};
    }
    case Leave::kWhiteout: break;
  }
  auto temporary = parts_->work.make_whiteout();
  if (!temporary.ok()) return temporary.error();
  const Status moved = store.rename(work, *temporary, parent->upper, name, StoreRename::kExchange);
  static_cast<void>(parts_->work.discard(*temporary));
  return moved;
}

// A name of an upper inode that shows from a lower layer goes like any other lower name: with a whiteout.
Status OverlayEngine::prepare_removal(Reached& reached, const NodePtr& parent, std::string_view name) {
  const NodePtr& node = reached.node.node();
  if (reached.upper_here) return keep_other_names(node, {parent.get(), name});
  if (node->upper) return {};
  auto shown = shown_links(*node);  // counted while the name is there
  if (!shown.ok()) return shown.error();
  const Instance instance = top(*node);
  auto backing = instance.layer->store->attributes(instance.inode);
  if (!backing.ok()) return backing.error();
  reached.has_lower_links = backing->links > 1;
  return {};
}

Status OverlayEngine::unlink(NodeId parent, std::string_view name) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if (name == "." || name == "..") return Errno::kEISDIR;
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  if (!reached->node) return Errno::kENOENT;
  const NodePtr& node = reached->node.node();
  if (node->is_directory()) return Errno::kEISDIR;
  auto lower = below(**holder, name);
  if (!lower.ok()) return lower.error();
  OVLSPEC_TRY(prepare_removal(*reached, *holder, name));
  OVLSPEC_TRY(copy_up_directory(*holder));
  if (reached->upper_here) {
    auto taken = take_index_of_last_name(*node);
    if (!taken.ok()) return taken.error();
    const Status removed = remove_upper_name(*holder, name, *lower ? Leave::kWhiteout : Leave::kNothing);
    OVLSPEC_TRY(finish_removal(node, *taken, removed));
  } else {
    OVLSPEC_TRY(make_whiteout_at(*holder, name));
  }
  name_removed(*reached, *holder, name);
  return {};
}

Status OverlayEngine::remove_directory(NodeId parent, std::string_view name) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  if (name == ".") return Errno::kEINVAL;
  if (name == "..") return Errno::kENOTEMPTY;
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  if (!reached->node) return Errno::kENOENT;
  const NodePtr& node = reached->node.node();
  if (!node->is_directory()) return Errno::kENOTDIR;
  OVLSPEC_TRY(check_empty(*node));
  auto lower = below(**holder, name);
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
