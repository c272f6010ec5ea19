#include "impl/engine/test_world.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

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

template <typename T>
void must(const Result<T>& result, std::string_view what) {
  if (!result.ok()) ADD_FAILURE() << what << ": " << errno_name(result.error());
}

void copy_tree(LayerStore& store, const InodeRef& from, const InodeRef& to) {
  auto entries = store.entries(from);
  must(entries, "copy");
  for (const StoredEntry& entry : *entries) {
    auto source = store.lookup(from, entry.name);
    must(source, entry.name);
    const Attributes& attributes = source->attributes;
    NewInode inode = inode_of_type(attributes.type, attributes.mode);
    inode.uid = attributes.uid;
    inode.gid = attributes.gid;
    inode.device = attributes.device;
    if (attributes.type == FileType::kSymlink) inode.symlink_target = *store.symlink_target(source->inode);
    auto copy = store.create(to, entry.name, inode);
    must(copy, entry.name);
    if (attributes.type == FileType::kRegular) {
      std::string bytes(attributes.size, '\0');
      must(store.read(*store.open(source->inode, Access::kRead), bytes.data(), bytes.size(), 0), entry.name);
      must(store.write(*store.open(copy->inode, Access::kWrite), bytes, 0), entry.name);
    }
    const std::vector<std::string> names = *store.xattr_names(source->inode);
    for (const std::string& name : names) {
      must(store.set_xattr(copy->inode, name, *store.xattr(source->inode, name), XattrMode::kAny), name);
    }
    if (attributes.type == FileType::kDirectory) copy_tree(store, source->inode, copy->inode);
    StoreChange times;
    times.access_time = {.kind = TimeChange::Kind::kSet, .value = attributes.access_time};
    times.modify_time = {.kind = TimeChange::Kind::kSet, .value = attributes.modify_time};
    must(store.change(copy->inode, times), entry.name);
  }
}

}  // namespace

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

Result<BackingHandle> LimitedStore::handle(const InodeRef& inode) {
  if (limits_.handles == Support::kNo) return Errno::kEOPNOTSUPP;
  return store_.handle(inode);
}

Result<FoundInode> LimitedStore::by_handle(const InodeRef& root, const BackingHandle& handle) {
  if (limits_.handles == Support::kNo) return Errno::kEOPNOTSUPP;
  return store_.by_handle(root, handle);
}

Status LimitedStore::rename(const InodeRef& from, std::string_view from_name, const InodeRef& to,
                            std::string_view to_name, StoreRename mode) {
  if (limits_.rename_whiteout == Support::kNo && mode == StoreRename::kWhiteout) return Errno::kEINVAL;
  return store_.rename(from, from_name, to, to_name, mode);
}

Status LimitedStore::set_xattr(const InodeRef& inode, std::string_view name, std::string_view value, XattrMode mode) {
  auto attributes = store_.attributes(inode);
  if (!attributes.ok()) return attributes.error();
  const bool is_plain = attributes->type == FileType::kRegular || attributes->type == FileType::kDirectory;
  if (limits_.symlink_xattrs == Support::kNo && !is_plain) return Errno::kEPERM;
  return store_.set_xattr(inode, name, value, mode);
}

World::World(FileSystems file_systems, MemoryNumbers::Reuse reuse, StoreLimits limits)
    : file_systems_(file_systems),
      reuse_(reuse),
      limits_(limits),
      upper_((add_store(), make_layer("upper"))),
      work_(make_layer("work")) {
  options_.mount_device = 77;
}

void World::add_store() {
  MemoryStoreOptions options;
  options.uuid = std::string(16, static_cast<char>('a' + stores_.size()));
  options.device = 1 + stores_.size();
  options.reuse = reuse_;
  options.clock = clock_;
  Store store;
  store.memory = std::make_unique<MemoryStore>(options);
  store.limited = std::make_unique<LimitedStore>(*store.memory, limits_);
  store.faulty = std::make_unique<FaultyStore>(*store.limited);
  stores_.push_back(std::move(store));
}

LayerTree World::make_layer(std::string_view name) { return make_layer_on(stores_.back(), name); }

LayerTree World::make_layer_on(Store& store, std::string_view name) {
  const std::string unique = std::string(name) + std::to_string(layers_made_++);
  auto made = store.memory->create(store.memory->root(), unique, inode_of_type(FileType::kDirectory, 0755));
  must(made, name);
  return LayerTree(*store.faulty, made->inode);
}

LayerTree& World::lower(std::size_t index) {
  while (lowers_.size() <= index) {
    if (file_systems_ == FileSystems::kSeveral) add_store();
    lowers_.push_back(make_layer("lower"));
  }
  return lowers_[index];
}

World& World::read_only() {
  has_upper_ = false;
  return *this;
}

World& World::user_xattrs() {
  options_.xattrs = XattrNamespace::kUser;
  return *this;
}

std::string World::private_name(std::string_view name) const {
  const bool is_user = options_.xattrs == XattrNamespace::kUser;
  return std::string(is_user ? names::kUserPrefix : names::kTrustedPrefix) + std::string(name);
}

void World::push_upper_down() {
  lowers_.push_front(upper_);
  upper_ = make_layer_on(stores_.front(), "upper");
  work_ = make_layer_on(stores_.front(), "work");
}

void World::copy_upper() {
  LayerTree copy = make_layer_on(stores_.front(), "copy");
  copy_tree(upper_.store(), upper_.root(), copy.root());
  auto entries = upper_.store().entries(upper_.root());
  must(entries, "copy");
  for (const StoredEntry& entry : *entries) upper_.remove(entry.name);
  upper_ = copy;
}

Stack World::stack() {
  Stack stack;
  for (const LayerTree& lower : lowers_) stack.lowers.push_back({&lower.store(), lower.root()});
  if (has_upper_) {
    stack.upper = LayerRoot{&upper_.store(), upper_.root()};
    stack.work = LayerRoot{&work_.store(), work_.root()};
  }
  return stack;
}

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
