// Short histories of two or three threads on one mount: there is an order of the operations, none before another that
// had ended when it began, in which `step` of the specification permits every answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "fuzz/paused_store.h"
#include "fuzz/scheduler.h"
#include "impl/engine/engine.h"
#include "impl/store/memory_store.h"
#include "model/step.h"
#include "model/testing/stack.h"
#include "oracle/trace_text.h"

namespace ovlspec::fuzz {
namespace {

using impl::kRootNode;
using impl::NodeId;

constexpr std::size_t kOperations = 6;
constexpr Slot kReader = 0;  // of `a`, a lower file
constexpr Slot kLinked = 1;  // of `h1`, a lower file with two names
constexpr Slot kWriter = 2;  // of `w`, for reading and writing

struct Event {
  Operation operation;
  Outcome outcome;
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
};
using History = std::vector<Event>;

// The layers, once for each side.
model::World specified() {
  model::testing::Stack stack;
  stack.lower().file("a", "aaa").file("c", "c").file("h1", "linked").link("h1", "h2").file("w", "www").file("d/x", "x");
  stack.lower().file("d/y", "y").upper();
  model::World world{.tree = stack.merged(), .slots = {}, .writable = model::Writable::kYes};
  for (model::Inode& inode : world.tree.inodes) inode.access_time = inode.modify_time = model::FreeTime::unknown();
  return world;
}

impl::InodeRef make(impl::LayerStore& store, const impl::InodeRef& directory, std::string_view name, FileType type,
                    std::string_view content = {}) {
  impl::NewInode inode;
  inode.type = type;
  inode.mode = type == FileType::kDirectory ? 0755 : 0644;
  const impl::InodeRef made = store.create(directory, name, inode)->inode;
  if (content.empty()) return made;
  EXPECT_TRUE(store.write(*store.open(made, Access::kWrite), content, 0).ok());
  return made;
}

class Mount {
 public:
  Mount() : store_(memory_) {
    const impl::InodeRef root = memory_.root();
    const auto layer = [&](std::string_view name) { return make(memory_, root, name, FileType::kDirectory); };
    const auto file = [&](const impl::InodeRef& d, std::string_view name, std::string_view content) {
      return make(memory_, d, name, FileType::kRegular, content);
    };
    const impl::InodeRef lower = layer("lower");
    const impl::InodeRef deeper = layer("deeper");
    file(lower, "a", "aaa");
    file(lower, "c", "c");
    EXPECT_TRUE(memory_.link(file(lower, "h1", "linked"), lower, "h2"));
    file(lower, "w", "www");
    file(make(memory_, lower, "d", FileType::kDirectory), "x", "x");
    file(make(memory_, deeper, "d", FileType::kDirectory), "y", "y");
    impl::Stack stack;
    stack.lowers = {{.store = &store_, .root = lower}, {.store = &store_, .root = deeper}};
    stack.upper = impl::LayerRoot{.store = &store_, .root = layer("upper")};
    stack.work = impl::LayerRoot{.store = &store_, .root = layer("work")};
    engine_ = *impl::Engine::mount(std::move(stack), {});
    d_ = engine_->lookup(kRootNode, "d")->node;
    const std::array<std::pair<const char*, Access>, 3> opened = {
        {{"a", Access::kRead}, {"h1", Access::kRead}, {"w", Access::kReadWrite}}};
    for (std::size_t i = 0; i < opened.size(); ++i) {
      nodes_[i] = engine_->lookup(kRootNode, opened[i].first)->node;
      files_[i] = *engine_->open(nodes_[i], {.access = opened[i].second, .truncate = false});
    }
  }

  Outcome play(const Operation& operation) { return std::visit(*this, operation); }

  Outcome operator()(const Stat& stat) {
    if (stat.target.slot) return answer(engine_->attributes(nodes_[*stat.target.slot]));
    const auto [directory, name] = place(stat.target.path);
    const auto entry = engine_->lookup(directory, name);
    if (!entry.ok()) return Outcome::failure(entry.error());
    engine_->forget(entry->node, 1);
    return Outcome::success(entry->attributes);
  }
  Outcome operator()(const Mknod& mknod) { return create(mknod.path, FileType::kRegular, mknod.mode); }
  Outcome operator()(const Mkdir& mkdir) { return create(mkdir.path, FileType::kDirectory, mkdir.mode); }
  Outcome operator()(const Unlink& unlink) {
    const auto [directory, name] = place(unlink.path);
    return answer(engine_->unlink(directory, name));
  }
  Outcome operator()(const Rmdir& rmdir) {
    const auto [directory, name] = place(rmdir.path);
    return answer(engine_->remove_directory(directory, name));
  }
  Outcome operator()(const Rename& rename) {
    const auto [from, from_name] = place(rename.from);
    const auto [to, to_name] = place(rename.to);
    return answer(engine_->rename(from, from_name, to, to_name, rename.mode));
  }
  Outcome operator()(const Chmod& chmod) {
    impl::AttributeChange change;
    change.mode = chmod.mode;
    const auto changed = engine_->change(nodes_[*chmod.target.slot], change);
    return changed.ok() ? Outcome::success() : Outcome::failure(changed.error());
  }
  Outcome operator()(const Truncate& truncate) {
    impl::AttributeChange change;
    change.size = truncate.size;
    const auto changed = engine_->change(nodes_[*truncate.target.slot], change);
    return changed.ok() ? Outcome::success() : Outcome::failure(changed.error());
  }
  Outcome operator()(const SetXattr& set) {
    return answer(engine_->set_xattr(nodes_[*set.target.slot], set.name, set.value, set.mode));
  }
  Outcome operator()(const GetXattr& get) { return answer(engine_->xattr(nodes_[*get.target.slot], get.name)); }
  Outcome operator()(const Read& read) {
    std::string bytes(read.length, '\0');
    const auto count = engine_->read(files_[read.slot], bytes.data(), bytes.size(), read.offset);
    if (!count.ok()) return Outcome::failure(count.error());
    bytes.resize(*count);
    return Outcome::success(bytes);
  }
  Outcome operator()(const Write& write) {
    const auto count = engine_->write(files_[write.slot], write.data, write.offset);
    return count.ok() ? Outcome::success(std::uint64_t{*count}) : Outcome::failure(count.error());
  }
  Outcome operator()(const ListDirectory& list) {
    const auto directory = engine_->open_directory(list.path == "d" ? d_ : kRootNode);
    if (!directory.ok()) return Outcome::failure(directory.error());
    std::vector<DirectoryEntry> entries;
    const Status listed = engine_->list(*directory, 0, [&](const impl::ListedEntry& entry) {
      entries.push_back(entry.entry);
      return true;
    });
    return listed.ok() ? Outcome::success(entries) : Outcome::failure(listed.error());
  }
  template <typename Other>
  Outcome operator()(const Other&) {
    ADD_FAILURE() << "an operation that no history has";
    return {};
  }

 private:
  std::pair<NodeId, std::string> place(const std::string& path) const {
    return path.starts_with("d/") ? std::pair(d_, path.substr(2)) : std::pair(NodeId{kRootNode}, path);
  }
  Outcome create(const std::string& path, FileType type, Mode mode) {
    const auto [directory, name] = place(path);
    impl::NewInode inode;
    inode.type = type;
    inode.mode = mode;
    const auto made = engine_->create(directory, name, inode);
    if (!made.ok()) return Outcome::failure(made.error());
    engine_->forget(made->node, 1);
    return Outcome::success();
  }
  static Outcome answer(const Status& status) {
    return status.ok() ? Outcome::success() : Outcome::failure(status.error());
  }
  template <typename T>
  static Outcome answer(const Result<T>& result) {
    return result.ok() ? Outcome::success(*result) : Outcome::failure(result.error());
  }

  impl::MemoryStore memory_;
  PausedStore store_;
  std::unique_ptr<impl::Engine> engine_;
  NodeId d_ = 0;
  std::array<NodeId, 3> nodes_{};
  std::array<impl::OpenFileRef, 3> files_;
};

Operation random_operation(std::mt19937_64& random) {
  static const std::array<const char*, 8> kPaths = {"a", "c", "h2", "new", "d/x", "d/y", "d/new", "h1"};
  const auto path = [&] { return std::string(kPaths[random() % kPaths.size()]); };
  const auto slot = [&] { return static_cast<Slot>(random() % 3); };
  switch (random() % 14) {
    case 0: return Mknod{.path = path(), .type = FileType::kRegular, .mode = 0640, .device = {}};
    case 1: return Mkdir{.path = path(), .mode = 0750};
    case 2: return Unlink{path()};
    case 3: return Rmdir{path()};
    case 4: return Rename{path(), path(), RenameMode::kReplace};
    case 5: return Rename{path(), path(), random() % 2 == 0 ? RenameMode::kExchange : RenameMode::kNoReplace};
    case 6: return Chmod{Target::of(slot()), static_cast<Mode>(0600 + random() % 64)};
    case 7: return Truncate{Target::of(kWriter), random() % 5};
    case 8: return SetXattr{Target::of(slot()), "user.x", std::to_string(random() % 10), XattrMode::kAny};
    case 9: return GetXattr{Target::of(slot()), "user.x"};
    case 10: return Read{slot(), 0, 10};
    case 11: return Write{kWriter, random() % 4, std::to_string(random() % 100)};
    case 12: return ListDirectory{random() % 2 == 0 ? "d" : "/"};
    default: return Stat{random() % 2 == 0 ? Target::at(path(), Follow::kNoFollow) : Target::of(slot())};
  }
}

// Whether the rest of the history is permitted from here on, in some order. `why` tells what stood in the way of the
// longest that was found.
struct Refusal {
  std::size_t after = 0;
  std::string what;
};
bool has_order(const model::World& world, const History& history, unsigned done, Refusal& why);

bool is_next(const History& history, std::size_t i, unsigned done) {
  for (std::size_t j = 0; j < history.size(); ++j)
    if ((done >> j & 1U) == 0 && j != i && history[j].ended < history[i].begun) return false;
  return (done >> i & 1U) == 0;
}

// Whether event `i` may come first of the rest.
bool goes_on(const model::World& world, const History& history, std::pair<std::size_t, unsigned> next, Refusal& why) {
  const auto [i, done] = next;
  const Event& event = history[i];
  const auto refuse = [&](const std::string& what) {
    const auto count = static_cast<std::size_t>(std::popcount(done));
    if (count >= why.after) why = {count, "event " + std::to_string(i) + ": " + what};
    return false;
  };
  const model::Plan plan = model::check(world, superuser(), event.operation);
  if (!plan.permits(event.outcome.error)) return refuse(std::string(errno_name(event.outcome.error)));
  model::World after = world;
  if (event.outcome.ok()) {
    const auto mismatch = model::check_answer(world, superuser(), event.operation, plan, event.outcome);
    if (mismatch) return refuse(mismatch->what);
    model::apply(after, superuser(), event.operation, plan, event.outcome);
  }
  return has_order(after, history, done | 1U << i, why);
}

bool has_order(const model::World& world, const History& history, unsigned done, Refusal& why) {
  if (done == (1U << history.size()) - 1) return true;
  for (std::size_t i = 0; i < history.size(); ++i)
    if (is_next(history, i, done) && goes_on(world, history, {i, done}, why)) return true;
  return false;
}

void open(model::World& world, const char* path, Access access, Slot slot) {
  const Operation operation = Open{path, {.access = access}, 0, slot};
  const model::Plan plan = model::check(world, superuser(), operation);
  ASSERT_TRUE(plan.success()) << path;
  model::apply(world, superuser(), operation, plan, Outcome::success());
}

History random_history(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::size_t threads = 2 + random() % 2;
  History history(threads + random() % (kOperations - threads + 1));
  for (Event& event : history) event.operation = random_operation(random);
  Mount mount;
  std::atomic<std::uint64_t> clock{0};
  std::vector<std::function<void()>> bodies;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    bodies.emplace_back([&, thread] {
      for (std::size_t i = thread; i < history.size(); i += threads) {
        history[i].begun = ++clock;
        history[i].outcome = mount.play(history[i].operation);
        history[i].ended = ++clock;
        Scheduler::pause();
      }
    });
  }
  Scheduler(random()).run(bodies);
  return history;
}

std::string describe(const History& history) {
  std::string text;
  for (const Event& event : history)
    text += oracle::operation_text(event.operation) + " from " + std::to_string(event.begun) + " to " +
            std::to_string(event.ended) + ": " + std::string(errno_name(event.outcome.error)) + "\n";
  return text;
}

TEST(Linearizability, OfShortHistories) {
  constexpr std::uint64_t kHistories = 600;
  model::World world = specified();
  open(world, "a", Access::kRead, kReader);
  open(world, "h1", Access::kRead, kLinked);
  open(world, "w", Access::kReadWrite, kWriter);
  std::size_t concurrent = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    const History history = random_history(seed);
    for (std::size_t i = 1; i < history.size(); ++i) concurrent += history[i].begun < history[0].ended ? 1 : 0;
    Refusal why;
    ASSERT_TRUE(has_order(world, history, 0, why)) << "seed " << seed << "\n" << describe(history) << why.what;
  }
  EXPECT_GT(concurrent, kHistories / 2) << "the histories are all in sequence";
}

bool has_order(const model::World& world, const History& history) {
  Refusal why;
  return has_order(world, history, 0, why);
}

// The judge itself: an answer that no order gives is seen.
TEST(Linearizability, IsDeniedWhereAnAnswerFitsNoOrder) {
  model::World world = specified();
  const Event unlink{Unlink{"a"}, Outcome::success(), 1, 4};
  Event stat{Unlink{"a"}, Outcome::failure(Errno::kENOENT), 2, 3};
  EXPECT_TRUE(has_order(world, {unlink, stat}));
  stat.outcome = Outcome::success();
  EXPECT_FALSE(has_order(world, {unlink, stat})) << "one name is removed once";
  stat = {Mknod{.path = "a", .type = FileType::kRegular, .mode = 0640, .device = {}}, Outcome::success(), 5, 6};
  EXPECT_TRUE(has_order(world, {unlink, stat}));
  stat.outcome = Outcome::failure(Errno::kEEXIST);
  EXPECT_FALSE(has_order(world, {unlink, stat})) << "it began after the name was gone";
}

}  // namespace
}  // namespace ovlspec::fuzz
