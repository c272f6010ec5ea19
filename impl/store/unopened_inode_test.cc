// Inodes of a lower's private clone: found by name, and opened only where that is needed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "impl/store/posix_store.h"
#include "impl/store/private_mounts.h"
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

namespace fs = std::filesystem;

class UnopenedInodes : public ::testing::Test {
 protected:
  void SetUp() override {
    if (mounts().path().empty()) GTEST_SKIP() << mounts().reason();
    base_ = mounts().path() + "/unopened";
    fs::create_directory(base_);
    write("first", "first");
    const Result<OpenedLayer> opened = store_.open_lower(base_);
    ASSERT_TRUE(opened && opened->view == LayerView::kPrivateClone);
    root_ = opened->root;
    // Whether handles can be opened is tried with the first inode.
    static_cast<void>(store_.lookup(root_, "first"));
    held_ = held_descriptors();
  }
  void TearDown() override {
    if (!base_.empty()) fs::remove_all(base_);
  }

  void write(const std::string& name, const std::string& content) { std::ofstream(base_ + "/" + name) << content; }
  FoundInode find(const std::string& name) {
    Result<FoundInode> found = store_.lookup(root_, name);
    EXPECT_EQ(found.error(), Errno::kOk);
    return found ? std::move(*found) : FoundInode();
  }
  std::string content(const InodeRef& inode) {
    const Result<FileRef> file = store_.open(inode, Access::kRead);
    if (!file) return std::string(errno_name(file.error()));
    std::string bytes(100, '\0');
    const Result<std::size_t> count = store_.read(*file, bytes.data(), bytes.size(), 0);
    return bytes.substr(0, count ? *count : 0);
  }

  std::string base_;
  PosixStore store_;
  InodeRef root_;
  std::size_t held_ = 0;
};

TEST_F(UnopenedInodes, HoldNoDescriptorForWhatIsNoDirectory) {
  std::vector<FoundInode> found;
  for (int i = 0; i < 100; ++i) {
    write("f" + std::to_string(i), "x");
    found.push_back(find("f" + std::to_string(i)));
    EXPECT_TRUE(store_.handle(found.back().inode));
  }
  EXPECT_EQ(held_descriptors(), held_);
}

TEST_F(UnopenedInodes, DoWithoutADescriptorAgainWhereThereAreTooMany) {
  std::vector<FoundInode> found;
  want_descriptors(held_ + 10);
  for (int i = 0; i < 100; ++i) {
    write("f" + std::to_string(i), "x");
    found.push_back(find("f" + std::to_string(i)));
    EXPECT_TRUE(store_.attributes(found.back().inode));
  }
  EXPECT_LE(held_descriptors(), held_ + 11);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(store_.attributes(found[static_cast<std::size_t>(i)].inode)->number,
              found[static_cast<std::size_t>(i)].attributes.number);
  want_descriptors(SIZE_MAX);
}

TEST_F(UnopenedInodes, ShowTheSameAsOpenedOnes) {
  write("file", "content");
  chmod((base_ + "/file").c_str(), 04751);
  const FoundInode found = find("file");
  const Result<Attributes> opened = store_.attributes(found.inode);
  ASSERT_TRUE(opened);
  EXPECT_EQ(found.attributes, *opened);
  EXPECT_EQ(store_.look_at(root_, "file")->number, opened->number);
  EXPECT_EQ(found.protection, std::optional<InodeFlags>(0));
  EXPECT_EQ(*store_.handle(find("file").inode), *store_.handle(found.inode));
  EXPECT_EQ(content(find("file").inode), "content");
  EXPECT_EQ(store_.xattr_names(find("file").inode).error(), Errno::kOk);
}

TEST_F(UnopenedInodes, ASymlinkAndASpecialFileAreThemselves) {
  ASSERT_EQ(symlink("first", (base_ + "/symlink").c_str()), 0);
  ASSERT_EQ(mkfifo((base_ + "/fifo").c_str(), 0644), 0);
  EXPECT_EQ(*store_.symlink_target(find("symlink").inode), "first");
  EXPECT_EQ(find("fifo").attributes.type, FileType::kFifo);
  EXPECT_EQ(store_.open(find("fifo").inode, Access::kRead).error(), Errno::kEINVAL);
}

TEST_F(UnopenedInodes, AMissingNameIsEnoent) {
  EXPECT_EQ(store_.lookup(root_, "missing").error(), Errno::kENOENT);
  EXPECT_EQ(store_.look_at(root_, "missing").error(), Errno::kENOENT);
}

TEST_F(UnopenedInodes, AreStaleOnceAnotherInodeHasTheNameUnlessTheirHandleIsKnown) {
  write("file", "one");
  const FoundInode by_name = find("file");
  const FoundInode by_handle = find("file");
  ASSERT_TRUE(store_.handle(by_handle.inode));
  fs::rename(base_ + "/file", base_ + "/elsewhere");
  write("file", "another");
  EXPECT_EQ(store_.attributes(by_name.inode).error(), Errno::kESTALE);
  EXPECT_EQ(content(by_handle.inode), "one");
  fs::remove(base_ + "/elsewhere");
  EXPECT_EQ(store_.attributes(find("first").inode).error(), Errno::kOk);
}

TEST_F(UnopenedInodes, AreStaleOnceTheyAreGone) {
  write("file", "one");
  const FoundInode by_name = find("file");
  const FoundInode by_handle = find("file");
  ASSERT_TRUE(store_.handle(by_handle.inode));
  fs::remove(base_ + "/file");
  EXPECT_EQ(store_.attributes(by_name.inode).error(), Errno::kESTALE);
  EXPECT_EQ(store_.handle(find("first").inode).error(), Errno::kOk);
  EXPECT_EQ(store_.attributes(by_handle.inode).error(), Errno::kESTALE);
}

// Opening it for reading would wait for a writer.
TEST_F(UnopenedInodes, AFifoThatTookAFilesNameIsNotWaitedFor) {
  write("file", "one");
  const FoundInode found = find("file");
  fs::remove(base_ + "/file");
  ASSERT_EQ(mkfifo((base_ + "/file").c_str(), 0644), 0);
  static_cast<void>(store_.handle(found.inode));  // of the fifo
  EXPECT_EQ(content(found.inode), "ESTALE");
}

TEST_F(UnopenedInodes, AreOpenedByManyThreadsAtOnce) {
  for (int i = 0; i < 50; ++i) write("f" + std::to_string(i), std::to_string(i));
  std::vector<FoundInode> found;
  for (int i = 0; i < 50; ++i) found.push_back(find("f" + std::to_string(i)));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto& one = found[static_cast<std::size_t>(i)];
        if (t % 2 == 0) static_cast<void>(store_.handle(one.inode));
        EXPECT_EQ(store_.attributes(one.inode)->number, one.attributes.number);
        EXPECT_EQ(content(one.inode), std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ovlspec::impl
