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

bool Layers::takes_private_xattrs(FileType type) const {
  return xattrs == XattrNamespace::kTrusted || type == FileType::kRegular || type == FileType::kDirectory;
}

FoundInstance Layers::found_at(const Instance& directory, std::string_view name, FoundInode found) const {
  FoundInstance instance{directory.layer, std::move(found)};
  if (takes_private_xattrs(instance.found.attributes.type)) return instance;
  instance.directory = directory.inode;
  instance.name = name;
  return instance;
}

std::string Layers::private_name(std::string_view name) const {
  std::string full(prefix(xattrs));
  full += name;
  return full;
}

bool Layers::is_private(std::string_view stored_name) const {
  const std::string_view own = prefix(xattrs);
  return stored_name.starts_with(own) && !stored_name.substr(own.size()).starts_with(names::kNested);
}

std::string Layers::stored_name(std::string_view callers_name) const {
  const std::string_view own = prefix(xattrs);
  std::string stored(callers_name);
  if (callers_name.starts_with(own)) stored.insert(own.size(), names::kNested);
  return stored;
}

std::string Layers::callers_name(std::string_view stored_name) const {
  const std::string_view own = prefix(xattrs);
  std::string name(stored_name);
  if (stored_name.starts_with(own)) name.erase(own.size(), names::kNested.size());
  return name;
}

Result<std::optional<std::string>> Layers::private_xattr(const Instance& instance, std::string_view name) const {
  auto value = instance.layer->store->xattr(instance.inode, private_name(name));
  if (value.ok()) return std::optional<std::string>(std::move(*value));
  if (value.error() == Errno::kENODATA || value.error() == Errno::kEOPNOTSUPP) return std::optional<std::string>();
  return value.error();
}

}  // namespace ovlspec::impl
