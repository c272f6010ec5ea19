// Extended attributes.
#include <algorithm>
#include <string>

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

void getxattr(fuse_req_t request, fuse_ino_t node, const char* name, std::size_t size) {
  const Result<std::string> value = served(request).engine.xattr(node, name);
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

void setxattr(fuse_req_t request, fuse_ino_t node, const char* name, const char* value, std::size_t size, int flags) {
  const std::optional<XattrMode> mode = xattr_mode_of(flags);
  if (!mode) return reply(request, Errno::kEINVAL);
  reply(request, served(request).engine.set_xattr(node, name, std::string_view(value, size), *mode));
}

void removexattr(fuse_req_t request, fuse_ino_t node, const char* name) {
  reply(request, served(request).engine.remove_xattr(node, name));
}

}  // namespace

void add_xattr_operations(fuse_lowlevel_ops& operations) {
  operations.getxattr = getxattr;
  operations.listxattr = listxattr;
  operations.setxattr = setxattr;
  operations.removexattr = removexattr;
}

}  // namespace ovlspec::fuse
