// Rule::kMerge: what a stack shows.
#include "model/merge.h"

#include <gtest/gtest.h>

#include "model/testing/show.h"
#include "model/testing/stack.h"

namespace ovlspec::model {
namespace {

using testing::Stack;

std::string names(const Tree& tree, std::string_view path) {
  std::string all;
  const auto directory = tree.at(path);
  EXPECT_TRUE(directory) << path << "\n" << testing::show(tree);
  if (!directory) return all;
  for (const Entry& entry : tree[*directory].entries) all += (all.empty() ? "" : " ") + entry.name;
  return all;
}

std::string content(const Tree& tree, std::string_view path) {
  const auto object = tree.at(path);
  return object ? tree[*object].content.all() : "(nothing)";
}

TEST(Merge, ShowsTheTopmostOfEachName) {
  const Tree tree =
      Stack().lower().file("a", "top").lower().file("a", "below").file("b", "b").upper().file("c", "up").merged();
  EXPECT_EQ(names(tree, ""), "a b c");
  EXPECT_EQ(content(tree, "a"), "top");
}

TEST(Merge, UnitesDirectoriesAndTakesAttributesFromTheTopmost) {
  Stack stack;
  stack.lower().directory("d", 0700).file("d/a").lower().directory("d", 0777).file("d/b");
  set_xattr(stack.inode("d"), "user.x", "below");
  const Tree tree = stack.merged();
  EXPECT_EQ(names(tree, "d"), "a b");
  EXPECT_EQ(tree[tree.at("d").value()].mode, 0700U);
  EXPECT_TRUE(tree[tree.at("d").value()].xattrs.empty());
}

TEST(Merge, HidesAWhiteoutAndWhatLiesBelowIt) {
  const Tree tree = Stack().lower().whiteout("a").whiteout("d/x").lower().file("a").file("d/x").file("d/y").merged();
  EXPECT_EQ(names(tree, ""), "d");
  EXPECT_EQ(names(tree, "d"), "y");
}

TEST(Merge, ShowsNoWhiteoutThatHidesNothing) { EXPECT_EQ(names(Stack().lower().whiteout("a").merged(), ""), ""); }

TEST(Merge, ShowsWhatIsAboveAWhiteout) {
  const Tree tree = Stack().lower().lower().whiteout("a").lower().file("a").upper().file("a", "new").merged();
  EXPECT_EQ(content(tree, "a"), "new");
}

TEST(Merge, ADirectoryAboveAWhiteoutHasNothingFromBelow) {
  const Tree tree = Stack().lower().whiteout("d").lower().file("d/old").upper().file("d/new").merged();
  EXPECT_EQ(names(tree, "d"), "new");
}

TEST(Merge, StopsAtAnOpaqueDirectory) {
  const Tree tree = Stack().lower().file("d/b").opaque("d").lower().file("d/c").upper().file("d/a").merged();
  EXPECT_EQ(names(tree, "d"), "a b");
}

TEST(Merge, StopsAtANonDirectory) {
  const Tree tree = Stack().lower().file("d", "x").lower().file("d/below").upper().file("d/above").merged();
  EXPECT_EQ(names(tree, "d"), "above");
}

TEST(Merge, ANonDirectoryHidesADirectory) {
  EXPECT_EQ(content(Stack().lower().file("d", "x").lower().file("d/below").merged(), "d"), "x");
}

TEST(Merge, FollowsARelativeRedirectToASibling) {
  const Tree tree = Stack().lower().file("p/old/f").upper().redirect("p/new", "old").whiteout("p/old").merged();
  EXPECT_EQ(names(tree, "p"), "new");
  EXPECT_EQ(names(tree, "p/new"), "f");
}

TEST(Merge, FollowsAnAbsoluteRedirectFromTheRoot) {
  const Tree tree = Stack().lower().file("x/y/f").upper().redirect("p/new", "/x/y").whiteout("x/y").merged();
  EXPECT_EQ(names(tree, "p/new"), "f");
  EXPECT_EQ(names(tree, "x"), "");
}

TEST(Merge, FollowsARedirectThroughALayerThatHasNothingThere) {
  const Tree tree = Stack().lower().file("z").lower().file("x/f").upper().redirect("new", "/x").merged();
  EXPECT_EQ(names(tree, "new"), "f");
}

TEST(Merge, FollowsARedirectOfARedirect) {
  const Tree tree =
      Stack().lower().redirect("b", "c").file("b/in_b").lower().file("c/in_c").upper().redirect("a", "b").merged();
  EXPECT_EQ(names(tree, "a"), "in_b in_c");
}

TEST(Merge, RewritesThePathBelowARedirectedAncestor) {
  // The absolute path leads through a directory that is itself redirected further down.
  const Tree tree =
      Stack().lower().redirect("x", "w").directory("x/y").lower().file("w/y/f").upper().redirect("n", "/x/y").merged();
  EXPECT_EQ(names(tree, "n"), "f");
}

TEST(Merge, AnAbsoluteRedirectBelowAnOpaqueAncestorContinues) {
  const Tree tree = Stack().lower().file("x/f").upper().opaque("p").redirect("p/new", "/x").merged();
  EXPECT_EQ(names(tree, "p/new"), "f");
}

TEST(Merge, AnAbsoluteRedirectInALowerBelowAnOpaqueAncestorContinues) {
  const Tree tree = Stack()
                        .lower()
                        .opaque("p")
                        .redirect("p/q", "/x")
                        .lower()
                        .file("x/f")
                        .file("p/q/hidden")
                        .upper()
                        .redirect("new", "/p/q")
                        .merged();
  EXPECT_EQ(names(tree, "new"), "f");
  EXPECT_EQ(names(tree, "p/q"), "f");
}

TEST(Merge, ARelativeRedirectBelowAnOpaqueAncestorDoesNot) {
  const Tree tree = Stack().lower().file("p/old/f").upper().opaque("p").redirect("p/new", "old").merged();
  EXPECT_EQ(names(tree, "p/new"), "");
}

TEST(Merge, AnOpaqueDirectoryIsNotRedirected) {
  Stack stack;
  stack.lower().file("old/f").upper().redirect("new", "old").opaque("new");
  EXPECT_EQ(names(stack.merged(), "new"), "");
}

TEST(Merge, ADamagedRedirectMeansNothing) {
  using namespace std::string_literals;
  for (const std::string& redirect : {"."s, ".."s, ""s, "/"s, "/../d"s, "/d/"s, "//d"s, "x/d"s, "\0"s, "/d\0"s, "d\0e"s,
                                      "/d/" + std::string(4096, 'x')}) {
    const Tree tree = Stack().lower().file("d/f").upper().redirect("d", redirect).file("d/own").merged();
    EXPECT_EQ(names(tree, "d"), "f own") << redirect.substr(0, 20);
  }
}

TEST(Merge, ADanglingRedirectLeavesTheDirectoryAlone) {
  const Tree tree = Stack().lower().file("new/hidden").upper().redirect("new", "nowhere").file("new/f").merged();
  EXPECT_EQ(names(tree, "new"), "f");
}

TEST(Merge, ARedirectToANonDirectoryLeavesTheDirectoryAlone) {
  const Tree tree = Stack().lower().file("old", "x").lower().file("old/f").upper().redirect("new", "old").merged();
  EXPECT_EQ(names(tree, "new"), "");
}

TEST(Merge, ARedirectToAWhiteoutLeavesTheDirectoryAlone) {
  const Tree tree = Stack().lower().whiteout("old").lower().file("old/f").upper().redirect("new", "old").merged();
  EXPECT_EQ(names(tree, "new"), "");
}

TEST(Merge, ShowsHardLinksOfOneLayerAsOneObject) {
  const Tree tree = Stack().lower().file("a", "x").link("a", "d").merged();
  EXPECT_EQ(tree.at("a"), tree.at("d"));
  EXPECT_EQ(tree[*tree.at("a")].links, 2U);
}

TEST(Merge, CountsVisibleNamesOnly) {
  const Tree tree =
      Stack().lower().file("a").link("a", "b").link("a", "c").upper().whiteout("b").file("c", "other").merged();
  EXPECT_EQ(tree[tree.at("a").value()].links, 1U);
}

TEST(Merge, EveryLowerNameOfACopiedUpHardLinkShowsTheUpper) {
  const Tree tree =
      Stack().lower().file("a", "old").link("a", "b").upper().file("a", "new").origin("a", 0, "a").merged();
  EXPECT_EQ(content(tree, "b"), "new");
  EXPECT_EQ(tree.at("a"), tree.at("b"));
  EXPECT_EQ(tree[*tree.at("a")].links, 2U);
}

TEST(Merge, ALinkAddedToACopiedUpFileOfOneLinkIsAnotherObject) {
  Stack stack;
  stack.lower().file("a", "old").upper().file("a", "new").origin("a", 0, "a");
  Layers layers = stack.layers();
  layers.lowers[0].tree.attach(kRoot, "b", layers.lowers[0].tree.at("a").value());
  const Tree tree = merge(layers).tree;
  EXPECT_EQ(content(tree, "a"), "new");
  EXPECT_EQ(content(tree, "b"), "old");
}

TEST(Merge, ACopiedUpHardLinkIsSeenThroughItsLowerNamesAlsoWhereItHasNoneInTheUpper) {
  Stack stack;
  stack.lower().file("a", "old").link("a", "b").upper().file("a", "new").origin("a", 0, "a");
  Layers layers = stack.layers();
  layers.upper->tree.detach(kRoot, "a");
  const Tree tree = merge(layers).tree;
  EXPECT_EQ(content(tree, "a"), "new");
  EXPECT_EQ(content(tree, "b"), "new");
}

TEST(Merge, LeavesALinkCountFreeWhereNamesAreHidden) {
  Stack stack;
  stack.lower().file("a").link("a", "b").file("c").link("c", "d").upper().whiteout("b");
  const Tree tree = stack.merged();
  EXPECT_EQ(tree[tree.at("a").value()].hidden_links, std::nullopt);
  EXPECT_EQ(tree[tree.at("c").value()].hidden_links, 0);
}

TEST(Merge, OneBackingThroughTwoLayersIsOneObject) {
  const Tree tree = Stack().lower().file("a", "x").lower().file("b", "x").same_backing("b", 0, "a").merged();
  EXPECT_EQ(tree.at("a"), tree.at("b"));
}

TEST(Merge, ACopiedUpHardLinkIsSeenThroughTwoLowers) {
  const Tree tree = Stack()
                        .lower()
                        .file("a", "old")
                        .link("a", "b")
                        .lower()
                        .file("c", "old")
                        .same_backing("c", 0, "a")
                        .upper()
                        .file("z", "new")
                        .origin("z", 0, "a")
                        .merged();
  for (const char* name : {"a", "b", "c", "z"}) EXPECT_EQ(content(tree, name), "new") << name;
  EXPECT_EQ(tree[tree.at("a").value()].links, 4U);
}

TEST(Merge, TellsTheInstancesOfEachObject) {
  Stack stack;
  stack.lower().file("d/a").lower().file("d/b").upper().directory("d");
  const Merged merged = merge(stack.layers());
  const Source& directory = merged.sources[merged.tree.at("d").value()];
  ASSERT_EQ(directory.instances.size(), 3U);
  EXPECT_TRUE(directory.from_upper);
  EXPECT_EQ(directory.instances[0].layer, 0U);
  EXPECT_EQ(directory.instances[2].layer, 2U);
  EXPECT_EQ(directory.backing, stack.marks("d").backing);
  const Source& file = merged.sources[merged.tree.at("d/b").value()];
  EXPECT_FALSE(file.from_upper);
  ASSERT_EQ(file.instances.size(), 1U);
  EXPECT_EQ(file.instances[0].layer, 2U);
}

TEST(ShowsBelow, TellsWhetherAWhiteoutIsNeeded) {
  Stack stack;
  stack.lower().file("d/a").whiteout("d/w").lower().file("d/w").upper().directory("d").redirect("new", "d");
  EXPECT_TRUE(shows_below(stack.layers(), "d", "a"));
  EXPECT_FALSE(shows_below(stack.layers(), "d", "w"));
  EXPECT_FALSE(shows_below(stack.layers(), "d", "none"));
  EXPECT_TRUE(shows_below(stack.layers(), "new", "a"));
  EXPECT_FALSE(shows_below(stack.layers(), "nowhere", "a"));
  EXPECT_TRUE(shows_below(stack.layers(), "", "d"));
}

TEST(ShowsBelow, IsFalseInAnOpaqueDirectory) {
  EXPECT_FALSE(shows_below(Stack().lower().file("d/a").upper().opaque("d").layers(), "d", "a"));
}

Tree over_metacopy(std::optional<std::string> redirect) {
  Stack stack;
  stack.lower().file("d/f", "middle").file("d/g", "other").lower().file("d/f", "below").upper().file("d/f");
  Marks& marks = stack.marks("d/f");
  marks.metacopy = true;
  marks.redirect = std::move(redirect);
  return stack.merged();
}

TEST(Merge, AMetacopyHasTheDataOfTheFileBelow) { EXPECT_EQ(content(over_metacopy({}), "d/f"), "middle"); }

TEST(Merge, AMetacopyHasTheDataOfTheFileThatItsRedirectNames) {
  EXPECT_EQ(content(over_metacopy("g"), "d/f"), "other");
  EXPECT_EQ(content(over_metacopy("/d/g"), "d/f"), "other");
}

TEST(Merge, AMetacopyOfAMetacopyHasTheDataOfTheNext) {
  Stack stack;
  stack.lower().file("f");
  stack.marks("f").metacopy = true;
  stack.lower().file("f", "data").upper().file("f", "");
  stack.marks("f").metacopy = true;
  EXPECT_EQ(content(stack.merged(), "f"), "data");
}

TEST(Merge, AMetacopyOverNoFileKeepsItsOwnData) {
  Stack stack;
  stack.lower().directory("d").whiteout("w").lower().file("w", "hidden").upper().file("d", "own").file("w", "own");
  stack.marks("d").metacopy = stack.marks("w").metacopy = true;
  EXPECT_EQ(content(stack.merged(), "d"), "own");
  EXPECT_EQ(content(stack.merged(), "w"), "own");
}

}  // namespace
}  // namespace ovlspec::model
