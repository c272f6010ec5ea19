// Layers that the kernel's overlayfs wrote, mounted by us, and the other way round.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

std::string first_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Interchange : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(mkdir((root() + "/kernel").c_str(), 0755), 0);
  }
  void TearDown() override {
    unmount_kernel();
    MountTest::TearDown();
  }

  // Over the lower alone, with our upper and work directory.
  void mount_kernel(const std::string& below = "") {
    const std::string options = layers(below) + ",metacopy=on,redirect_dir=on,index=on";
    if (::mount("overlay", kernel("").c_str(), "overlay", 0, options.c_str()) != 0)
      GTEST_SKIP() << "the kernel mounts no overlay with metacopy here";
    mounted_ = true;
  }
  void unmount_kernel() {
    if (mounted_) ::umount2(kernel("").c_str(), MNT_DETACH);
    mounted_ = false;
  }
  void mount_ours(const std::string& below = "") { mount(layers(below)); }
  std::string layers(const std::string& below) const {
    return "lowerdir=" + root() + "/lower" + below + ",upperdir=" + root() + "/upper,workdir=" + root() + "/work";
  }
  std::string kernel(const std::string& name) const { return root() + "/kernel/" + name; }

 private:
  bool mounted_ = false;
};

TEST_F(Interchange, AttributesWithNamesLikeTheOverlaysAreReadByBoth) {
  write_file(lower("f"), "x");
  const std::string name = "trusted.overlay.opaque";
  mount_ours();
  ASSERT_EQ(setxattr(at("f").c_str(), name.c_str(), "ours", 4, 0), 0);
  unmount();
  mount_kernel();
  if (IsSkipped()) return;
  char value[16] = {};
  EXPECT_EQ(getxattr(kernel("f").c_str(), name.c_str(), value, sizeof value), 4);
  ASSERT_EQ(setxattr(kernel("f").c_str(), name.c_str(), "kernel", 6, 0), 0);
  unmount_kernel();
  mount_ours();
  EXPECT_EQ(getxattr(at("f").c_str(), name.c_str(), value, sizeof value), 6);
  EXPECT_EQ(std::string(value), "kernel");
}

TEST_F(Interchange, AHardLinkThatTheKernelLeavesToTheIndexAloneStillShows) {
  write_file(lower("f"), "lower");
  ASSERT_EQ(::link(lower("f").c_str(), lower("g").c_str()), 0);
  mount_ours();
  const ino_t number = status_of_path(at("f")).st_ino;
  std::ofstream(at("f"), std::ios::app) << "+ours";
  unmount();
  mount_kernel();
  if (IsSkipped()) return;
  ASSERT_EQ(::unlink(kernel("f").c_str()), 0);
  EXPECT_EQ(read_file(kernel("g")), "lower+ours");
  unmount_kernel();
  mount_ours();
  EXPECT_EQ(read_file(at("g")), "lower+ours");
  EXPECT_EQ(status_of_path(at("g")).st_ino, number);
  EXPECT_EQ(status_of_path(at("g")).st_nlink, 1U);
  std::ofstream(at("g"), std::ios::app) << "+again";
  ASSERT_EQ(::link(at("g").c_str(), at("h").c_str()), 0);
  unmount();
  mount_kernel();
  EXPECT_EQ(read_file(kernel("g")), "lower+ours+again");
  EXPECT_EQ(read_file(kernel("h")), "lower+ours+again");
  EXPECT_EQ(status_of_path(kernel("h")).st_nlink, 2U);
}

TEST_F(Interchange, WhatTheKernelLeftToTheIndexAloneLeavesItWithItsLastName) {
  write_file(lower("f"), "lower");
  ASSERT_EQ(::link(lower("f").c_str(), lower("g").c_str()), 0);
  mount_kernel();
  if (IsSkipped()) return;
  ASSERT_EQ(::unlink(kernel("f").c_str()), 0);
  unmount_kernel();
  const auto entries = [this] {
    std::vector<std::string> records = names_in(root() + "/work/index");
    // The kernel's whiteout lies there, too.
    records.erase(std::remove_if(records.begin(), records.end(), [](const auto& name) { return name[0] == '#'; }),
                  records.end());
    return records.size();
  };
  ASSERT_EQ(entries(), 1U);
  mount_ours();
  EXPECT_EQ(status_of_path(at("g")).st_nlink, 1U);
  ASSERT_EQ(::rename(at("g").c_str(), at("h").c_str()), 0);
  EXPECT_EQ(read_file(at("h")), "lower");
  ASSERT_EQ(::unlink(at("h").c_str()), 0);
  unmount();
  EXPECT_EQ(entries(), 0U);
}

class Metacopy : public Interchange {
 protected:
  // The kernel copies attributes up, and no data.
  void SetUp() override {
    Interchange::SetUp();
    if (IsSkipped()) return;
    write_file(lower("big"), big_);
    write_file(lower("small"), "small");
    write_file(lower("moved"), "moved");
    ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
    write_file(lower("d/f"), "linked");
    ASSERT_EQ(::link(lower("d/f").c_str(), lower("d/g").c_str()), 0);
    mount_kernel();
    if (IsSkipped()) return;
    for (const char* name : {"big", "small", "moved", "d/f"}) ASSERT_EQ(chmod(kernel(name).c_str(), 0600), 0) << name;
    ASSERT_EQ(::rename(kernel("moved").c_str(), kernel("d/moved").c_str()), 0);
    ASSERT_EQ(::rename(kernel("d").c_str(), kernel("e").c_str()), 0);
    unmount_kernel();
    ASSERT_NE(first_bytes(upper("big")), big_) << "the kernel copied the data up";
  }

  const std::string big_ = std::string(300000, 'x') + "end";
};

TEST_F(Metacopy, DataAreReadBelow) {
  mount_ours();
  EXPECT_EQ(read_file(at("big")), big_);
  EXPECT_EQ(read_file(at("e/moved")), "moved") << "its redirect says where";
  EXPECT_EQ(read_file(at("e/g")), "linked");
  EXPECT_EQ(status_of_path(at("big")).st_mode & 07777U, 0600U);
  EXPECT_GT(status_of_path(at("big")).st_blocks, 300000 / 512);
}

TEST_F(Metacopy, DataComeUpBeforeTheyAreWrittenOrTheNameChanges) {
  mount_ours();
  const int held = open(at("small").c_str(), O_RDONLY);
  ASSERT_GE(held, 0);
  std::ofstream(at("big"), std::ios::app) << "+";
  std::ofstream(at("small"), std::ios::app) << "+";
  ASSERT_EQ(::rename(at("e/moved").c_str(), at("again").c_str()), 0);
  ASSERT_EQ(::link(at("e/f").c_str(), at("h").c_str()), 0);
  ASSERT_EQ(truncate(at("e/g").c_str(), 3), 0);
  const auto check = [this](const auto& path) {
    EXPECT_EQ(read_file(path("big")), big_ + "+");
    EXPECT_EQ(read_file(path("small")), "small+");
    EXPECT_EQ(read_file(path("again")), "moved");
    for (const char* name : {"e/f", "e/g", "h"}) EXPECT_EQ(read_file(path(name)), "lin") << name;
  };
  char content[8] = {};
  EXPECT_EQ(pread(held, content, sizeof content, 0), 6) << "what was open reads what was written";
  close(held);
  check([this](const std::string& name) { return at(name); });
  unmount();
  mount_kernel();
  check([this](const std::string& name) { return kernel(name); });
}

TEST_F(Metacopy, WithoutDataBelowShowsAndCannotBeRead) {
  ASSERT_EQ(::unlink(lower("big").c_str()), 0);
  mount_ours();
  EXPECT_EQ(status_of_path(at("big")).st_size, static_cast<off_t>(big_.size()));
  EXPECT_EQ(error_of([this] { return open(at("big").c_str(), O_RDONLY); }), EIO);
  EXPECT_EQ(read_file(at("small")), "small");
  EXPECT_EQ(::unlink(at("big").c_str()), 0);
}

class DataOnly : public Interchange {
 protected:
  void SetUp() override {
    Interchange::SetUp();
    if (IsSkipped()) return;
    for (const char* name : {"first", "second", "second/ab"}) ASSERT_EQ(mkdir(in(name).c_str(), 0755), 0);
    write_file(in("second/ab/cd"), "data of the first");
    write_file(in("first/blob"), "data of the second");
    write_file(in("second/blob"), "hidden by the layer above it");
    write_file(lower("plain"), "plain");
    make_metacopy("one", "/ab/cd", 17);
    make_metacopy("two", "/blob", 18);
    make_metacopy("none", "/missing", 5);
    make_metacopy("escapes", "/../lower/plain", 5);
  }
  std::string in(const std::string& name) const { return root() + "/" + name; }
  std::string data_layers() const { return "::" + in("first") + "::" + in("second"); }

  // As mkcomposefs makes it: the attributes, and no data.
  void make_metacopy(const std::string& name, const std::string& redirect, off_t size) {
    write_file(lower(name), "", 0640);
    ASSERT_EQ(truncate(lower(name).c_str(), size), 0);
    ASSERT_EQ(setxattr(lower(name).c_str(), "trusted.overlay.metacopy", "", 0, 0), 0);
    ASSERT_EQ(setxattr(lower(name).c_str(), "trusted.overlay.redirect", redirect.c_str(), redirect.size(), 0), 0);
  }
};

TEST_F(DataOnly, LayersGiveDataAndNoNames) {
  const auto check = [this](const auto& path) {
    EXPECT_EQ(names_in(path("")), (std::vector<std::string>{"escapes", "none", "one", "plain", "two"}));
    EXPECT_EQ(read_file(path("one")), "data of the first");
    EXPECT_EQ(read_file(path("two")), "data of the second");
    EXPECT_EQ(status_of_path(path("one")).st_mode & 07777U, 0640U);
    EXPECT_EQ(status_of_path(path("one")).st_size, 17);
    EXPECT_NE(error_of([&] { return open(path("none").c_str(), O_RDONLY); }), 0);
    EXPECT_NE(error_of([&] { return open(path("escapes").c_str(), O_RDONLY); }), 0);
  };
  mount_kernel(data_layers());
  if (IsSkipped()) return;
  check([this](const std::string& name) { return kernel(name); });
  unmount_kernel();
  mount_ours(data_layers());
  check([this](const std::string& name) { return at(name); });
}

TEST_F(DataOnly, DataAreCopiedUp) {
  mount_ours(data_layers());
  const ino_t number = status_of_path(at("one")).st_ino;
  std::ofstream(at("one"), std::ios::app) << "+";
  ASSERT_EQ(::rename(at("two").c_str(), at("moved").c_str()), 0);
  unmount();
  mount_ours();
  EXPECT_EQ(read_file(at("one")), "data of the first+");
  EXPECT_EQ(status_of_path(at("one")).st_ino, number);
  EXPECT_EQ(read_file(at("moved")), "data of the second");
  EXPECT_EQ(read_file(in("second/ab/cd")), "data of the first");
}

}  // namespace
}  // namespace ovlspec::fuse
