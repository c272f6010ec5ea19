// The bytes of small lower files, which the kernel has in its cache from the open on: what it shows is never older than
// what somebody wrote.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class SentContent : public MountTest {
 protected:
  static constexpr std::size_t kPage = 4096;
  // Of the pages of the file, how many the kernel has; before anything is read.
  static std::size_t cached_pages(int descriptor, std::size_t size) {
    const std::size_t pages = (size + kPage - 1) / kPage;
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    std::vector<unsigned char> has(pages);
    EXPECT_EQ(mincore(mapped, size, has.data()), 0);
    munmap(mapped, size);
    std::size_t count = 0;
    for (const unsigned char one : has) count += one & 1U;
    return count;
  }
};

TEST_F(SentContent, IsThereFromTheFirstOpenOn) {
  for (const std::size_t size : {std::size_t{1}, kPage, kPage + 1, 3 * kPage}) {
    const std::string name = "f" + std::to_string(size);
    write_file(lower(name), std::string(size, 'x'));
  }
  mount_writable();
  for (const std::size_t size : {std::size_t{1}, kPage, kPage + 1, 3 * kPage}) {
    const std::string name = "f" + std::to_string(size);
    const int file = open(at(name).c_str(), O_RDONLY);
    EXPECT_EQ(cached_pages(file, size), (size + kPage - 1) / kPage) << size;
    EXPECT_EQ(read_file(at(name)), std::string(size, 'x'));
    EXPECT_EQ(status_of_path(at(name)).st_size, static_cast<off_t>(size));
    close(file);
  }
}

TEST_F(SentContent, IsNotSentOfALargeFileOrOneThatIsOpenedForWriting) {
  write_file(lower("large"), std::string(100 * kPage, 'x'));
  write_file(lower("written"), std::string(kPage, 'x'));
  mount_writable(",passthrough=off");
  const int large = open(at("large").c_str(), O_RDONLY);
  EXPECT_EQ(cached_pages(large, 100 * kPage), 0U);
  close(large);
  const int written = open(at("written").c_str(), O_RDWR);
  EXPECT_EQ(cached_pages(written, kPage), 0U);
  close(written);
}

TEST_F(SentContent, GivesWayToWhatIsWrittenAfterTheOpen) {
  write_file(lower("file"), "lower content");
  mount_writable();
  const int reader = open(at("file").c_str(), O_RDONLY);
  write_file(at("file"), "new");
  char bytes[20] = {};
  EXPECT_EQ(pread(reader, bytes, sizeof bytes, 0), 3);
  EXPECT_STREQ(bytes, "new");
  close(reader);
  EXPECT_EQ(read_file(at("file")), "new");
}

TEST_F(SentContent, ALayerThatChangedUnderTheMountDoesNotMakeAnOpenFail) {
  write_file(lower("shorter"), "0123456789");
  write_file(lower("longer"), "0123456789");
  mount_writable();
  status_of_path(at("shorter"));
  status_of_path(at("longer"));
  write_file(lower("shorter"), "abc");
  write_file(lower("longer"), "abcdefghijklmnop");
  EXPECT_EQ(read_file(at("shorter")).substr(0, 3), "abc");
  EXPECT_EQ(read_file(at("longer")).substr(0, 10), "abcdefghij");
}

// Many opens at once of files that others truncate and write for the first time: once somebody was told that the new
// content is there, nobody reads the old one.
TEST_F(SentContent, IsNeverOlderThanWhatWasWritten) {
  constexpr int kFiles = 150;
  constexpr int kReaders = 4;
  for (int i = 0; i < kFiles; ++i) write_file(lower("f" + std::to_string(i)), "old content of a lower file");
  mount_writable();
  std::atomic<int> next{0};
  std::atomic<int> written{-1};
  std::vector<std::thread> threads;
  for (int t = 0; t < kReaders; ++t) {
    threads.emplace_back([&] {
      while (next < kFiles) {
        const int i = next;
        const bool is_new = written >= i;
        const std::string content = read_file(at("f" + std::to_string(i)));
        EXPECT_TRUE(!is_new || content == "new") << i << ": " << content;
      }
    });
  }
  for (int i = 0; i < kFiles; ++i) {
    next = i;
    const std::string path = at("f" + std::to_string(i));
    if (i % 2 == 0) {
      EXPECT_EQ(truncate(path.c_str(), 0), 0);
      EXPECT_EQ(status_of_path(path).st_size, 0);
    }
    std::ofstream(path) << "new";
    written = i;
    EXPECT_EQ(read_file(path), "new");
    EXPECT_EQ(status_of_path(path).st_size, 3);
  }
  next = kFiles;
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kFiles; ++i) EXPECT_EQ(read_file(at("f" + std::to_string(i))), "new");
}

}  // namespace
}  // namespace ovlspec::fuse
