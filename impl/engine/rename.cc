// Rename. The object and, where a lower name would show at its old place, the whiteout there move in one step.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/prepared_copy.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

Result<OverlayEngine::RenameSide> OverlayEngine::side(NodeId id, std::string_view name) {
  auto holder = directory(id);
  if (!holder.ok()) return holder.error();
  if (name == "." || name == "..") return Errno::kEBUSY;
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  auto lower = below(*reached, **holder, name);
  if (!lower.ok()) return lower.error();
  return RenameSide{.directory = *holder, .name = name, .reached = std::move(*reached), .below = *lower};
}

bool OverlayEngine::is_ancestor(const Node& node, NodePtr of) const {
  while (of) {
    if (of.get() == &node) return true;
    if (of->is_root()) return false;
    of = parent_of(*of);
  }
  return false;
}

Result<OverlayEngine::Verdict> OverlayEngine::check_rename(const RenameSide& from, const RenameSide& to,
                                                           RenameMode mode) {
  const Pin& source = from.reached.node;
  const Pin& target = to.reached.node;
  if (!source) return Errno::kENOENT;
  if (mode == RenameMode::kNoReplace && target) return Errno::kEEXIST;
  if (mode == RenameMode::kExchange && !target) return Errno::kENOENT;
  if (source->is_directory() && is_ancestor(*source, to.directory)) return Errno::kEINVAL;
  if (target && target->is_directory() && is_ancestor(*target, from.directory)) {
    return mode == RenameMode::kExchange ? Errno::kEINVAL : Errno::kENOTEMPTY;
  }
  if (!target) return Verdict::kMove;
  // Two names of one object.
  if (source.node() == target.node()) return Verdict::kNothingToDo;
  if (mode != RenameMode::kExchange) OVLSPEC_TRY(check_replace(from, to));
  return Verdict::kMove;
}

// A directory that lower layers have a part in is found by a redirect once it has another name.
Status OverlayEngine::check_redirects(const RenameSide& side) const {
  const Node& node = *side.reached.node;
  const bool needs_one = node.is_directory() && !node.lowers.empty();
  return needs_one && options_.redirects == Redirects::kFollowed ? Errno::kEXDEV : Status();
}

Status OverlayEngine::check_replace(const RenameSide& from, const RenameSide& to) {
  const bool source_is_directory = from.reached.node->is_directory();
  const bool target_is_directory = to.reached.node->is_directory();
  if (source_is_directory && !target_is_directory) return Errno::kENOTDIR;
  if (!source_is_directory && target_is_directory) return Errno::kEISDIR;
  return target_is_directory ? check_empty(*to.reached.node) : Status();
}

// The path by which the layers below find the directory: its sibling name, or absolute. Redirects of the directories
// above count, since the layers below know nothing of their new names.
Result<std::string> OverlayEngine::redirect_for(const Node& node, const RenameSide& from, const RenameSide& to) const {
  std::string path = node.redirect.empty() ? std::string(from.name) : node.redirect;
  if (from.directory == to.directory || path.front() == '/') return path;
  NodePtr above = from.directory;
  while (path.front() != '/' && !above->is_root()) {
    const auto name = table_.a_name(*above);
    if (!name) return Errno::kENOENT;
    path = (above->redirect.empty() ? name->name : above->redirect) + "/" + path;
    above = name->parent;
  }
  if (path.front() != '/') path.insert(path.begin(), '/');
  if (path.size() > names::kRedirectMax) return Errno::kEXDEV;
  return path;
}

// At its new name a directory must merge with what it merged with before, and with nothing else.
Status OverlayEngine::prepare_moved_directory(const RenameSide& from, const RenameSide& to) {
  Node& node = *from.reached.node;
  if (!node.is_directory()) return {};
  if (node.lowers.empty()) {
    const bool would_merge = to.below == FileType::kDirectory || !node.redirect.empty();
    return would_merge ? set_opaque(node.upper) : Status();
  }
  auto redirect = redirect_for(node, from, to);
  if (!redirect.ok()) return redirect.error();
  if (*redirect == node.redirect) return {};
  OVLSPEC_TRY(parts_->store.set_xattr(node.upper, layers_.private_name(names::kRedirect), *redirect, XattrMode::kAny));
  node.redirect = std::move(*redirect);
  return {};
}

// An empty merged directory that a rename replaces must be empty in the upper layer: opaque it needs no whiteouts.
Status OverlayEngine::clear_merged_target(Node& node) {
  auto entries = parts_->store.entries(node.upper);
  if (!entries.ok()) return entries.error();
  if (entries->empty()) return {};
  auto before = parts_->store.attributes(node.upper);
  if (!before.ok()) return before.error();
  if (!node.lowers.empty()) OVLSPEC_TRY(set_opaque(node.upper));
  node.lowers.clear();
  OVLSPEC_TRY(parts_->work.clear(node.upper));
  restore_times(node.upper, *before);
  return {};
}

Status OverlayEngine::prepare_target(RenameSide& to) {
  Reached& target = to.reached;
  if (!target.node) return {};
  if (target.node->is_directory()) return target.upper_here ? clear_merged_target(*target.node) : Status();
  return prepare_removal(target, to.directory, to.name);
}

Status OverlayEngine::move_over_whiteout(const RenameSide& from, const RenameSide& to) {
  LayerStore& store = parts_->store;
  const InodeRef& old_directory = from.directory->upper;
  const bool is_directory = from.reached.node->is_directory();
  if (!from.below && !is_directory) {
    return store.rename(old_directory, from.name, to.directory->upper, to.name, StoreRename::kReplace);
  }
  OVLSPEC_TRY(store.rename(old_directory, from.name, to.directory->upper, to.name, StoreRename::kExchange));
  if (!from.below) static_cast<void>(store.unlink(old_directory, from.name));  // a needless whiteout hides nothing
  return {};
}

Status OverlayEngine::move_leaving_whiteout(const RenameSide& from, const RenameSide& to) {
  LayerStore& store = parts_->store;
  const InodeRef& old_directory = from.directory->upper;
  const InodeRef& new_directory = to.directory->upper;
  const Status moved = store.rename(old_directory, from.name, new_directory, to.name, StoreRename::kWhiteout);
  if (moved.ok() || moved.error() != Errno::kEINVAL) return moved;
  // The file system has no such rename.
  if (!to.reached.node) {
    OVLSPEC_TRY(make_whiteout_at(to.directory, to.name));
    const Status swapped = store.rename(old_directory, from.name, new_directory, to.name, StoreRename::kExchange);
    if (!swapped.ok()) static_cast<void>(store.unlink(new_directory, to.name));
    return swapped;
  }
  auto temporary = parts_->work.make_whiteout();
  if (!temporary.ok()) return temporary.error();
  Status both = store.rename(old_directory, from.name, new_directory, to.name, StoreRename::kReplace);
  if (both.ok()) {
    both = store.rename(parts_->work.temporary(), *temporary, old_directory, from.name, StoreRename::kReplace);
  }
  if (!both.ok()) static_cast<void>(parts_->work.discard(*temporary));
  return both;
}

Status OverlayEngine::move_in_upper(const RenameSide& from, const RenameSide& to) {
  if (to.reached.upper_whiteout) return move_over_whiteout(from, to);
  if (from.below) return move_leaving_whiteout(from, to);
  return parts_->store.rename(from.directory->upper, from.name, to.directory->upper, to.name, StoreRename::kReplace);
}

// Before a rename: a record that lies on the directory is at the new name, too. After it, `drop`: at one of them only.
Status OverlayEngine::bring_entry_record(const RenameSide& from, const RenameSide& to) {
  return copy_entry_record(upper_object(*from.reached.node), {from.directory->upper, from.name},
                           {to.directory->upper, to.name});
}

void OverlayEngine::drop_entry_record(const Node& node, const RenameSide& side) {
  if (node.upper) remove_entry_record(upper_object(node), {side.directory->upper, side.name});
}

void OverlayEngine::move_name(const NodePtr& node, const RenameSide& from, const RenameSide& to) {
  table_.remove_name(node, *from.directory, from.name);
  table_.add_name(node, to.directory, to.name);
  if (from.directory != to.directory) node->was_moved = true;
}

Status OverlayEngine::replace(RenameSide& from, RenameSide& to) {
  OVLSPEC_TRY(prepare_target(to));
  OVLSPEC_TRY(prepare_moved_directory(from, to));
  std::string taken;
  const Pin& target = to.reached.node;
  if (target && !target->is_directory() && to.reached.upper_here) {
    auto entry = take_index_of_last_name(*target);
    if (!entry.ok()) return entry.error();
    taken = std::move(*entry);
  }
  OVLSPEC_TRY(bring_entry_record(from, to));
  const NodePtr& source = from.reached.node.node();
  const Status moved = move_in_upper(from, to);
  drop_entry_record(*source, moved.ok() ? from : to);
  if (target) OVLSPEC_TRY(finish_removal(target.node(), taken, moved));
  OVLSPEC_TRY(moved);
  if (target && to.reached.upper_here) drop_entry_record(*target, to);
  move_name(source, from, to);
  if (target) name_removed(to.reached, to.directory, to.name);
  return {};
}

Status OverlayEngine::exchange(RenameSide& from, RenameSide& to) {
  OVLSPEC_TRY(make_upper_name(to.reached, to.directory, to.name, nullptr));
  OVLSPEC_TRY(prepare_moved_directory(from, to));
  OVLSPEC_TRY(prepare_moved_directory(to, from));
  OVLSPEC_TRY(bring_entry_record(from, to));
  OVLSPEC_TRY(bring_entry_record(to, from));
  const NodePtr& source = from.reached.node.node();
  const NodePtr& target = to.reached.node.node();
  const Status exchanged =
      parts_->store.rename(from.directory->upper, from.name, to.directory->upper, to.name, StoreRename::kExchange);
  drop_entry_record(*source, exchanged.ok() ? from : to);
  drop_entry_record(*target, exchanged.ok() ? to : from);
  OVLSPEC_TRY(exchanged);
  move_name(source, from, to);
  move_name(target, to, from);
  return {};
}

Status OverlayEngine::rename(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name,
                             RenameMode mode) {
  return with_prepared_copy([&](PreparedCopy& prepared) {
    return try_rename({from, from_name}, {to, to_name}, mode, prepared);
  });
}

Status OverlayEngine::try_rename(const PlaceName& old_name, const PlaceName& new_name, RenameMode mode,
                                 PreparedCopy& prepared) {
  const std::unique_lock lock(namespace_);
  OVLSPEC_TRY(check_writable());
  ++changes_;
  if (mode == RenameMode::kWhiteout) return Errno::kEINVAL;
  auto from = side(old_name.directory, old_name.name);
  if (!from.ok()) return from.error();
  auto to = side(new_name.directory, new_name.name);
  if (!to.ok()) return to.error();
  auto verdict = check_rename(*from, *to, mode);
  if (!verdict.ok()) return verdict.error();
  if (*verdict == Verdict::kNothingToDo) return {};
  if (!to->reached.node) OVLSPEC_TRY(check_new_name(new_name.name));
  OVLSPEC_TRY(check_redirects(*from));
  if (mode == RenameMode::kExchange) OVLSPEC_TRY(check_redirects(*to));
  OVLSPEC_TRY(check_rename_free(*from, *to, mode));
  if (prepared.is_wanted(from->reached.node.node())) return Errno::kEAGAIN;
  OVLSPEC_TRY(make_upper_name(from->reached, from->directory, from->name, &prepared));
  OVLSPEC_TRY(copy_up_directory(to->directory));
  ++from->directory->names_gone;
  ++to->directory->names_come;
  if (mode != RenameMode::kExchange) return replace(*from, *to);
  ++from->directory->names_come;
  return exchange(*from, *to);
}

}  // namespace ovlspec::impl
