#include "model/tree.h"

#include <gtest/gtest.h>

#include "model/invariants.h"
#include "model/testing/stack.h"

namespace ovlspec::model {
namespace {

using testing::directory_inode;
using testing::file_inode;

TEST(Tree, AttachesInByteOrderAndCountsLinks) {
  Tree tree = Tree::empty();
  const ObjectId file = tree.add(file_inode());
  tree.attach(kRoot, "b", file);
  tree.attach(kRoot, "B", file);
  tree.attach(kRoot, "a", file);
  EXPECT_EQ(tree[kRoot].entries[0].name, "B");
  EXPECT_EQ(tree[kRoot].entries[1].name, "a");
  EXPECT_EQ(tree[file].links, 3U);
  EXPECT_FALSE(broken_invariant(tree));
}

TEST(Tree, DetachesADirectoryFromItsParent) {
  Tree tree = Tree::empty();
  const ObjectId directory = tree.add(directory_inode());
  tree.attach(kRoot, "d", directory);
  EXPECT_EQ(tree[directory].parent, kRoot);
  EXPECT_EQ(tree.detach(kRoot, "d"), directory);
  EXPECT_EQ(tree[directory].parent, kNoObject);
  EXPECT_EQ(tree[directory].links, 0U);
  EXPECT_FALSE(broken_invariant(tree));
}

TEST(Tree, FindsPathsAndNamesThem) {
  const Tree tree = testing::Stack().lower().directory("d/e").file("d/e/f").layers().lowers[0].tree;
  const auto file = tree.at("d/e/f");
  ASSERT_TRUE(file);
  EXPECT_EQ(tree.path_of(*file), "d/e/f");
  EXPECT_EQ(tree.path_of(kRoot), "");
  EXPECT_EQ(tree.at("//d//e/"), tree.at("d/e"));
  EXPECT_EQ(tree.at("d/x"), std::nullopt);
  EXPECT_EQ(tree.at("d/e/f/g"), std::nullopt);
  EXPECT_EQ(tree.subdirectories(*tree.at("d")), 1U);
  EXPECT_EQ(tree.subdirectories(*tree.at("d/e")), 0U);
}

TEST(Tree, KeepsXattrsSortedAndEachOnce) {
  Inode inode = file_inode();
  set_xattr(inode, "user.b", "1");
  set_xattr(inode, "user.a", "2");
  set_xattr(inode, "user.b", "3");
  ASSERT_EQ(inode.xattrs.size(), 2U);
  EXPECT_EQ(inode.xattrs[0].name, "user.a");
  EXPECT_EQ(inode.xattr("user.b")->value, "3");
  EXPECT_TRUE(remove_xattr(inode, "user.a"));
  EXPECT_FALSE(remove_xattr(inode, "user.a"));
  EXPECT_EQ(inode.xattr("user.a"), nullptr);
}

// Each way to break a tree is told apart from a whole one.
class BrokenTree : public ::testing::Test {
 protected:
  void expect_broken(const std::string& words) const {
    const auto broken = broken_invariant(tree_);
    ASSERT_TRUE(broken);
    EXPECT_NE(broken->find(words), std::string::npos) << *broken;
  }
  Inode& file() { return tree_[tree_.at("d/f").value()]; }
  Inode& directory() { return tree_[tree_.at("d").value()]; }

  Tree tree_ = testing::Stack().lower().file("d/f", "x").file("d/g").layers().lowers[0].tree;
};

TEST_F(BrokenTree, IsWholeAtFirst) { EXPECT_FALSE(broken_invariant(tree_)); }
TEST_F(BrokenTree, HasWrongLinkCount) {
  file().links = 2;
  expect_broken("links 2");
}
TEST_F(BrokenTree, HasWrongParent) {
  directory().parent = 5;
  expect_broken("another parent");
}
TEST_F(BrokenTree, HasEntriesOutOfOrder) {
  std::swap(directory().entries[0], directory().entries[1]);
  expect_broken("out of order");
}
TEST_F(BrokenTree, HasAnImpossibleName) {
  directory().entries[1].name = "g/h";
  expect_broken("g/h");
}
TEST_F(BrokenTree, HasAnEntryThatLeadsNowhere) {
  directory().entries[1].object = 99;
  expect_broken("leads nowhere");
}
TEST_F(BrokenTree, HasContentInADirectory) {
  directory().content = Content("x");
  expect_broken("content");
}
TEST_F(BrokenTree, HasADeviceNumberOnAFile) {
  file().device = Device{1, 3};
  expect_broken("device number");
}
TEST_F(BrokenTree, HasTypeBitsInAMode) {
  file().mode |= 0100000;
  expect_broken("permission bits");
}
TEST_F(BrokenTree, HasAWholeSecondOfNanoseconds) {
  file().modify_time = FreeTime::at(Time{0, 1'000'000'000});
  expect_broken("nanoseconds");
}
TEST_F(BrokenTree, HasACycle) {
  const ObjectId one = tree_.add(directory_inode());
  const ObjectId two = tree_.add(directory_inode());
  tree_.attach(one, "two", two);
  tree_.attach(two, "one", one);
  expect_broken("above itself");
}
TEST_F(BrokenTree, KeepsEntriesOfARemovedDirectory) {
  tree_.detach(kRoot, "d");
  expect_broken("was removed and has entries");
}

}  // namespace
}  // namespace ovlspec::model
