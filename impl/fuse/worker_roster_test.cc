#include "impl/fuse/worker_roster.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

namespace ovlspec::fuse {
namespace {

using Expected = WorkerRoster::Expected;

bool comes_true(const std::function<bool()>& what) {
  for (int i = 0; i < 5000 && !what(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return what();
}

// Workers that sleep until they are called, and then count as waiting for a request.
class Sleepers {
 public:
  Sleepers(WorkerRoster& roster, int count) : roster_(roster) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] {
        WorkerRoster::Shift shift(roster_);
        if (!shift.await()) return;
        shift.began_to_wait();
        ++called;
      });
    }
  }
  ~Sleepers() {
    roster_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  std::atomic<int> called{0};

 private:
  WorkerRoster& roster_;
  std::vector<std::thread> threads_;
};

void answer(WorkerRoster::Shift& shift, Expected expected) {
  shift.began_to_wait();
  shift.woke(expected);
  EXPECT_TRUE(shift.finished());
}

TEST(WorkerRoster, OneOfAllWorkersIsAwakeAtFirst) {
  WorkerRoster roster(4);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  Sleepers others(roster, 3);
  std::this_thread::sleep_for(5 * WorkerRoster::kStuck);
  EXPECT_EQ(others.called, 0);
  EXPECT_EQ(roster.awake(), 1U);
}

TEST(WorkerRoster, LongWorkCallsAnother) {
  WorkerRoster roster(3);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  Sleepers others(roster, 2);
  first.began_to_wait();
  first.woke(Expected::kLong);
  EXPECT_TRUE(comes_true([&] { return others.called == 1; }));
  EXPECT_EQ(roster.awake(), 2U);
}

TEST(WorkerRoster, RequestsThatDoNotEndCallAnother) {
  WorkerRoster roster(2);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  Sleepers others(roster, 1);
  // A read that took long on a busy machine counts as a wait.
  EXPECT_TRUE(comes_true([&] {
    answer(first, Expected::kShort);
    return roster.awake() == 2;
  }));
  EXPECT_TRUE(comes_true([&] { return others.called == 1; }));
}

TEST(WorkerRoster, AWorkerThatHangsCallsAnother) {
  WorkerRoster roster(3);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  Sleepers others(roster, 2);
  first.began_to_wait();
  first.woke(Expected::kShort);
  EXPECT_TRUE(comes_true([&] { return others.called == 1; }));
}

TEST(WorkerRoster, AWorkerThatHangsIsSeenAgainAfterAPause) {
  WorkerRoster roster(2);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  Sleepers others(roster, 1);
  answer(first, Expected::kShort);
  first.began_to_wait();
  std::this_thread::sleep_for(40 * WorkerRoster::kStuck);
  EXPECT_EQ(others.called, 0);
  first.woke(Expected::kShort);
  EXPECT_TRUE(comes_true([&] { return others.called == 1; }));
}

TEST(WorkerRoster, WhoWaitedBesideAnotherSleepsAndTheLastOneDoesNot) {
  WorkerRoster roster(2);
  WorkerRoster::Shift first(roster);
  WorkerRoster::Shift second(roster);
  EXPECT_TRUE(first.await());
  first.began_to_wait();
  first.woke(Expected::kLong);
  EXPECT_TRUE(second.await());
  EXPECT_TRUE(first.finished());
  first.began_to_wait();
  second.began_to_wait();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  first.woke(Expected::kShort);
  second.woke(Expected::kShort);  // the first one does not wait any more
  EXPECT_FALSE(first.finished());
  EXPECT_TRUE(second.finished());
  EXPECT_EQ(roster.awake(), 1U);
}

TEST(WorkerRoster, AnEndWakesEverybody) {
  WorkerRoster roster(4);
  WorkerRoster::Shift first(roster);
  EXPECT_TRUE(first.await());
  std::atomic<int> ended{0};
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 3; ++i) {
    sleepers.emplace_back([&] {
      WorkerRoster::Shift shift(roster);
      if (!shift.await()) ++ended;
    });
  }
  roster.stop();
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(ended, 3);
  EXPECT_FALSE(first.await());
}

}  // namespace
}  // namespace ovlspec::fuse
