// Random operations over random layers: the tree that a mount shows is the tree that the next mount of the same layers
// shows, numbers and link counts included, and nothing is left over.
#include <random>

#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(engine_); }
  bool one_in(unsigned count) { return below(count) == 0; }
  std::string path() {
    static const char* const kNames[] = {"a", "b", "c", "d"};
    std::string made = kNames[below(4)];
    while (one_in(2)) made += std::string("/") + kNames[below(4)];
    return made;
  }

 private:
  std::mt19937 engine_;
};

// Puts what fits into a layer; a path that cannot be made is left out.
void fill(LayerTree& layer, Random& random, const World& world) {
  for (unsigned i = random.below(8); i > 0; --i) {
    const std::string path = random.path();
    bool blocked = layer.has(path);
    for (std::size_t cut = path.find('/'); cut != std::string::npos; cut = path.find('/', cut + 1)) {
      const std::string above = path.substr(0, cut);
      blocked = blocked || (layer.has(above) && layer.attributes(above).type != FileType::kDirectory);
    }
    if (blocked) continue;
    switch (random.below(7)) {
      case 0: layer.directory(path); break;
      case 1: layer.directory(path).xattr(path, world.private_name(names::kOpaque), "y"); break;
      case 2: layer.symlink(path, "target"); break;
      case 3: layer.whiteout(path); break;
      case 4:
        layer.file(path, "linked");
        if (const std::string other = path + "2"; !layer.has(other)) layer.hard_link(path, other);
        break;
      default: layer.file(path, "content of " + path); break;
    }
  }
}

Status random_rename(Mounted& mounted, Random& random) {
  const std::string from = random.path();
  const std::string to = random.path();
  switch (random.below(6)) {
    case 0: return mounted.rename(from, to, RenameMode::kNoReplace);
    case 1: return mounted.rename(from, to, RenameMode::kExchange);
    default: return mounted.rename(from, to);
  }
}

Status random_operation(Mounted& mounted, Random& random) {
  const std::string path = random.one_in(4) ? random.path() + "2" : random.path();
  switch (random.below(14)) {
    case 0: return mounted.make_file(path, "new");
    case 1: return mounted.make_directory(path);
    case 2: return mounted.make_symlink(path, "elsewhere");
    case 3: return mounted.append(path, "+");
    case 4: return mounted.write(path, "rewritten");
    case 5: return mounted.chmod(path, 0640);
    case 6: return mounted.link(path, random.path());
    case 7: return mounted.unlink(path);
    case 8: return mounted.rmdir(path);
    case 9: return mounted.set_xattr(path, "user.x", "y");
    case 10: return mounted.truncate(path, 3);
    default: return random_rename(mounted, random);
  }
}

std::uint32_t subdirectories(const std::map<std::string, Shown>& tree, const std::string& directory) {
  std::uint32_t count = 0;
  for (const auto& [path, object] : tree) {
    const auto slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? std::string() : path.substr(0, slash);
    if (!path.empty() && parent == directory && object.attributes.type == FileType::kDirectory) ++count;
  }
  return count;
}

void expect_numbers_unique(const std::map<std::string, Shown>& tree) {
  std::map<InodeNumber, std::pair<std::string, unsigned>> names;
  std::map<InodeNumber, std::uint32_t> links;
  for (const auto& [path, object] : tree) {
    ++links[object.attributes.number];
    auto& [first, count] = names.try_emplace(object.attributes.number, path, 0).first->second;
    ++count;
    EXPECT_TRUE(tree.at(first) == object) << first << " and " << path << " show one number\n" << describe(tree);
    EXPECT_TRUE(object.attributes.type != FileType::kDirectory || count == 1) << path;
  }
  for (const auto& [path, object] : tree) {
    const std::uint32_t shown = object.attributes.links;
    const bool is_directory = object.attributes.type == FileType::kDirectory;
    // A directory shows 1, or 2 and what it has of directories.
    EXPECT_TRUE(shown == links[object.attributes.number] || (is_directory && shown == 2 + subdirectories(tree, path)))
        << path << " shows " << shown << " links\n"
        << describe(tree);
  }
}

void expect_clean_work(World& world) {
  EXPECT_EQ(world.work().attributes("work").links, 2U);
  auto left = world.work().store().entries(world.work().find("work"));
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(left->empty());
  if (!world.work().has("index")) return;
  auto index = world.work().store().entries(world.work().find("index"));
  ASSERT_TRUE(index.ok());
  for (const StoredEntry& entry : *index) EXPECT_GT(world.work().attributes("index/" + entry.name).links, 1U);
}

void run(unsigned seed, FileSystems file_systems, XattrNamespace xattrs = XattrNamespace::kTrusted) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  World world(file_systems, random.one_in(2) ? MemoryNumbers::Reuse::kAtOnce : MemoryNumbers::Reuse::kNever);
  if (xattrs == XattrNamespace::kUser) world.user_xattrs();
  for (unsigned i = random.below(3); i > 0; --i) fill(world.lower(i - 1), random, world);
  if (random.one_in(2)) fill(world.upper(), random, world);
  std::map<std::string, Shown> before;
  {
    Mounted mounted(world);
    before = mounted.tree();
  }
  for (unsigned mount = 0; mount < 3; ++mount) {
    Mounted mounted(world);
    std::map<std::string, Shown> now = mounted.tree();
    ASSERT_TRUE(now == before) << "remount " << mount << "\nbefore\n" << describe(before) << "after\n" << describe(now);
    for (unsigned i = 0; i < 12; ++i) {
      if (random.one_in(4)) mounted.drop_nodes();
      static_cast<void>(random_operation(mounted, random));
    }
    before = mounted.tree();
    expect_numbers_unique(before);
    mounted.drop_nodes();
    now = mounted.tree();
    ASSERT_TRUE(now == before) << "nodes dropped\nbefore\n" << describe(before) << "after\n" << describe(now);
  }
  expect_clean_work(world);
}

TEST(Remount, ShowsTheSameTreeOverOneFileSystem) {
  for (unsigned seed = 1; seed <= 250 && !testing::Test::HasFailure(); ++seed) run(seed, FileSystems::kOne);
}

TEST(Remount, ShowsTheSameTreeOverSeveralFileSystems) {
  for (unsigned seed = 10001; seed <= 10250 && !testing::Test::HasFailure(); ++seed) run(seed, FileSystems::kSeveral);
}

TEST(Remount, ShowsTheSameTreeWithUserAttributes) {
  for (unsigned seed = 20001; seed <= 20250 && !testing::Test::HasFailure(); ++seed)
    run(seed, FileSystems::kSeveral, XattrNamespace::kUser);
}

}  // namespace
}  // namespace ovlspec::impl
