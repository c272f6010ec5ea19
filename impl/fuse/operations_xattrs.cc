// Extended attributes.
#include <algorithm>
#include <string>
#include <vector>

#include "impl/engine/access_lists.h"
#include "impl/fuse/operations.h"
#include "impl/fuse/system.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

// `size` 0 asks how long the value is.
void reply_value(fuse_req_t request, std::size_t size, const std::string& value) {
  if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (value.size() > size) {
    reply(request, Errno::kERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

bool is_list(std::string_view name) { return name == impl::kAccessList || name == impl::kDefaultList; }

// A list is what the kernel asks for before it permits anything: a layer that has none must not stand in the way.
void getxattr(fuse_req_t request, fuse_ino_t node, const char* name, std::size_t size) {
  const Result<std::string> value = served(request).engine.xattr(node, name);
  const bool enforced = served(request).access_lists == impl::AccessLists::kInherited;
  if (value.error() == Errno::kEOPNOTSUPP && enforced && is_list(name)) return reply(request, Errno::kENODATA);
  if (!value) return reply(request, value.error());
  reply_value(request, size, *value);
}

// The kernel checks who reads a trusted attribute, but leaves it to the server whom a list shows it to: xattr(7).
void hide_trusted(fuse_req_t request, std::vector<std::string>& names) {
  const auto trusted = [](const std::string& name) { return name.rfind("trusted.", 0) == 0; };
  if (std::none_of(names.begin(), names.end(), trusted)) return;
  if (has_capability(fuse_req_ctx(request)->pid, Capability::kSysAdmin)) return;
  names.erase(std::remove_if(names.begin(), names.end(), trusted), names.end());
}

void listxattr(fuse_req_t request, fuse_ino_t node, std::size_t size) {
  Result<std::vector<std::string>> names = served(request).engine.xattr_names(node);
  if (!names) return reply(request, names.error());
  hide_trusted(request, *names);
  std::string list;
  for (const std::string& name : *names) list.append(name).push_back('\0');
  reply_value(request, size, list);
}

bool is_in_group(fuse_req_t request, Gid group) {
  if (fuse_req_ctx(request)->gid == group) return true;
  std::vector<gid_t> groups(64);
  int count = fuse_req_getgroups(request, static_cast<int>(groups.size()), groups.data());
  if (count > static_cast<int>(groups.size())) {
    groups.resize(static_cast<std::size_t>(count));
    count = fuse_req_getgroups(request, count, groups.data());
  }
  groups.resize(static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(groups.size()))));
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// A new list takes the set-group-id bit away as a new mode would. The kernel says so with a flag that libfuse does not
// hand on.
Status clear_set_gid(fuse_req_t request, fuse_ino_t node) {
  impl::Engine& engine = served(request).engine;
  const Result<Attributes> attributes = engine.attributes(node);
  if (!attributes) return attributes.error();
  if ((attributes->mode & kSetGid) == 0 || is_in_group(request, attributes->gid)) return {};
  if (has_capability(fuse_req_ctx(request)->pid, Capability::kFsetid)) return {};
  impl::AttributeChange change;
  change.mode = attributes->mode & ~kSetGid;
  return engine.change(node, change).error();
}

void setxattr(fuse_req_t request, fuse_ino_t node, const char* name, const char* value, std::size_t size, int flags) {
  const std::optional<XattrMode> mode = xattr_mode_of(flags);
  if (!mode) return reply(request, Errno::kEINVAL);
  const Status set = served(request).engine.set_xattr(node, name, std::string_view(value, size), *mode);
  const bool enforced = served(request).access_lists == impl::AccessLists::kInherited;
  reply(request, set && enforced && name == impl::kAccessList ? clear_set_gid(request, node) : set);
}

void removexattr(fuse_req_t request, fuse_ino_t node, const char* name) {
  const Status removed = served(request).engine.remove_xattr(node, name);
  // A list that is not there is as good as removed.
  reply(request, removed.error() == Errno::kENODATA && is_list(name) ? Status() : removed);
}

}  // namespace

void add_xattr_operations(fuse_lowlevel_ops& operations) {
  operations.getxattr = getxattr;
  operations.listxattr = listxattr;
  operations.setxattr = setxattr;
  operations.removexattr = removexattr;
}

}  // namespace ovlspec::fuse
