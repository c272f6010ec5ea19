// Extended attributes. The overlay's own do not exist for callers, who may have ones of the same names beside them.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/rights.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

Result<std::string> shown_xattr(const Instance& instance, const std::string& stored_name) {
  if (is_withheld(*instance.layer, stored_name)) return Errno::kENODATA;
  return instance.layer->store->xattr(instance.inode, stored_name);
}

}  // namespace

Result<std::string> OverlayEngine::xattr(NodeId id, std::string_view callers_name) {
  const std::string name = layers_.stored_name(callers_name);
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  return shown_xattr(top(**found), name);
}

Result<std::vector<std::string>> OverlayEngine::xattr_names(NodeId id) {
  const std::shared_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  const Instance instance = top(**found);
  auto listed = instance.layer->store->xattr_names(instance.inode);
  if (!listed.ok()) return listed;
  std::vector<std::string> names;
  for (const std::string& name : *listed) {
    if (is_withheld(*instance.layer, name)) continue;
    if (!layers_.is_private(name)) names.push_back(layers_.callers_name(name));
  }
  return names;
}

Status OverlayEngine::set_xattr(NodeId id, std::string_view callers_name, std::string_view value, XattrMode mode) {
  const std::string name = layers_.stored_name(callers_name);
  // As the kernel has it, where the name is too long to stand apart.
  if (name.size() > names::kNameMax && callers_name.size() <= names::kNameMax) return Errno::kEOPNOTSUPP;
  const std::unique_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  OVLSPEC_TRY(check_writable());
  OVLSPEC_TRY(check_free(**found));
  if (mode != XattrMode::kAny) {
    // What will be refused does not copy up first.
    const auto known = shown_xattr(top(**found), name);
    if (mode == XattrMode::kCreate && known.ok()) return Errno::kEEXIST;
    if (mode == XattrMode::kReplace && !known.ok()) return known.error();
  }
  OVLSPEC_TRY(copy_up(*found, CopyUp{}));
  if (name == kDefaultList) (*found)->lacks_default_list = false;
  return parts_->store.set_xattr((*found)->upper, name, value, mode);
}

Status OverlayEngine::remove_xattr(NodeId id, std::string_view callers_name) {
  const std::string name = layers_.stored_name(callers_name);
  const std::unique_lock lock(namespace_);
  auto found = node(id);
  if (!found.ok()) return found.error();
  OVLSPEC_TRY(check_writable());
  // An append takes a capability away.
  OVLSPEC_TRY(name == "security.capability" ? check_mutable(**found) : check_free(**found));
  const auto known = shown_xattr(top(**found), name);
  if (!known.ok()) return known.error();
  OVLSPEC_TRY(copy_up(*found, CopyUp{}));
  return parts_->store.remove_xattr((*found)->upper, name);
}

}  // namespace ovlspec::impl
