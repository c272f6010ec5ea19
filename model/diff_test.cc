#include "model/diff.h"

#include <gtest/gtest.h>

#include "model/merge.h"
#include "model/testing/stack.h"

namespace ovlspec::model {
namespace {

using testing::Stack;

class Diff : public ::testing::Test {
 protected:
  Diff() { stack_.lower().file("a", "x").file("d/f").link("d/f", "d/g").directory("e"); }

  // The upper for `tree`, which must give it back.
  Layer upper() {
    Layers layers = stack_.layers();
    const Layer made = diff(tree_, layers.lowers);
    layers.upper = made;
    const auto difference = first_difference(merge(layers).tree, tree_);
    EXPECT_FALSE(difference) << difference->path << ": " << difference->what;
    return made;
  }
  void begin() { tree_ = stack_.merged(); }

  Stack stack_;
  Tree tree_;
};

TEST_F(Diff, OfTheMergedLowersIsEmpty) {
  begin();
  EXPECT_TRUE(upper().tree[kRoot].entries.empty());
}

TEST_F(Diff, HoldsAWhiteoutForARemovedName) {
  begin();
  tree_.detach(kRoot, "a");
  const Layer made = upper();
  ASSERT_EQ(made.tree[kRoot].entries.size(), 1U);
  EXPECT_TRUE(made.mark(made.tree.at("a").value()).whiteout);
}

TEST_F(Diff, HoldsAChangedFileAndItsParentsAlone) {
  begin();
  tree_[tree_.at("d/f").value()].content = Content("changed");
  const Layer made = upper();
  ASSERT_EQ(made.tree[kRoot].entries.size(), 1U);
  EXPECT_EQ(made.tree.at("d/f"), made.tree.at("d/g"));
}

TEST_F(Diff, HoldsAllNamesOfAFileWhoseNamesChanged) {
  begin();
  tree_.attach(kRoot, "h", tree_.at("d/f").value());
  const Layer made = upper();
  EXPECT_EQ(made.tree.at("h"), made.tree.at("d/f"));
  EXPECT_EQ(made.tree.at("h"), made.tree.at("d/g"));
}

TEST_F(Diff, ReplacesAFileByADirectory) {
  begin();
  tree_.detach(kRoot, "a");
  tree_.attach(kRoot, "a", tree_.add(testing::directory_inode()));
  EXPECT_TRUE(upper().tree[upper().tree.at("a").value()].entries.empty());
}

TEST_F(Diff, ReplacesADirectoryByAFile) {
  begin();
  tree_.detach(kRoot, "e");
  tree_.attach(kRoot, "e", tree_.add(testing::file_inode("now a file")));
  upper();
}

TEST_F(Diff, HidesWhatAMergedDirectoryLost) {
  begin();
  const ObjectId directory = tree_.at("d").value();
  tree_.detach(directory, "f");
  tree_.detach(directory, "g");
  const Layer made = upper();
  EXPECT_TRUE(made.mark(made.tree.at("d/f").value()).whiteout);
}

TEST_F(Diff, HoldsAChangedRoot) {
  begin();
  tree_[kRoot].mode = 0700;
  EXPECT_EQ(upper().tree[kRoot].mode, 0700U);
}

TEST_F(Diff, OverNoLowersHoldsTheWholeTree) {
  begin();
  const Layer made = diff(tree_, {});
  EXPECT_FALSE(first_difference(made.tree, tree_));
}

}  // namespace
}  // namespace ovlspec::model
