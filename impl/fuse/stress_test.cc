// Many processes' worth of threads on one mount: each with names of its own in directories of its own and in one shared
// directory, all of them copying up the same files. Afterwards the tree is exactly what they made.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

constexpr int kThreads = 4;
constexpr int kShared = 20;  // lower files that all of them append to
constexpr std::chrono::seconds kTime{3};

// One worker: what it believes its own files to contain.
class Worker {
 public:
  Worker(std::string mount, int number) : mount_(std::move(mount)), number_(number), random_(number) {}

  void run() {
    const auto end = std::chrono::steady_clock::now() + kTime;
    while (std::chrono::steady_clock::now() < end) step();
  }

  void check() const {
    for (const auto& [name, content] : own_) EXPECT_EQ(read_file(mount_ + name), content) << name;
  }

  const std::map<std::string, std::string>& own() const { return own_; }
  int appended(int file) const { return appended_[file]; }

 private:
  std::string new_name() {
    return (random_() % 2 == 0 ? "shared/" : "own" + std::to_string(number_) + "/") + std::to_string(number_) + "-" +
           std::to_string(counter_++);
  }

  void step() {
    switch (random_() % 6) {
      case 0: return make();
      case 1: return change();
      case 2: return move();
      case 3: return remove();
      case 4: return append();
      case 5: return walk();
    }
  }

  void make() {
    const std::string name = new_name();
    own_[name] = name;
    write_file(mount_ + name, name);
  }

  std::map<std::string, std::string>::iterator any() {
    auto found = own_.begin();
    std::advance(found, own_.empty() ? 0 : random_() % own_.size());
    return found;
  }

  void change() {
    if (own_.empty()) return;
    const auto one = any();
    one->second += "!";
    const int file = open((mount_ + one->first).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(file, 0) << one->first;
    EXPECT_EQ(write(file, "!", 1), 1);
    close(file);
  }

  void move() {
    if (own_.empty()) return;
    const auto one = any();
    const std::string name = new_name();
    EXPECT_EQ(rename((mount_ + one->first).c_str(), (mount_ + name).c_str()), 0) << one->first << ": " << errno;
    own_[name] = one->second;
    own_.erase(one);
  }

  void remove() {
    if (own_.size() < 20) return;
    const auto one = any();
    EXPECT_EQ(unlink((mount_ + one->first).c_str()), 0) << one->first;
    own_.erase(one);
  }

  void append() {
    const int index = static_cast<int>(random_() % kShared);
    const int file = open((mount_ + "lower" + std::to_string(index)).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ASSERT_GE(file, 0) << index << ": " << errno;
    EXPECT_EQ(write(file, "+", 1), 1);
    close(file);
    ++appended_[index];
  }

  void walk() {
    const std::vector<std::string> names = names_in(mount_ + "shared");
    for (const auto& [name, content] : own_) {
      if (!name.starts_with("shared/")) continue;
      EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name.substr(7))) << name;
    }
  }

  const std::string mount_;
  const int number_;
  std::mt19937 random_;
  int counter_ = 0;
  std::map<std::string, std::string> own_;
  std::array<int, kShared> appended_{};
};

class Stress : public MountTest {
 protected:
  void run(const std::string& more) {
    ASSERT_EQ(mkdir(lower("shared").c_str(), 0755), 0);
    for (int i = 0; i < kShared; ++i) write_file(lower("lower") + std::to_string(i), "start");
    mount_writable(more);
    std::vector<Worker> workers;
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_EQ(mkdir(at("own" + std::to_string(i)).c_str(), 0755), 0);
      workers.emplace_back(at(""), i);
    }
    std::vector<std::thread> threads;
    for (Worker& worker : workers) threads.emplace_back([&worker] { worker.run(); });
    for (std::thread& thread : threads) thread.join();
    check(workers);
    unmount();
    mount_writable(more);
    check(workers);
  }

  void check(const std::vector<Worker>& workers) {
    std::size_t shared = 0;
    for (const Worker& worker : workers) {
      worker.check();
      for (const auto& [name, content] : worker.own()) shared += name.starts_with("shared/") ? 1 : 0;
    }
    EXPECT_EQ(names_in(at("shared")).size(), shared);
    for (int i = 0; i < kShared; ++i) {
      std::size_t size = 5;
      for (const Worker& worker : workers) size += static_cast<std::size_t>(worker.appended(i));
      EXPECT_EQ(read_file(at("lower" + std::to_string(i))).size(), size) << i;
      EXPECT_EQ(read_file(lower("lower" + std::to_string(i))), "start");
    }
  }
};

TEST_F(Stress, ThreadsLoseNothing) { run(""); }

TEST_F(Stress, ThreadsLoseNothingThroughThePageCache) { run(",passthrough=off"); }

TEST_F(Stress, ReadersThatRaceTheFirstWriterOfALowerFileSeeWhatItWrote) {
  constexpr int kFiles = 300;
  for (int i = 0; i < kFiles; ++i) write_file(lower("f") + std::to_string(i), "old");
  mount_writable();
  std::atomic<int> started{0};
  std::array<int, kFiles> readers{};
  const auto in_step = [&started](int round, int parties) {
    ++started;
    while (started < parties * (round + 1)) std::this_thread::yield();
  };
  std::thread reading([&] {
    for (int i = 0; i < kFiles; ++i) {
      in_step(i, 2);
      readers[i] = open((at("f") + std::to_string(i)).c_str(), O_RDONLY | O_CLOEXEC);
    }
  });
  std::thread writing([&] {
    for (int i = 0; i < kFiles; ++i) {
      in_step(i, 2);
      const int file = open((at("f") + std::to_string(i)).c_str(), O_RDWR | O_CLOEXEC);
      EXPECT_EQ(pwrite(file, "new", 3, 0), 3) << i << ": " << errno;
      close(file);
    }
  });
  reading.join();
  writing.join();
  for (int i = 0; i < kFiles; ++i) {
    std::array<char, 4> seen{};
    EXPECT_EQ(pread(readers[i], seen.data(), 3, 0), 3) << i;
    EXPECT_EQ(std::string(seen.data()), "new") << i;
    EXPECT_EQ(read_file(lower("f") + std::to_string(i)), "old");
    close(readers[i]);
  }
}

TEST_F(Stress, StoppingUnderLoadEndsEveryRequest) {
  write_file(lower("f"), "x");
  mount_writable();
  std::atomic<bool> enough{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; !enough; ++round) {
        // Errors are expected once the mount is gone.
        const int file = open(at(std::to_string(i)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file >= 0) close(file);
        rename(at(std::to_string(i)).c_str(), at("n" + std::to_string(i)).c_str());
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  unmount();
  enough = true;
  for (std::thread& thread : threads) thread.join();
  mount_writable();
  EXPECT_EQ(read_file(at("f")), "x");
}

}  // namespace
}  // namespace ovlspec::fuse
