#include "impl/fuse/node_io.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace ovlspec::fuse {
namespace {

// Registers descriptors under ids of its own.
class FakeRegistry final : public BackingRegistry {
 public:
  Result<BackingId> open(int descriptor) override {
    const std::lock_guard lock(mutex_);
    if (refusal != Errno::kOk) return refusal;
    registered[++last_] = descriptor;
    return last_;
  }
  void close(BackingId backing) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(registered.erase(backing), 1U);
  }

  std::map<BackingId, int> registered;
  Errno refusal = Errno::kOk;

 private:
  std::mutex mutex_;
  BackingId last_ = 0;
};

constexpr NodeIo::Backing kUpperFile{{.descriptor = 7, .may_change = false}};
constexpr NodeIo::Backing kLowerFile{{.descriptor = 8, .may_change = true}};

TEST(NodeIo, AllOpensOfANodeShareOneBackingFile) {
  FakeRegistry registry;
  NodeIo io(registry);
  const BackingId first = io.open(5, kUpperFile);
  EXPECT_NE(first, kPageCache);
  EXPECT_EQ(io.open(5, NodeIo::Backing{{.descriptor = 9, .may_change = false}}), first);
  EXPECT_EQ(registry.registered, (std::map<BackingId, int>{{first, 7}}));
}

TEST(NodeIo, TheBackingFileIsKeptUntilTheLastClose) {
  FakeRegistry registry;
  NodeIo io(registry);
  io.open(5, kUpperFile);
  io.open(5, kUpperFile);
  io.close(5);
  EXPECT_EQ(registry.registered.size(), 1U);
  io.close(5);
  EXPECT_TRUE(registry.registered.empty());
  EXPECT_EQ(io.open_nodes(), 0U);
}

TEST(NodeIo, ALowerFileThatMayBeCopiedUpGoesThroughThePageCache) {
  FakeRegistry registry;
  NodeIo io(registry);
  EXPECT_EQ(io.open(5, kLowerFile), kPageCache);
  EXPECT_TRUE(registry.registered.empty());
}

TEST(NodeIo, AFileReadBeforeItsCopyUpStaysInThePageCacheUntilItsLastClose) {
  FakeRegistry registry;
  NodeIo io(registry);
  io.open(5, kLowerFile);
  EXPECT_EQ(io.open(5, kUpperFile), kPageCache);
  io.close(5);
  EXPECT_EQ(io.open(5, kUpperFile), kPageCache);
  io.close(5);
  io.close(5);
  EXPECT_NE(io.open(5, kUpperFile), kPageCache);
}

TEST(NodeIo, NodesDoNotShareTheirWay) {
  FakeRegistry registry;
  NodeIo io(registry);
  EXPECT_EQ(io.open(5, kLowerFile), kPageCache);
  EXPECT_NE(io.open(5 + 64, kUpperFile), kPageCache);
  EXPECT_EQ(io.open_nodes(), 2U);
}

TEST(NodeIo, WhereTheKernelRefusesTheFileGoesThroughThePageCache) {
  FakeRegistry registry;
  registry.refusal = Errno::kELOOP;
  NodeIo io(registry);
  EXPECT_EQ(io.open(5, kUpperFile), kPageCache);
  registry.refusal = Errno::kOk;
  EXPECT_EQ(io.open(5, kUpperFile), kPageCache);
}

TEST(NodeIo, AStoreWithoutDescriptorsGoesThroughThePageCache) {
  FakeRegistry registry;
  NodeIo io(registry);
  EXPECT_EQ(io.open(5, std::nullopt), kPageCache);
}

TEST(NodeIo, ThreadsThatOpenOneNodeAtOnceGetOneBackingFile) {
  FakeRegistry registry;
  NodeIo io(registry);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&io] {
      for (int round = 0; round < 1000; ++round) {
        const BackingId first = io.open(5, kUpperFile);
        EXPECT_EQ(io.open(5, kUpperFile), first);
        io.close(5);
        io.close(5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(registry.registered.empty());
  EXPECT_EQ(io.open_nodes(), 0U);
}

}  // namespace
}  // namespace ovlspec::fuse
