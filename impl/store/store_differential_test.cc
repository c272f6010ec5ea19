// Random calls on a memory store and on a POSIX store side by side: both answer the same, errors, attributes and data.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "impl/store/memory_store.h"
#include "impl/store/private_mounts.h"
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

using Pair = std::array<InodeRef, 2>;  // one inode, in each of the two stores

constexpr std::array<std::string_view, 4> kNames = {"a", "b", "c", "d"};
constexpr std::array<std::string_view, 4> kXattrs = {"user.a", "trusted.b", "security.c", "none.d"};
constexpr std::array<FileType, 5> kTypes = {FileType::kRegular, FileType::kDirectory, FileType::kSymlink,
                                            FileType::kFifo, FileType::kCharDevice};

// What both stores must agree on.
std::string describe(const Attributes& attributes) {
  const bool has_size = attributes.type != FileType::kDirectory;
  return fmt::format("type {} mode {:o} links {} owner {}:{} device {}:{} size {} blocks {}",
                     static_cast<int>(attributes.type), attributes.mode, attributes.links, attributes.uid,
                     attributes.gid, attributes.device.major, attributes.device.minor, has_size ? attributes.size : 0,
                     attributes.type == FileType::kRegular ? attributes.blocks : 0);
}

std::string describe(const Status& status) { return std::string(errno_name(status.error())); }

class Walk {
 public:
  Walk(unsigned seed, LayerStore& memory, const InodeRef& memory_root, LayerStore& posix, const InodeRef& posix_root)
      : random_(seed), stores_{&memory, &posix} {
    inodes_.push_back({memory_root, posix_root});
  }

  void step() {
    switch (pick(13)) {
      case 0:
      case 1: return create();
      case 2: return look_up();
      case 3: return link();
      case 4: return remove();
      case 5:
      case 6: return rename();
      case 7: return change();
      case 8: return set_xattr();
      case 9: return write();
      case 10: return read();
      case 11: return pick(2) == 0 ? punch() : copy();
      default: return list();
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  template <typename List>
  auto any_of(const List& list) {
    return list[pick(list.size())];
  }

  // `call(store, which)` on both; its words must be equal, and so must be what the inode shows afterwards.
  template <typename Call>
  void both(const std::string& what, std::size_t inode, Call call) {
    const std::string memory = call(*stores_[0], 0);
    const std::string posix = call(*stores_[1], 1);
    ASSERT_EQ(memory, posix) << what;
    ASSERT_EQ(describe(*stores_[0]->attributes(inodes_[inode][0])),
              describe(*stores_[1]->attributes(inodes_[inode][1])))
        << what;
  }

  void keep(Result<FoundInode> memory, Result<FoundInode> posix) {
    ASSERT_EQ(memory.error(), posix.error());
    if (!memory) return;
    ASSERT_EQ(describe(memory->attributes), describe(posix->attributes));
    inodes_.push_back({memory->inode, posix->inode});
    if (inodes_.size() > 12) inodes_.erase(inodes_.begin() + 1 + static_cast<std::ptrdiff_t>(pick(11)));
  }

  void create() {
    const Pair parent = any_of(inodes_);
    const std::string_view name = any_of(kNames);
    const NewInode inode{.type = any_of(kTypes),
                         .mode = static_cast<Mode>(random_() % 010000),
                         .uid = static_cast<Uid>(pick(2)),
                         .gid = static_cast<Gid>(pick(2)),
                         .device = {},
                         .symlink_target = pick(5) == 0 ? "" : "target"};
    keep(stores_[0]->create(parent[0], name, inode), stores_[1]->create(parent[1], name, inode));
  }
  void look_up() {
    const Pair parent = any_of(inodes_);
    const std::string_view name = any_of(kNames);
    keep(stores_[0]->lookup(parent[0], name), stores_[1]->lookup(parent[1], name));
  }
  void link() {
    const std::size_t linked = pick(inodes_.size());
    const Pair parent = any_of(inodes_);
    const std::string_view name = any_of(kNames);
    both("link", linked, [&](LayerStore& store, int which) {
      return describe(store.link(inodes_[linked][which], parent[which], name));
    });
  }
  void remove() {
    const std::size_t parent = pick(inodes_.size());
    const std::string_view name = any_of(kNames);
    const bool directory = pick(2) == 0;
    both("remove", parent, [&](LayerStore& store, int which) {
      const InodeRef& at = inodes_[parent][which];
      return describe(directory ? store.remove_directory(at, name) : store.unlink(at, name));
    });
  }
  void rename() {
    const std::size_t from = pick(inodes_.size());
    const Pair to = any_of(inodes_);
    const std::string_view from_name = any_of(kNames);
    const std::string_view to_name = any_of(kNames);
    const auto mode = static_cast<StoreRename>(pick(4));
    both(fmt::format("rename {} {} mode {}", from_name, to_name, static_cast<int>(mode)), from,
         [&](LayerStore& store, int which) {
           return describe(store.rename(inodes_[from][which], from_name, to[which], to_name, mode));
         });
  }
  void change() {
    StoreChange change;
    if (pick(2) == 0) change.mode = random_() % 010000;
    if (pick(3) == 0) change.uid = pick(3);
    if (pick(3) == 0) change.gid = pick(3);
    if (pick(3) == 0) change.size = random_() % 40000;
    if (pick(3) == 0) change.modify_time = {.kind = TimeChange::Kind::kSet, .value = {.seconds = 7, .nanoseconds = 8}};
    const std::size_t changed = pick(inodes_.size());
    both("change", changed,
         [&](LayerStore& store, int which) { return describe(store.change(inodes_[changed][which], change)); });
  }
  void set_xattr() {
    const std::size_t changed = pick(inodes_.size());
    const std::string_view name = any_of(kXattrs);
    const auto mode = static_cast<XattrMode>(pick(3));
    const bool removes = pick(3) == 0;
    const std::string value(pick(50), 'v');
    both("xattr", changed, [&](LayerStore& store, int which) {
      const InodeRef& at = inodes_[changed][which];
      const Status status = removes ? store.remove_xattr(at, name) : store.set_xattr(at, name, value, mode);
      const Result<std::string> now = store.xattr(at, name);
      std::vector<std::string> names = *store.xattr_names(at);
      std::sort(names.begin(), names.end());
      return fmt::format("{} {} {} {}", describe(status), describe(Status(now.error())), now ? *now : "",
                         fmt::join(names, ","));
    });
  }
  void write() {
    const std::size_t written = pick(inodes_.size());
    const FileSize offset = random_() % 40000;
    const std::string data(pick(9000), static_cast<char>('a' + pick(26)));
    both("write", written, [&](LayerStore& store, int which) {
      const Result<FileRef> file = store.open(inodes_[written][which], Access::kWrite);
      if (!file) return describe(Status(file.error()));
      return std::to_string(*store.write(*file, data, offset));
    });
  }
  void punch() {
    const std::size_t punched = pick(inodes_.size());
    const FileSize begin = random_() % 40000;
    const FileSize end = begin + random_() % 20000;
    both("punch", punched, [&](LayerStore& store, int which) {
      const Result<FileRef> file = store.open(inodes_[punched][which], Access::kWrite);
      if (!file) return describe(Status(file.error()));
      return describe(store.change_range(*file, RangeChange::kPunchHole, {.begin = begin, .end = end}));
    });
  }
  void copy() {
    const Pair source = any_of(inodes_);
    const std::size_t target = pick(inodes_.size());
    const FileSize from = random_() % 40000;
    const FileSize to = random_() % 40000;
    const std::size_t size = random_() % 20000;
    both("copy", target, [&](LayerStore& store, int which) {
      const Result<FileRef> read = store.open(source[which], Access::kRead);
      if (!read) return describe(Status(read.error()));
      const Result<FileRef> written = store.open(inodes_[target][which], Access::kWrite);
      if (!written) return describe(Status(written.error()));
      const Result<std::size_t> count = store.copy_range({*read, from}, {*written, to}, size);
      return count ? std::to_string(*count) : describe(Status(count.error()));
    });
  }
  void read() {
    const std::size_t read = pick(inodes_.size());
    const FileSize offset = random_() % 40000;
    both("read", read, [&](LayerStore& store, int which) {
      const Result<FileRef> file = store.open(inodes_[read][which], Access::kRead);
      if (!file) return describe(Status(file.error()));
      std::string bytes(20000, '?');
      bytes.resize(*store.read(*file, bytes.data(), bytes.size(), offset));
      const std::optional<LayerStore::Extent> data = *store.next_data(*file, offset);
      return data ? fmt::format("{} {}-{}", bytes, data->begin, data->end) : bytes;
    });
  }
  void list() {
    const std::size_t listed = pick(inodes_.size());
    both("list", listed, [&](LayerStore& store, int which) {
      const Result<std::vector<StoredEntry>> entries = store.entries(inodes_[listed][which]);
      if (!entries) return describe(Status(entries.error()));
      std::vector<std::string> words;
      for (const StoredEntry& entry : *entries) words.push_back(fmt::format("{}:{}", entry.name, int(entry.type)));
      std::sort(words.begin(), words.end());
      return fmt::format("{}", fmt::join(words, " "));
    });
  }

  std::mt19937 random_;
  std::array<LayerStore*, 2> stores_;
  std::vector<Pair> inodes_;  // the root first, then what was made or found, named or not
};

TEST(StoreDifferential, MemoryAndPosixAnswerAnySequenceOfCallsTheSame) {
  if (mounts().path().empty()) GTEST_SKIP() << mounts().reason();
  if (!is_privileged_in(mounts().path())) GTEST_SKIP() << "needs the privileges of root";
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::string reason;
    const std::unique_ptr<Place> place = posix_place(mounts().path(), reason);
    ASSERT_NE(place, nullptr) << reason;
    MemoryStore memory;
    memory.root()->attributes.mode = place->store().attributes(place->root())->mode;
    Walk walk(seed, memory, memory.root(), place->store(), place->root());
    for (int step = 0; step < 120 && !HasFatalFailure(); ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      walk.step();
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace ovlspec::impl
