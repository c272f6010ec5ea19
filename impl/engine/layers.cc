#include "impl/engine/layers.h"

#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

std::string_view prefix(XattrNamespace xattrs) {
  switch (xattrs) {
    case XattrNamespace::kTrusted: return names::kTrustedPrefix;
    case XattrNamespace::kUser: return names::kUserPrefix;
  }
  return names::kTrustedPrefix;
}

}  // namespace

std::string Layers::private_name(std::string_view name) const {
  std::string full(prefix(xattrs));
  full += name;
  return full;
}

bool Layers::is_private(std::string_view full_name) const { return full_name.starts_with(prefix(xattrs)); }

Result<std::optional<std::string>> Layers::private_xattr(const Instance& instance, std::string_view name) const {
  auto value = instance.layer->store->xattr(instance.inode, private_name(name));
  if (value.ok()) return std::optional<std::string>(std::move(*value));
  if (value.error() == Errno::kENODATA || value.error() == Errno::kEOPNOTSUPP) return std::optional<std::string>();
  return value.error();
}

}  // namespace ovlspec::impl
