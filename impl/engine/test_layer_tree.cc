#include <algorithm>

#include "impl/engine/test_helpers.h"
#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

NewInode inode_of_type(FileType type, Mode mode) {
  NewInode inode;
  inode.type = type;
  inode.mode = mode;
  return inode;
}

std::string type_name(FileType type) {
  switch (type) {
    case FileType::kRegular: return "file";
    case FileType::kDirectory: return "directory";
    case FileType::kSymlink: return "symlink";
    case FileType::kCharDevice: return "character device";
    case FileType::kBlockDevice: return "block device";
    case FileType::kFifo: return "fifo";
    case FileType::kSocket: return "socket";
  }
  return "";
}

LayerTree::Slot LayerTree::slot(std::string_view path) {
  std::vector<std::string> parts = components(path);
  Slot slot{root_, parts.back()};
  parts.pop_back();
  for (const std::string& part : parts) {
    auto found = store_->lookup(slot.directory, part);
    if (!found.ok()) found = store_->create(slot.directory, part, inode_of_type(FileType::kDirectory, 0755));
    must(found, path);
    slot.directory = found->inode;
  }
  return slot;
}

void LayerTree::make(std::string_view path, const NewInode& inode) {
  const Slot at = slot(path);
  must(store_->create(at.directory, at.name, inode), path);
}

LayerTree& LayerTree::file(std::string_view path, std::string_view content, Mode mode) {
  make(path, inode_of_type(FileType::kRegular, mode));
  auto open = store_->open(find(path), Access::kWrite);
  must(open, path);
  must(store_->write(*open, content, 0), path);
  return *this;
}

LayerTree& LayerTree::directory(std::string_view path, Mode mode) {
  make(path, inode_of_type(FileType::kDirectory, mode));
  return *this;
}

LayerTree& LayerTree::symlink(std::string_view path, std::string_view target) {
  NewInode inode = inode_of_type(FileType::kSymlink, 0777);
  inode.symlink_target = target;
  make(path, inode);
  return *this;
}

LayerTree& LayerTree::special(std::string_view path, FileType type, Device device) {
  NewInode inode = inode_of_type(type, 0600);
  inode.device = device;
  make(path, inode);
  return *this;
}

LayerTree& LayerTree::whiteout(std::string_view path) { return special(path, FileType::kCharDevice); }

LayerTree& LayerTree::hard_link(std::string_view from, std::string_view to) {
  const Slot at = slot(to);
  must(store_->link(find(from), at.directory, at.name), to);
  return *this;
}

LayerTree& LayerTree::xattr(std::string_view path, std::string_view name, std::string_view value) {
  must(store_->set_xattr(find(path), name, value, XattrMode::kAny), path);
  return *this;
}

LayerTree& LayerTree::owner(std::string_view path, Uid uid, Gid gid) {
  StoreChange change;
  change.uid = uid;
  change.gid = gid;
  must(store_->change(find(path), change), path);
  return *this;
}

LayerTree& LayerTree::times(std::string_view path, Time access, Time modify) {
  StoreChange change;
  change.access_time = {.kind = TimeChange::Kind::kSet, .value = access};
  change.modify_time = {.kind = TimeChange::Kind::kSet, .value = modify};
  must(store_->change(find(path), change), path);
  return *this;
}

void LayerTree::remove_in(const InodeRef& directory, std::string_view name) {
  auto found = store_->lookup(directory, name);
  must(found, name);
  if (found->attributes.type != FileType::kDirectory) {
    must(store_->unlink(directory, name), name);
    return;
  }
  auto entries = store_->entries(found->inode);
  must(entries, name);
  for (const StoredEntry& entry : *entries) remove_in(found->inode, entry.name);
  must(store_->remove_directory(directory, name), name);
}

LayerTree& LayerTree::remove(std::string_view path) {
  const Slot at = slot(path);
  remove_in(at.directory, at.name);
  return *this;
}

LayerTree& LayerTree::move(std::string_view from, std::string_view to) {
  const Slot source = slot(from);
  const Slot target = slot(to);
  must(store_->rename(source.directory, source.name, target.directory, target.name, StoreRename::kReplace), from);
  return *this;
}

InodeRef LayerTree::find(std::string_view path) const {
  InodeRef at = root_;
  for (const std::string& part : components(path)) {
    auto found = store_->lookup(at, part);
    if (!found.ok()) return nullptr;
    at = found->inode;
  }
  return at;
}

bool LayerTree::has(std::string_view path) const { return find(path) != nullptr; }

Attributes LayerTree::attributes(std::string_view path) const {
  auto attributes = store_->attributes(find(path));
  must(attributes, path);
  return *attributes;
}

bool LayerTree::has_whiteout(std::string_view path) const {
  if (!has(path)) return false;
  const Attributes found = attributes(path);
  return found.type == FileType::kCharDevice && found.device == Device{};
}

std::optional<std::string> LayerTree::xattr_of(std::string_view path, std::string_view name) const {
  auto value = store_->xattr(find(path), name);
  if (!value.ok()) return std::nullopt;
  return *value;
}

std::string LayerTree::content(std::string_view path) const {
  const InodeRef inode = find(path);
  std::string bytes(store_->attributes(inode)->size, '\0');
  auto open = store_->open(inode, Access::kRead);
  must(open, path);
  must(store_->read(*open, bytes.data(), bytes.size(), 0), path);
  return bytes;
}

void LayerTree::dump_in(const InodeRef& directory, const std::string& prefix, std::string& text) const {
  auto entries = store_->entries(directory);
  must(entries, prefix);
  for (const StoredEntry& entry : *entries) {
    const std::string path = prefix + entry.name;
    if (path == names::kClaims) continue;
    if (has_whiteout(path)) {
      text += path + " whiteout\n";
      continue;
    }
    text += path + " " + type_name(entry.type);
    if (entry.type == FileType::kRegular) text += " " + content(path);
    text += "\n";
    if (entry.type == FileType::kDirectory) dump_in(find(path), path + "/", text);
  }
}

std::string LayerTree::dump() const {
  std::string text;
  dump_in(root_, "", text);
  return text;
}

}  // namespace ovlspec::impl
