// A small world for tests of the engine: layers in memory, a mount of them, and paths instead of nodes.
//
//   World world;
//   world.lower().file("a/b", "x").whiteout("c");
//   Mounted mounted(world);
//   EXPECT_EQ(mounted.read("a/b"), "x");
//
// The helpers fail the test where what they are asked for is impossible.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/engine/test_limited_store.h"
#include "impl/store/faulty_store.h"
#include "impl/store/memory_store.h"

namespace ovlspec::impl {

// Edits one layer, behind any mount's back. Parents are made as needed.
class LayerTree {
 public:
  LayerTree(LayerStore& store, InodeRef root) : store_(&store), root_(std::move(root)) {}

  LayerTree& file(std::string_view path, std::string_view content, Mode mode = 0644);
  LayerTree& directory(std::string_view path, Mode mode = 0755);
  LayerTree& symlink(std::string_view path, std::string_view target);
  LayerTree& special(std::string_view path, FileType type, Device device = {});
  LayerTree& whiteout(std::string_view path);
  LayerTree& hard_link(std::string_view from, std::string_view to);
  LayerTree& xattr(std::string_view path, std::string_view name, std::string_view value);
  LayerTree& owner(std::string_view path, Uid uid, Gid gid);
  LayerTree& times(std::string_view path, Time access, Time modify);
  LayerTree& remove(std::string_view path);  // with all that is in it
  LayerTree& move(std::string_view from, std::string_view to);

  bool has(std::string_view path) const;
  bool has_whiteout(std::string_view path) const;
  Attributes attributes(std::string_view path) const;
  std::optional<std::string> xattr_of(std::string_view path, std::string_view name) const;
  std::string content(std::string_view path) const;
  // One line for each object: path, type, and for regular files the content; sorted. The log of claims is left out.
  std::string dump() const;

  LayerStore& store() const { return *store_; }
  const InodeRef& root() const { return root_; }
  // Null where the path leads nowhere.
  InodeRef find(std::string_view path) const;

 private:
  struct Slot {
    InodeRef directory;
    std::string name;
  };
  Slot slot(std::string_view path);
  void make(std::string_view path, const NewInode& inode);
  void remove_in(const InodeRef& directory, std::string_view name);
  void dump_in(const InodeRef& directory, const std::string& prefix, std::string& text) const;

  LayerStore* store_;
  InodeRef root_;
};

// Where the layers lie.
enum class FileSystems { kOne, kSeveral };

class World {
 public:
  explicit World(FileSystems file_systems = FileSystems::kOne,
                 MemoryNumbers::Reuse reuse = MemoryNumbers::Reuse::kNever, StoreLimits limits = {});

  // The lower with this index, 0 is the topmost; made, with those above it, where it is not there yet.
  LayerTree& lower(std::size_t index = 0);
  LayerTree& upper() { return upper_; }
  LayerTree& work() { return work_; }
  FaultyStore& upper_store() { return *stores_.front().faulty; }
  MemoryStore& upper_memory() { return *stores_.front().memory; }
  // Without an upper layer.
  World& read_only();
  World& user_xattrs();
  World& redirects(Redirects redirects);
  // Mounts from now on; `map` outlives them, and is null for kDerived alone.
  World& identity(IdentityStrategy strategy, IdentityMap* map);
  // What mounts report from now on.
  World& report(std::function<void(const std::string&)> report);

  Stack stack();
  EngineOptions options() const { return options_; }
  std::string private_name(std::string_view name) const;
  // The upper layer becomes the topmost lower, below a new one.
  void push_upper_down();
  // The upper layer is replaced by a copy of it, attributes included, on its file system.
  void copy_upper();

 private:
  struct Store {
    std::unique_ptr<MemoryStore> memory;
    std::unique_ptr<LimitedStore> limited;
    std::unique_ptr<FaultyStore> faulty;
  };
  LayerTree make_layer(std::string_view name);
  LayerTree make_layer_on(Store& store, std::string_view name);
  void add_store();

  FileSystems file_systems_;
  MemoryNumbers::Reuse reuse_;
  StoreLimits limits_;
  Clock clock_ = logical_clock();
  std::deque<Store> stores_;
  std::size_t layers_made_ = 0;
  LayerTree upper_;
  LayerTree work_;
  std::deque<LayerTree> lowers_;
  bool has_upper_ = true;
  EngineOptions options_;
};

struct Shown {
  Attributes attributes;
  std::string content;  // of a regular file; a symlink's target
  bool operator==(const Shown&) const = default;
};

// A mount, by paths; "" is the root. Every node that a path leads to stays held until drop_nodes or the end.
class Mounted {
 public:
  explicit Mounted(World& world);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  Engine& engine() { return *engine_; }
  Result<NodeId> node(std::string_view path);
  Result<Attributes> stat(std::string_view path);
  InodeNumber number(std::string_view path);
  std::uint32_t links(std::string_view path);
  bool exists(std::string_view path) { return stat(path).ok(); }
  std::string read(std::string_view path);
  // Names in any order without `.` and `..`, sorted here.
  std::vector<std::string> names(std::string_view path);
  std::vector<DirectoryEntry> entries(std::string_view path);

  Status make_file(std::string_view path, std::string_view content = {}, Mode mode = 0644);
  Status make_directory(std::string_view path, Mode mode = 0755);
  Status make_symlink(std::string_view path, std::string_view target);
  Status make(std::string_view path, const NewInode& inode);
  Status write(std::string_view path, std::string_view content);  // truncates first
  Status append(std::string_view path, std::string_view content);
  Status chmod(std::string_view path, Mode mode);
  Status truncate(std::string_view path, FileSize size);
  Status link(std::string_view from, std::string_view to);
  Status unlink(std::string_view path);
  Status rmdir(std::string_view path);
  Status rename(std::string_view from, std::string_view to, RenameMode mode = RenameMode::kReplace);
  Status set_xattr(std::string_view path, std::string_view name, std::string_view value,
                   XattrMode mode = XattrMode::kAny);

  Result<OpenFileRef> open(std::string_view path, Access access);
  std::string read(const OpenFileRef& file);
  Status write(const OpenFileRef& file, std::string_view content, FileSize offset = 0);

  void drop_nodes();
  // Everything that shows, by path. Times of access and change, directory sizes and block counts are left out.
  std::map<std::string, Shown> tree();

 private:
  struct Slot {
    NodeId directory = 0;
    std::string name;
  };
  Result<Slot> slot(std::string_view path);
  void add_tree(const std::string& path, std::map<std::string, Shown>& shown);

  std::unique_ptr<Engine> engine_;
  std::map<NodeId, std::uint64_t> held_;
};

// One line for each object.
std::string describe(const std::map<std::string, Shown>& tree);

}  // namespace ovlspec::impl
