// Each mutation, and the edits that it is made of.
#include "model/mutation.h"

#include <gtest/gtest.h>

#include "model/invariants.h"
#include "model/merge.h"
#include "model/testing/stack.h"

namespace ovlspec::model {
namespace {

using testing::file_inode;
using testing::Stack;

constexpr LayerName kUpper{.upper = true, .lower = 0};
constexpr LayerName kLower{.upper = false, .lower = 0};

class MutateTest : public ::testing::Test {
 protected:
  MutateTest() {
    stack_.lower().file("d/f", "x").file("d/e/g").link("d/f", "hard").symlink("s", "d").lower().file("below");
    stack_.upper().file("u", "up").origin("u", 0, "d/f").opaque("ud").redirect("r", "d").whiteout("below");
    layers_ = stack_.layers();
  }

  void mutate_to(const Mutation& mutation) {
    layers_ = mutate(std::move(layers_), mutation);
    for (const Layer& lower : layers_.lowers) EXPECT_EQ(broken_invariant(lower), std::nullopt);
    if (layers_.upper) {
      EXPECT_EQ(broken_invariant(*layers_.upper), std::nullopt);
    }
  }
  void expect_nothing(const Mutation& mutation) {
    const Layers before = layers_;
    mutate_to(mutation);
    ASSERT_EQ(layers_.lowers.size(), before.lowers.size());
    for (std::size_t i = 0; i < before.lowers.size(); ++i) {
      EXPECT_EQ(layers_.lowers[i].tree.inodes, before.lowers[i].tree.inodes);
      EXPECT_EQ(layers_.lowers[i].marks, before.lowers[i].marks);
    }
    EXPECT_EQ(layers_.upper->tree.inodes, before.upper->tree.inodes);
  }
  const Tree& lower() const { return layers_.lowers[0].tree; }
  const Tree& upper() const { return layers_.upper->tree; }
  const Marks& upper_marks(std::string_view path) const { return layers_.upper->mark(upper().at(path).value()); }
  const Inode& in_lower(std::string_view path) const { return lower()[lower().at(path).value()]; }

  Stack stack_;
  Layers layers_;
};

TEST_F(MutateTest, PutMakesAnObjectAndFreesTheParentsTime) {
  mutate_to(Put{kLower, "d/new", file_inode("n"), {}});
  EXPECT_EQ(in_lower("d/new").content.all(), "n");
  EXPECT_FALSE(in_lower("d").modify_time.known);
}

TEST_F(MutateTest, PutReplacesWithTheSubtreeAndItsLinks) {
  mutate_to(Put{kLower, "d", file_inode("file"), {}});
  EXPECT_EQ(in_lower("d").content.all(), "file");
  EXPECT_EQ(in_lower("hard").links, 1U);
}

TEST_F(MutateTest, PutMakesNoParents) { expect_nothing(Put{kLower, "x/y", file_inode(), {}}); }
TEST_F(MutateTest, PutBelowAFileOrASymlinkDoesNothing) {
  expect_nothing(Put{kLower, "hard/y", file_inode(), {}});
  expect_nothing(Put{kLower, "s/y", file_inode(), {}});
  expect_nothing(Put{kLower, "", file_inode(), {}});
}

TEST_F(MutateTest, RemoveTakesTheSubtreeAway) {
  mutate_to(Remove{kLower, "d"});
  EXPECT_FALSE(lower().at("d"));
  EXPECT_EQ(in_lower("hard").links, 1U);
  expect_nothing(Remove{kLower, "d"});
  expect_nothing(Remove{kLower, ""});
}

TEST_F(MutateTest, RemoveOfAWhiteoutUncovers) {
  EXPECT_FALSE(merge(layers_).tree.at("below"));
  mutate_to(Remove{kUpper, "below"});
  EXPECT_TRUE(merge(layers_).tree.at("below"));
}

TEST_F(MutateTest, MoveRenamesAndReplaces) {
  const Backing backing = layers_.lowers[0].mark(lower().at("d").value()).backing;
  mutate_to(Move{kLower, "d", "s"});
  EXPECT_TRUE(lower().at("s/e/g"));
  EXPECT_FALSE(lower().at("d"));
  EXPECT_EQ(layers_.lowers[0].mark(lower().at("s").value()).backing, backing);
}

TEST_F(MutateTest, MoveReplacesADirectoryWithItsSubtree) {
  mutate_to(Move{kLower, "s", "d"});
  EXPECT_TRUE(in_lower("d").is(FileType::kSymlink));
  EXPECT_EQ(in_lower("hard").links, 1U);
}

TEST_F(MutateTest, MoveIntoItselfOrOverItsParentDoesNothing) {
  expect_nothing(Move{kLower, "d", "d/e/x"});
  expect_nothing(Move{kLower, "d", "d"});
  expect_nothing(Move{kLower, "d/e", "d"});
  expect_nothing(Move{kLower, "none", "x"});
  expect_nothing(Move{kLower, "d/f", "hard"});
  expect_nothing(Move{kLower, "", "x"});
}

TEST_F(MutateTest, HardLinkNamesTheSameObject) {
  mutate_to(HardLink{kLower, "d/f", "d/e/third"});
  EXPECT_EQ(lower().at("d/f"), lower().at("d/e/third"));
  EXPECT_EQ(in_lower("hard").links, 3U);
}

TEST_F(MutateTest, HardLinkOfADirectoryOrOntoANameDoesNothing) {
  expect_nothing(HardLink{kLower, "d", "x"});
  expect_nothing(HardLink{kLower, "d/f", "s"});
  expect_nothing(HardLink{kLower, "none", "x"});
  expect_nothing(HardLink{kLower, "d/f", "x/y"});
}

TEST_F(MutateTest, ChangeModeAndContentAreInPlace) {
  mutate_to(ChangeMode{kLower, "d/f", 0100600});
  mutate_to(ChangeContent{kLower, "hard", "changed"});
  EXPECT_EQ(in_lower("d/f").mode, 0600U);
  EXPECT_EQ(in_lower("d/f").content.all(), "changed");
  EXPECT_FALSE(in_lower("d/f").modify_time.known);
  expect_nothing(ChangeMode{kLower, "s", 0600});
  expect_nothing(ChangeContent{kLower, "d", "x"});
  expect_nothing(ChangeContent{kLower, "s", "x"});
}

TEST_F(MutateTest, CopyMakesNewInodesWithXattrsAndHardLinksWithin) {
  layers_.lowers[0].tree.attach(lower().at("d").value(), "f2", lower().at("d/f").value());
  set_xattr(layers_.lowers[0].tree[lower().at("d/f").value()], "user.a", "1");
  mutate_to(Copy{kLower, "d", "copy"});
  EXPECT_EQ(lower().at("copy/f"), lower().at("copy/f2"));
  EXPECT_NE(lower().at("copy/f"), lower().at("d/f"));
  EXPECT_EQ(in_lower("copy/f").links, 2U);
  EXPECT_EQ(in_lower("d/f").links, 3U);
  EXPECT_EQ(in_lower("copy/f").xattrs, in_lower("d/f").xattrs);
  EXPECT_EQ(layers_.lowers[0].mark(lower().at("copy/f").value()).backing, Backing{});
}

TEST_F(MutateTest, CopyKeepsARecordButNotTheHardLinksOfItsOrigin) {
  ASSERT_TRUE(upper_marks("u").origin->linked);
  mutate_to(Copy{kUpper, "u", "u2"});
  ASSERT_TRUE(upper_marks("u2").origin);
  EXPECT_EQ(upper_marks("u2").origin->backing, upper_marks("u").origin->backing);
  EXPECT_FALSE(upper_marks("u2").origin->linked);
  EXPECT_TRUE(upper_marks("u").origin->linked);
}

TEST_F(MutateTest, CopyOntoANameOrIntoItselfDoesNothing) {
  expect_nothing(Copy{kLower, "d", "s"});
  expect_nothing(Copy{kLower, "d", "d/x"});
  expect_nothing(Copy{kLower, "", "x"});
  expect_nothing(Copy{kLower, "none", "x"});
}

TEST_F(MutateTest, CopyLayerKeepsAllButTheInodes) {
  const Tree before = merge(layers_).tree;
  mutate_to(CopyLayer{kUpper, CopyXattrs::kAll});
  EXPECT_FALSE(first_difference(merge(layers_).tree, before));
  EXPECT_EQ(upper_marks("u").backing, Backing{});
  EXPECT_TRUE(upper_marks("ud").opaque);
  EXPECT_TRUE(upper_marks("u").origin);
}

TEST_F(MutateTest, CopyLayerWithoutXattrsKeepsWhiteoutsAlone) {
  set_xattr(layers_.upper->tree[upper().at("u").value()], "user.a", "1");
  mutate_to(CopyLayer{kUpper, CopyXattrs::kNone});
  EXPECT_TRUE(upper_marks("below").whiteout);
  EXPECT_FALSE(upper_marks("ud").opaque);
  EXPECT_FALSE(upper_marks("r").redirect);
  EXPECT_FALSE(upper_marks("u").origin);
  EXPECT_TRUE(upper()[upper().at("u").value()].xattrs.empty());
}

TEST_F(MutateTest, TheStackTakesAndLosesLowers) {
  Layer added = Stack().lower().file("added").layers().lowers[0];
  mutate_to(AddLower{.position = 1, .place = 0, .layer = added});
  ASSERT_EQ(layers_.lowers.size(), 3U);
  EXPECT_TRUE(layers_.lowers[1].tree.at("added"));
  mutate_to(AddLower{.position = 99, .place = 0, .layer = added});
  EXPECT_TRUE(layers_.lowers[3].tree.at("added"));
  mutate_to(RemoveLower{0});
  EXPECT_TRUE(layers_.lowers[0].tree.at("added"));
  mutate_to(SwapLowers{0, 1});
  EXPECT_TRUE(layers_.lowers[0].tree.at("below"));
}

TEST_F(MutateTest, TheLastLowerStays) {
  mutate_to(RemoveLower{0});
  expect_nothing(RemoveLower{0});
  expect_nothing(RemoveLower{7});
  expect_nothing(SwapLowers{0, 7});
}

TEST_F(MutateTest, AnUpperBecomesTheTopmostLower) {
  mutate_to(UpperBecomesLower{});
  ASSERT_EQ(layers_.lowers.size(), 3U);
  EXPECT_TRUE(layers_.lowers[0].tree.at("u"));
  EXPECT_TRUE(upper()[kRoot].entries.empty());
  EXPECT_FALSE(upper()[kRoot].modify_time.known);
  EXPECT_FALSE(layers_.lowers[0].mark(layers_.lowers[0].tree.at("u").value()).origin->linked);
}

TEST_F(MutateTest, WipingTheWorkDirectoryForgetsWhatTheIndexAloneHeld) {
  mutate_to(Remove{kUpper, "u"});
  EXPECT_EQ(merge(layers_).tree[merge(layers_).tree.at("hard").value()].content.all(), "up");
  mutate_to(WipeWork{});
  EXPECT_EQ(merge(layers_).tree[merge(layers_).tree.at("hard").value()].content.all(), "x");
}

TEST_F(MutateTest, OfALayerThatIsNotThereDoesNothing) {
  const LayerName nowhere{.upper = false, .lower = 9};
  expect_nothing(Put{nowhere, "x", file_inode(), {}});
  expect_nothing(Remove{nowhere, "d"});
  expect_nothing(CopyLayer{nowhere, CopyXattrs::kAll});
  expect_nothing(WipeWork{});
  layers_.upper.reset();
  const std::size_t lowers = layers_.lowers.size();
  layers_ = mutate(std::move(layers_), Put{kUpper, "x", file_inode(), {}});
  layers_ = mutate(std::move(layers_), UpperBecomesLower{});
  EXPECT_EQ(layers_.lowers.size(), lowers);
  EXPECT_FALSE(layers_.upper);
}

TEST(AddLowerTest, IsEqualUpToNumbering) {
  const Layer one = Stack().lower().file("a").file("b").layers().lowers[0];
  EXPECT_EQ((AddLower{.position = 1, .layer = one}), (AddLower{.position = 1, .layer = one}));
  EXPECT_FALSE((AddLower{.position = 1, .layer = one}) == (AddLower{.position = 2, .layer = one}));
}

}  // namespace
}  // namespace ovlspec::model
