// first_difference finds each kind of difference, and names its place.
#include <gtest/gtest.h>

#include "model/testing/stack.h"
#include "model/tree.h"

namespace ovlspec::model {
namespace {

using testing::Stack;

class FirstDifference : public ::testing::Test {
 protected:
  FirstDifference() {
    wanted_.lower().file("d/f", "text").symlink("s", "to").link("d/f", "hard");
    wanted_.put("c", Inode{.type = FileType::kCharDevice, .device = Device{1, 3}});
    set_xattr(wanted_.inode("d/f"), "user.a", "1");
    wanted_.inode("d/f").modify_time = FreeTime::at(Time{5, 0});
    seen_ = wanted_;
  }

  static Tree tree(const Stack& stack) { return stack.layers().lowers[0].tree; }
  void expect(const std::string& path, const std::string& what) const {
    const auto difference = first_difference(tree(seen_), tree(wanted_));
    ASSERT_TRUE(difference);
    EXPECT_EQ(difference->path, path);
    EXPECT_EQ(difference->what, what);
  }
  Inode& file() { return seen_.inode("d/f"); }

  Stack wanted_;
  Stack seen_;
};

TEST_F(FirstDifference, IsNoneBetweenEqualTrees) { EXPECT_FALSE(first_difference(tree(seen_), tree(wanted_))); }

TEST_F(FirstDifference, IsNoneWhereOnlyNumberingDiffers) {
  Stack other;
  other.lower().put("c", Inode{.type = FileType::kCharDevice, .device = Device{1, 3}}).symlink("s", "to");
  other.file("d/f", "text").link("d/f", "hard");
  set_xattr(other.inode("d/f"), "user.a", "1");
  other.inode("d/f").modify_time = FreeTime::at(Time{5, 0});
  EXPECT_FALSE(first_difference(tree(other), tree(wanted_)));
}

TEST_F(FirstDifference, IsAMissingName) {
  seen_.layers();
  wanted_.file("new");
  expect("/", "lacks the name \"new\"");
}
TEST_F(FirstDifference, IsANameTooMany) {
  seen_.file("d/new");
  expect("d", "has a name \"new\" that should not be there");
}
TEST_F(FirstDifference, IsAType) {
  seen_.directory("s");
  expect("s", "type dir, expected symlink");
}
TEST_F(FirstDifference, IsAMode) {
  file().mode = 0600;
  expect("d/f", "mode 600, expected 644");
}
TEST_F(FirstDifference, IsAnOwner) {
  file().uid = 7;
  expect("d/f", "uid 7, expected 0");
}
TEST_F(FirstDifference, IsAGroup) {
  file().gid = 7;
  expect("d/f", "gid 7, expected 0");
}
TEST_F(FirstDifference, IsADevice) {
  seen_.inode("c").device.minor = 5;
  expect("c", "device 1:5, expected 1:3");
}
TEST_F(FirstDifference, IsContent) {
  file().content = Content("texT");
  expect("d/f", "content \"texT\", expected \"text\" (sizes 4, 4)");
}
TEST_F(FirstDifference, IsASizeAlone) {
  file().content.resize(9);
  expect("d/f", "content \"text\", expected \"text\" (sizes 9, 4)");
}
TEST_F(FirstDifference, IsASymlinksTarget) {
  seen_.inode("s").content = Content("elsewhere");
  expect("s", "content \"elsewhere\", expected \"to\" (sizes 9, 2)");
}
TEST_F(FirstDifference, IsAnXattrsValue) {
  set_xattr(file(), "user.a", "2");
  expect("d/f", "xattr user.a \"2\", expected \"1\"");
}
TEST_F(FirstDifference, IsAMissingXattr) {
  remove_xattr(file(), "user.a");
  expect("d/f", "xattr user.a is missing");
}
TEST_F(FirstDifference, IsAnXattrTooMany) {
  set_xattr(file(), "user.b", "");
  expect("d/f", "xattr user.b should not be there");
}
TEST_F(FirstDifference, IsAModificationTime) {
  file().modify_time = FreeTime::at(Time{6, 0});
  expect("d/f", "mtime 6.000000000, expected 5.000000000");
}
TEST_F(FirstDifference, IsNoneWhereATimeIsFree) {
  file().modify_time = FreeTime::unknown();
  EXPECT_FALSE(first_difference(tree(seen_), tree(wanted_)));
  EXPECT_FALSE(first_difference(tree(wanted_), tree(seen_)));
}
TEST_F(FirstDifference, IsABrokenHardLink) {
  Inode copy = file();
  seen_.put("hard", copy);
  seen_.inode("hard").modify_time = copy.modify_time;
  expect("hard", "is not the hard link of another name that it should be");
}
TEST_F(FirstDifference, IsAHardLinkTooMany) {
  wanted_.file("z");
  seen_.put("y", testing::file_inode());
  wanted_.put("y", testing::file_inode());
  seen_.link("y", "z");
  expect("z", "is a hard link of another name that it should not be");
}

}  // namespace
}  // namespace ovlspec::model
