// Several threads in one mount: each has names of its own beside a shared directory and shared lower files.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "impl/engine/test_world.h"

namespace ovlspec::impl {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 150;

// A thread's own view: it gives every lookup back.
class Worker {
 public:
  Worker(Engine& engine, int index) : engine_(engine), prefix_("t" + std::to_string(index) + "_") {}

  void run() {
    directory_ = hold(engine_.lookup(kRootNode, "d"));
    for (int round = 0; round < kRounds; ++round) {
      own_names(round);
      shared_files(round);
      list();
    }
    engine_.forget(directory_, 1);
  }

 private:
  NodeId hold(const Result<NodeEntry>& entry) {
    EXPECT_TRUE(entry.ok()) << errno_name(entry.error());
    return entry.ok() ? entry->node : 0;
  }

  void own_names(int round) {
    const std::string name = prefix_ + std::to_string(round % 7);
    const std::string moved = prefix_ + "moved";
    NewInode inode;
    inode.type = round % 3 == 0 ? FileType::kDirectory : FileType::kRegular;
    inode.mode = 0755;
    const NodeId made = hold(engine_.create(directory_, name, inode));
    EXPECT_TRUE(engine_.rename(directory_, name, directory_, moved, RenameMode::kNoReplace));
    if (inode.type == FileType::kDirectory) {
      EXPECT_TRUE(engine_.remove_directory(directory_, moved));
    } else {
      auto file = engine_.open(made, {.access = Access::kReadWrite, .truncate = false});
      EXPECT_TRUE(engine_.write(*file, "content", 0).ok());
      EXPECT_TRUE(engine_.unlink(directory_, moved));
      char buffer[16];
      EXPECT_EQ(*engine_.read(*file, buffer, sizeof buffer, 0), 7U);
    }
    engine_.forget(made, 1);
  }

  void shared_files(int round) {
    const char* const name = round % 2 == 0 ? "a" : "b";  // two names of one lower file
    const NodeId shared = hold(engine_.lookup(directory_, name));
    auto reader = engine_.open(shared, {.access = Access::kRead, .truncate = false});
    ASSERT_TRUE(reader.ok());
    AttributeChange change;
    change.mode = 0600 | static_cast<Mode>(round & 7);
    EXPECT_TRUE(engine_.change(shared, change).ok());
    char buffer[16];
    EXPECT_EQ(*engine_.read(*reader, buffer, sizeof buffer, 0), 6U);
    EXPECT_EQ(engine_.attributes(shared)->links, 2U);
    engine_.forget(shared, 1);
  }

  void list() {
    auto directory = engine_.open_directory(directory_);
    int found = 0;
    EXPECT_TRUE(engine_.list(*directory, 0, [&](const ListedEntry& listed) {
      if (listed.entry.name == "a" || listed.entry.name == "b") ++found;
      return true;
    }));
    EXPECT_EQ(found, 2);
  }

  Engine& engine_;
  const std::string prefix_;
  NodeId directory_ = 0;
};

TEST(Concurrency, ThreadsSeeTheirOwnNamesAndASharedFileIsCopiedUpOnce) {
  World world;
  world.lower(0).file("d/a", "shared").hard_link("d/a", "d/b");
  world.lower(1).file("d/c", "");
  Mounted mounted(world);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&mounted, i] { Worker(mounted.engine(), i).run(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(mounted.engine().nodes(), 1U);
  EXPECT_EQ(mounted.names("d"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_NE(world.upper().has("d/a"), world.upper().has("d/b"));
}

}  // namespace
}  // namespace ovlspec::impl
