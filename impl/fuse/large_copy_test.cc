// The copy up of large files, whose data are copied before anybody else has to wait for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class LargeCopy : public MountTest {
 protected:
  static constexpr std::size_t kSize = 3'000'000;

  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    content_ = std::string(kSize, '\0');
    for (std::size_t i = 0; i < kSize; ++i) content_[i] = static_cast<char>((i * 31) >> 4);
    write_file(lower("large"), content_, 0640);
    ASSERT_EQ(chown(lower("large").c_str(), 3, 4), 0);
    const timespec times[2] = {{100, 1}, {200, 2}};
    ASSERT_EQ(utimensat(AT_FDCWD, lower("large").c_str(), times, 0), 0);
  }
  // What the work directory holds of copies.
  std::vector<std::string> leftovers() const { return names_in(root() + "/work/work"); }

  std::string content_;
};

TEST_F(LargeCopy, IsTheFileWithTheChange) {
  mount_writable();
  const struct stat before = status_of_path(at("large"));
  ASSERT_EQ(chmod(at("large").c_str(), 0604), 0);
  struct stat after = status_of_path(at("large"));
  EXPECT_EQ(after.st_mode & 07777U, 0604U);
  EXPECT_EQ(after.st_uid, 3U);
  EXPECT_EQ(after.st_gid, 4U);
  EXPECT_EQ(after.st_mtim.tv_nsec, 2);
  EXPECT_EQ(after.st_atim.tv_nsec, 1);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_EQ(read_file(at("large")), content_);
  EXPECT_EQ(read_file(upper("large")), content_);
  EXPECT_TRUE(leftovers().empty());
  EXPECT_EQ(status_of_path(lower("large")).st_mode & 07777U, 0640U);
}

TEST_F(LargeCopy, TakesItsNewNameAndItsOther) {
  mount_writable();
  const ino_t number = status_of_path(at("large")).st_ino;
  ASSERT_EQ(link(at("large").c_str(), at("other").c_str()), 0);
  EXPECT_EQ(status_of_path(at("other")).st_ino, number);
  EXPECT_EQ(status_of_path(at("large")).st_nlink, 2U);
  unmount();
  write_file(lower("second"), content_);
  mount_writable();
  ASSERT_EQ(rename(at("second").c_str(), at("moved").c_str()), 0);
  EXPECT_EQ(read_file(at("moved")), content_);
  EXPECT_EQ(names_in(at("")), (std::vector<std::string>{"large", "moved", "other"}));
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(LargeCopy, ByManyAtOnceIsOne) {
  mount_writable();
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      const int file = open(at("large").c_str(), O_WRONLY);
      EXPECT_EQ(pwrite(file, "x", 1, i), 1);
      close(file);
    });
  }
  for (std::thread& writer : writers) writer.join();
  content_.replace(0, 8, "xxxxxxxx");
  EXPECT_EQ(read_file(at("large")), content_);
  EXPECT_TRUE(leftovers().empty());
}

// The copying waits for the lease of the lower file to be given up; names are made meanwhile.
TEST_F(LargeCopy, KeepsNobodyElseWaiting) {
  mount_writable();
  const WriteLease lease(lower("large"));
  std::atomic<bool> is_open{false};
  std::thread writer([&] {
    const int file = open(at("large").c_str(), O_WRONLY | O_APPEND);
    is_open = true;
    EXPECT_EQ(write(file, "end", 3), 3);
    close(file);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  for (int i = 0; i < 20; ++i) write_file(at("made" + std::to_string(i)), "made");
  EXPECT_EQ(rename(at("made0").c_str(), at("moved").c_str()), 0);
  EXPECT_FALSE(is_open);
  lease.give_up();
  writer.join();
  EXPECT_EQ(read_file(at("large")), content_ + "end");
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(LargeCopy, OfAFileThatIsRemovedMeanwhileShowsNothing) {
  mount_writable();
  const WriteLease lease(lower("large"));
  std::thread writer([&] {
    const int file = open(at("large").c_str(), O_WRONLY | O_APPEND);
    if (file >= 0) close(file);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(unlink(at("large").c_str()), 0);
  lease.give_up();
  writer.join();
  EXPECT_TRUE(names_in(at("")).empty());
  EXPECT_TRUE(leftovers().empty());
}

}  // namespace
}  // namespace ovlspec::fuse
