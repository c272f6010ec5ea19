#include "impl/engine/test_world.h"

#include "impl/engine/test_helpers.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

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

Result<BackingHandle> LimitedStore::handle(const InodeRef& inode) {
  if (limits_.handles == Support::kNo) return Errno::kEOPNOTSUPP;
  return store_.handle(inode);
}

Result<FoundInode> LimitedStore::by_handle(const InodeRef& root, const BackingHandle& handle) {
  if (limits_.handles == Support::kNo) return Errno::kEOPNOTSUPP;
  return store_.by_handle(root, handle);
}

Result<std::vector<std::string>> LimitedStore::names_of(const InodeRef& root, InodeNumber number) {
  if (limits_.handles == Support::kNo) return Errno::kEOPNOTSUPP;
  return store_.names_of(root, number);
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

World& World::identity(IdentityStrategy strategy, IdentityMap* map) {
  options_.identity = strategy;
  options_.map = map;
  return *this;
}

World& World::report(std::function<void(const std::string&)> report) {
  options_.report = std::move(report);
  return *this;
}

World& World::redirects(Redirects redirects) {
  options_.redirects = redirects;
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

}  // namespace ovlspec::impl
