#include <algorithm>
#include <cstdlib>

#include "impl/engine/test_helpers.h"
#include "impl/engine/test_world.h"

namespace ovlspec::impl {

Mounted::Mounted(World& world) {
  auto engine = Engine::mount(world.stack(), world.options());
  if (!engine.ok()) {
    ADD_FAILURE() << "mount: " << errno_name(engine.error());
    std::abort();
  }
  engine_ = std::move(*engine);
}

Mounted::~Mounted() {
  drop_nodes();
  EXPECT_EQ(engine_->nodes(), 1U) << "nodes are held that nobody looked up";
}

void Mounted::drop_nodes() {
  for (const auto& [node, lookups] : held_) engine_->forget(node, lookups);
  held_.clear();
}

Result<NodeId> Mounted::node(std::string_view path) {
  NodeId at = kRootNode;
  for (const std::string& part : components(path)) {
    auto found = engine_->lookup(at, part);
    if (!found.ok()) return found.error();
    at = found->node;
    ++held_[at];
  }
  return at;
}

Result<Mounted::Slot> Mounted::slot(std::string_view path) {
  const std::vector<std::string> parts = components(path);
  const std::size_t split = path.rfind('/');
  auto directory = node(split == std::string_view::npos ? std::string_view() : path.substr(0, split));
  if (!directory.ok()) return directory.error();
  return Slot{*directory, parts.back()};
}

Result<Attributes> Mounted::stat(std::string_view path) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  return engine_->attributes(*found);
}

InodeNumber Mounted::number(std::string_view path) {
  auto attributes = stat(path);
  must(attributes, path);
  return attributes.ok() ? attributes->number : 0;
}

std::uint32_t Mounted::links(std::string_view path) {
  auto attributes = stat(path);
  must(attributes, path);
  return attributes.ok() ? attributes->links : 0;
}

std::string Mounted::read(std::string_view path) {
  auto file = open(path, Access::kRead);
  if (!file.ok()) return std::string(errno_name(file.error()));
  return read(*file);
}

std::string Mounted::read(const OpenFileRef& file) {
  std::string bytes(1 << 20, '\0');
  auto count = engine_->read(file, bytes.data(), bytes.size(), 0);
  if (!count.ok()) return std::string(errno_name(count.error()));
  bytes.resize(*count);
  return bytes;
}

std::vector<DirectoryEntry> Mounted::entries(std::string_view path) {
  std::vector<DirectoryEntry> listed;
  auto found = node(path);
  must(found, path);
  auto directory = engine_->open_directory(*found);
  must(directory, path);
  must(engine_->list(*directory, 0,
                     [&listed](const ListedEntry& entry) {
                       listed.push_back(entry.entry);
                       return true;
                     }),
       path);
  return listed;
}

std::vector<std::string> Mounted::names(std::string_view path) {
  std::vector<std::string> found;
  for (const DirectoryEntry& entry : entries(path)) {
    if (entry.name != "." && entry.name != "..") found.push_back(entry.name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Status Mounted::make(std::string_view path, const NewInode& inode) {
  auto at = slot(path);
  if (!at.ok()) return at.error();
  auto made = engine_->create(at->directory, at->name, inode);
  if (!made.ok()) return made.error();
  ++held_[made->node];
  return {};
}

Status Mounted::make_file(std::string_view path, std::string_view content, Mode mode) {
  OVLSPEC_TRY(make(path, inode_of_type(FileType::kRegular, mode)));
  return content.empty() ? Status() : append(path, content);
}

Status Mounted::make_directory(std::string_view path, Mode mode) {
  return make(path, inode_of_type(FileType::kDirectory, mode));
}

Status Mounted::make_symlink(std::string_view path, std::string_view target) {
  NewInode inode = inode_of_type(FileType::kSymlink, 0777);
  inode.symlink_target = target;
  return make(path, inode);
}

Result<OpenFileRef> Mounted::open(std::string_view path, Access access) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  return engine_->open(*found, {.access = access, .truncate = false});
}

Status Mounted::write(const OpenFileRef& file, std::string_view content, FileSize offset) {
  auto count = engine_->write(file, content, offset);
  if (!count.ok()) return count.error();
  EXPECT_EQ(*count, content.size());
  return {};
}

Status Mounted::write(std::string_view path, std::string_view content) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  auto file = engine_->open(*found, {.access = Access::kWrite, .truncate = true});
  if (!file.ok()) return file.error();
  return content.empty() ? Status() : write(*file, content);
}

Status Mounted::append(std::string_view path, std::string_view content) {
  auto file = open(path, Access::kWrite);
  if (!file.ok()) return file.error();
  return write(*file, content, stat(path)->size);
}

Status Mounted::chmod(std::string_view path, Mode mode) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  AttributeChange change;
  change.mode = mode;
  auto changed = engine_->change(*found, change);
  return changed.ok() ? Status() : Status(changed.error());
}

Status Mounted::truncate(std::string_view path, FileSize size) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  AttributeChange change;
  change.size = size;
  auto changed = engine_->change(*found, change);
  return changed.ok() ? Status() : Status(changed.error());
}

Status Mounted::link(std::string_view from, std::string_view to) {
  auto found = node(from);
  if (!found.ok()) return found.error();
  auto at = slot(to);
  if (!at.ok()) return at.error();
  auto linked = engine_->link(*found, at->directory, at->name);
  if (!linked.ok()) return linked.error();
  ++held_[linked->node];
  return {};
}

Status Mounted::unlink(std::string_view path) {
  auto at = slot(path);
  if (!at.ok()) return at.error();
  return engine_->unlink(at->directory, at->name);
}

Status Mounted::rmdir(std::string_view path) {
  auto at = slot(path);
  if (!at.ok()) return at.error();
  return engine_->remove_directory(at->directory, at->name);
}

Status Mounted::rename(std::string_view from, std::string_view to, RenameMode mode) {
  auto source = slot(from);
  if (!source.ok()) return source.error();
  auto target = slot(to);
  if (!target.ok()) return target.error();
  return engine_->rename(source->directory, source->name, target->directory, target->name, mode);
}

Status Mounted::set_xattr(std::string_view path, std::string_view name, std::string_view value, XattrMode mode) {
  auto found = node(path);
  if (!found.ok()) return found.error();
  return engine_->set_xattr(*found, name, value, mode);
}

void Mounted::add_tree(const std::string& path, std::map<std::string, Shown>& shown) {
  const NodeId here = *node(path);
  Shown object;
  object.attributes = *engine_->attributes(here);
  const FileType type = object.attributes.type;
  object.attributes.access_time = {};
  object.attributes.change_time = {};
  object.attributes.blocks = 0;
  if (type == FileType::kDirectory) object.attributes.size = 0;
  if (type == FileType::kRegular) object.content = read(path);
  if (type == FileType::kSymlink) object.content = *engine_->symlink_target(here);
  shown[path] = object;
  if (type != FileType::kDirectory) return;
  for (const DirectoryEntry& entry : entries(path)) {
    if (entry.name == "." || entry.name == "..") continue;
    const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    add_tree(below, shown);
    EXPECT_EQ(entry.number, shown[below].attributes.number) << "d_ino of " << below;
    EXPECT_EQ(entry.type, shown[below].attributes.type) << "d_type of " << below;
  }
}

std::map<std::string, Shown> Mounted::tree() {
  std::map<std::string, Shown> shown;
  add_tree("", shown);
  return shown;
}

std::string describe(const std::map<std::string, Shown>& tree) {
  std::string text;
  for (const auto& [path, object] : tree) {
    const Attributes& a = object.attributes;
    text += "/" + path + " " + type_name(a.type) + " mode " + std::to_string(a.mode) + " links " +
            std::to_string(a.links) + " owner " + std::to_string(a.uid) + ":" + std::to_string(a.gid) + " size " +
            std::to_string(a.size) + " number " + std::to_string(a.number) + " mtime " +
            std::to_string(a.modify_time.seconds) + "." + std::to_string(a.modify_time.nanoseconds) + " [" +
            object.content.substr(0, 60) + "]\n";
  }
  return text;
}

}  // namespace ovlspec::impl
