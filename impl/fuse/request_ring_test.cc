// Requests over io_uring. Where the kernel offers it every other test that mounts uses it, too (with_io_uring.py).
#include "impl/fuse/request_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

void run_on(unsigned processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  // Where this processor is not ours, another one does.
  static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof one, &one));
}

std::string bytes_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31) >> 3);
  return bytes;
}

class OverIoUring : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (!IsSkipped() && request_queues() == 0) GTEST_SKIP() << "the kernel does not offer FUSE over io_uring";
  }
};

TEST_F(OverIoUring, IsUsedByItselfAndNotWhereItIsOffOrOneWorkerIsWanted) {
  mount_writable();
  EXPECT_TRUE(mounted().session().uses_rings());
  unmount();
  mount_writable(",io_uring=off");
  EXPECT_FALSE(mounted().session().uses_rings());
  write_file(at("file"), "content");
  EXPECT_EQ(read_file(upper("file")), "content");
  unmount();
  mount_writable(",threads=1");
  EXPECT_FALSE(mounted().session().uses_rings());
  unmount();
  mount_writable(",threads=1,io_uring=on");
  EXPECT_TRUE(mounted().session().uses_rings());
}

TEST_F(OverIoUring, BytesOfAnySizeArriveBothWays) {
  for (const std::size_t size : {0, 1, 4095, 4096, 100'000, 1 << 20, (1 << 20) + 1, 5'000'000}) {
    write_file(lower("l" + std::to_string(size)), bytes_of(size));
  }
  mount_writable(",passthrough=off");
  for (const std::size_t size : {0, 1, 4095, 4096, 100'000, 1 << 20, (1 << 20) + 1, 5'000'000}) {
    const std::string name = std::to_string(size);
    EXPECT_EQ(read_file(at("l" + name)), bytes_of(size)) << size;
    write_file(at("u" + name), bytes_of(size));
    EXPECT_EQ(read_file(at("u" + name)), bytes_of(size)) << size;
    EXPECT_EQ(read_file(upper("u" + name)), bytes_of(size)) << size;
    const int appended = open(at("l" + name).c_str(), O_WRONLY | O_APPEND);
    EXPECT_EQ(write(appended, "x", 1), 1);
    close(appended);
    EXPECT_EQ(read_file(upper("l" + name)), bytes_of(size) + "x") << size;
  }
}

TEST_F(OverIoUring, NamesTargetsAndAttributesOfAnyLengthArrive) {
  mount_writable();
  const std::string name(255, 'n');
  write_file(at(name), "content");
  EXPECT_EQ(rename(at(name).c_str(), at(std::string(255, 'm')).c_str()), 0);
  EXPECT_EQ(read_file(upper(std::string(255, 'm'))), "content");
  const std::string target(4095, 't');
  ASSERT_EQ(symlink(target.c_str(), at("symlink").c_str()), 0);
  std::string found(5000, '\0');
  found.resize(static_cast<std::size_t>(readlink(at("symlink").c_str(), found.data(), found.size())));
  EXPECT_EQ(found, target);
  const std::string value = bytes_of(3000);
  if (setxattr(at(std::string(255, 'm')).c_str(), "trusted.large", value.data(), value.size(), 0) == 0) {
    std::string read(value.size(), '\0');
    EXPECT_EQ(getxattr(at(std::string(255, 'm')).c_str(), "trusted.large", read.data(), read.size()),
              static_cast<ssize_t>(value.size()));
    EXPECT_EQ(read, value);
  }
  EXPECT_EQ(error_of([&] { return open(at("missing").c_str(), O_RDONLY); }), ENOENT);
}

TEST_F(OverIoUring, ALargeDirectoryIsListedWhole) {
  for (int i = 0; i < 3000; ++i) write_file(lower("name of an entry " + std::to_string(i)), "");
  mount_writable();
  EXPECT_EQ(names_in(at("")).size(), 3000U);
  for (int i = 0; i < 3000; i += 2) unlink(at("name of an entry " + std::to_string(i)).c_str());
  EXPECT_EQ(names_in(at("")).size(), 1500U);
}

TEST_F(OverIoUring, CallersOnEachProcessorWorkBesideEachOther) {
  constexpr unsigned kCallers = 12;
  mount_writable();
  std::vector<std::thread> callers;
  std::atomic<int> failures{0};
  for (unsigned caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      run_on(caller % std::thread::hardware_concurrency());
      for (int i = 0; i < 100; ++i) {
        const std::string name = at(std::to_string(caller) + "-" + std::to_string(i));
        const int file = open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0644);
        const bool written = pwrite(file, &i, sizeof i, 0) == sizeof i;
        close(file);
        const bool renamed = rename(name.c_str(), (name + "r").c_str()) == 0;
        if (file < 0 || !written || !renamed || (i % 2 == 0 && unlink((name + "r").c_str()) != 0)) ++failures;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(names_in(at("")).size(), kCallers * 50U);
}

// The server waits for the lease of the lower file to be given up.
TEST_F(OverIoUring, ARequestThatWaitsKeepsNoOtherOfItsProcessorWaiting) {
  write_file(lower("leased"), "content");
  write_file(lower("other"), "other");
  mount_writable();
  const WriteLease lease(lower("leased"));
  std::atomic<bool> is_open{false};
  std::thread waiting([&] {
    run_on(0);
    EXPECT_EQ(read_file(at("leased")), "content");
    is_open = true;
  });
  std::thread other([&] {
    run_on(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (int i = 0; i < 20; ++i) write_file(at("made" + std::to_string(i)), "made");
    EXPECT_EQ(read_file(at("other")), "other");
    EXPECT_FALSE(is_open);
    lease.give_up();
  });
  other.join();
  waiting.join();
  EXPECT_TRUE(is_open);
}

TEST_F(OverIoUring, AMountWithOpenFilesEnds) {
  write_file(lower("file"), "content");
  mount_writable();
  const int file = open(at("file").c_str(), O_RDONLY);
  ASSERT_GE(file, 0);
  std::atomic<bool> ended{false};
  std::thread caller([&] {
    while (!ended) {
      struct statfs status {};
      fstatfs(file, &status);
    }
  });
  unmount();
  ended = true;
  caller.join();
  EXPECT_FALSE(is_mount_point(at("")));
  close(file);
}

using WithoutIoUring = MountTest;

TEST_F(WithoutIoUring, ItIsRefusedInOneLineWhereItIsAskedFor) {
  if (request_queues() != 0) GTEST_SKIP() << "the kernel offers it";
  MountRequest request;
  request.options.lowers = {lower("")};
  request.options.io_uring = IoUring::kRequired;
  request.source = "fuse-ovlspec";
  request.mount_point = at("");
  const auto mount = FuseMount::start(request);
  ASSERT_FALSE(mount);
  EXPECT_EQ(mount.failure().message,
            "io_uring: the kernel does not offer it (Linux 6.14, with the parameter enable_uring of its module fuse)");
}

}  // namespace
}  // namespace ovlspec::fuse
