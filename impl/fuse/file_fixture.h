// Open files and mappings, for tests on a mount.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace ovlspec::fuse {

// A descriptor for the length of a scope.
class File {
 public:
  File(const std::string& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    EXPECT_GE(number_, 0) << path;
  }
  ~File() { close(number_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int number() const { return number_; }
  std::string read(std::size_t size, off_t offset = 0) const {
    std::string content(size, '\0');
    const ssize_t count = pread(number_, content.data(), size, offset);
    EXPECT_GE(count, 0);
    content.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return content;
  }
  void write(const std::string& content, off_t offset = 0) const {
    EXPECT_EQ(pwrite(number_, content.data(), content.size(), offset), static_cast<ssize_t>(content.size()));
  }

 private:
  int number_;
};

// A write lease on a file, until it is given up: who opens the file meanwhile waits.
class WriteLease {
 public:
  explicit WriteLease(const std::string& path) : file_(path, O_RDWR) {
    // Ignored; else the breaking of the lease ends the process.
    signal(SIGIO, SIG_IGN);
    EXPECT_EQ(fcntl(file_.number(), F_SETLEASE, F_WRLCK), 0) << path;
  }
  void give_up() const { fcntl(file_.number(), F_SETLEASE, F_UNLCK); }

 private:
  File file_;
};

// A mapping of one page.
class Mapping {
 public:
  Mapping(const File& file, int protection, int kind = MAP_SHARED)
      : page_(static_cast<char*>(mmap(nullptr, kSize, protection, kind, file.number(), 0))) {
    EXPECT_NE(page_, MAP_FAILED);
  }
  ~Mapping() { munmap(page_, kSize); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string text(std::size_t size) const { return std::string(page_, size); }
  void set(std::size_t index, char value) { page_[index] = value; }
  int synchronise() { return msync(page_, kSize, MS_SYNC); }

 private:
  static constexpr std::size_t kSize = 4096;
  char* page_;
};

// Runs `body` in a process of its own, whose failures count. What maps files of the mount must: closing a dirty mapping
// holds the process's memory lock while it waits for the server, which would need that lock in the same process.
void in_another_process(const std::function<void()>& body);

}  // namespace ovlspec::fuse
