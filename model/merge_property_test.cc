// Theorems about merge, diff and mutate, over arbitrary stacks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "model/diff.h"
#include "model/invariants.h"
#include "model/merge.h"
#include "model/mutation.h"
#include "model/step.h"
#include "model/testing/arbitrary.h"
#include "model/testing/rapidcheck.h"
#include "model/testing/show.h"

namespace ovlspec::model {
namespace {

using testing::Choices;
using testing::RapidChoices;
using testing::show;

void expect_same(const Tree& seen, const Tree& expected, const std::string& context) {
  const auto difference = first_difference(seen, expected);
  if (difference) RC_FAIL(difference->path + ": " + difference->what + "\n" + context);
}

void expect_whole(const std::optional<std::string>& broken, const std::string& context) {
  if (broken) RC_FAIL(*broken + "\n" + context);
}

void expect_whole(const Layers& layers) {
  if (layers.upper) expect_whole(broken_invariant(*layers.upper), show(*layers.upper));
  for (const Layer& lower : layers.lowers) expect_whole(broken_invariant(lower), show(lower));
}

// What root's operations make of a tree.
Tree operated(Choices& choices, Tree tree, int operations) {
  World world{.tree = std::move(tree)};
  for (int i = 0; i < operations; ++i) {
    const Operation operation = testing::operation(choices, world);
    const Plan plan = check(world, superuser(), operation);
    if (plan.success()) apply(world, superuser(), operation, plan, Outcome::success());
  }
  return std::move(world.tree);
}

Layers over(const Layer& upper, const std::vector<Layer>& lowers) { return Layers{.lowers = lowers, .upper = upper}; }

RC_GTEST_PROP(Generator, MakesLayersAndTreesThatKeepTheInvariants, ()) {
  RapidChoices choices;
  expect_whole(testing::layers(choices, 6));
  const Tree tree = testing::tree(choices, 8);
  expect_whole(broken_invariant(tree), show(tree));
}

RC_GTEST_PROP(Merge, IsATreeWithoutWhiteoutsAndHasASourceForEachObject, ()) {
  RapidChoices choices;
  const Layers layers = testing::layers(choices, 6);
  const Merged merged = merge(layers);
  expect_whole(broken_invariant(merged.tree), show(layers));
  RC_ASSERT(merged.sources.size() == merged.tree.inodes.size());
  for (const Inode& inode : merged.tree.inodes) RC_ASSERT(!inode.is(FileType::kCharDevice) || inode.device != Device{});
  for (const Source& source : merged.sources) RC_ASSERT(!source.instances.empty());
}

RC_GTEST_PROP(Diff, MergedOverTheLowersIsTheTree, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();
  const Tree tree = testing::tree(choices, 8);
  const Layer upper = diff(tree, layers.lowers);
  expect_whole(broken_invariant(upper), show(upper));
  expect_same(merge(over(upper, layers.lowers)).tree, tree, show(over(upper, layers.lowers)));
}

RC_GTEST_PROP(Diff, MergedOverTheLowersIsTheTreeThatOperationsMadeOfThem, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();
  const Tree tree = operated(choices, merge(layers).tree, 8);
  const Layer upper = diff(tree, layers.lowers);
  expect_whole(broken_invariant(upper), show(upper));
  expect_same(merge(over(upper, layers.lowers)).tree, tree, show(over(upper, layers.lowers)));
}

RC_GTEST_PROP(Diff, HoldsNothingWhereNothingChanged, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();
  RC_ASSERT(diff(merge(layers).tree, layers.lowers).tree[kRoot].entries.empty());
}

void expect_needed_whiteouts(const Layers& layers, ObjectId directory, const std::string& path) {
  const Layer& upper = *layers.upper;
  for (const Entry& entry : upper.tree[directory].entries) {
    if (upper.mark(entry.object).whiteout) RC_ASSERT(shows_below(layers, path, entry.name));
    if (upper.tree[entry.object].is(FileType::kDirectory))
      expect_needed_whiteouts(layers, entry.object, path + "/" + entry.name);
  }
}

RC_GTEST_PROP(Diff, HasNoNeedlessWhiteout, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();
  const Tree tree = operated(choices, merge(layers).tree, 8);
  expect_needed_whiteouts(over(diff(tree, layers.lowers), layers.lowers), kRoot, "");
}

// Nothing but a root directory with the attributes of the topmost.
Layer empty_layer(const Layers& layers) {
  Layer layer;
  layer.tree[kRoot] = layer_at(layers, 0).tree[kRoot];
  layer.tree[kRoot].entries.clear();
  return layer;
}

RC_GTEST_PROP(Merge, IsUnchangedByAnEmptyLayerAnywhere, ()) {
  RapidChoices choices;
  const Layers layers = testing::layers(choices, 6);
  Layers more = layers;
  const auto position = choices.below(static_cast<std::uint32_t>(layers.lowers.size()) + 1);
  more.lowers.insert(more.lowers.begin() + position, empty_layer(layers));
  expect_same(merge(more).tree, merge(layers).tree, show(layers));
}

RC_GTEST_PROP(Merge, IsUnchangedByAnEmptyUpper, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();
  expect_same(merge(over(empty_layer(layers), layers.lowers)).tree, merge(layers).tree, show(layers));
}

// Splits a layer into one above and one below. A directory is in both, and then what it says of the layers below is
// said by the lower part; or it is in the lower part alone; or in the upper part alone, where nothing in it is
// redirected: the layers below a redirect would otherwise include the lower part. Backings stay, so that the names of
// one object that come to lie in both parts are still one object.
class Split {
 public:
  Split(Choices& choices, const Layer& whole) : choices_(choices), whole_(whole) {
    for (Layer* part : {&above, &below}) {
      part->tree[kRoot] = bare(kRoot);
      part->tree[kRoot].links = 1;
      part->tree[kRoot].parent = kRoot;
      part->marks[kRoot] = whole.mark(kRoot);
    }
    directory(kRoot, kRoot, kRoot);
  }

  Layer above;
  Layer below;

 private:
  enum class Part { kAbove, kBelow, kBoth };

  Inode bare(ObjectId object) const {
    Inode inode = whole_.tree[object];
    inode.entries.clear();
    inode.links = 0;
    inode.parent = kNoObject;
    return inode;
  }

  bool holds_redirect(ObjectId object) const {
    if (whole_.mark(object).redirect) return true;
    const auto& entries = whole_.tree[object].entries;
    return std::any_of(entries.begin(), entries.end(),
                       [&](const Entry& entry) { return holds_redirect(entry.object); });
  }

  Part part_of(ObjectId object) {
    const bool is_directory = whole_.tree[object].is(FileType::kDirectory);
    const Part part = choices_.pick({Part::kAbove, Part::kBelow, Part::kBoth});
    if (!is_directory) return part == Part::kBoth ? Part::kAbove : part;
    return part == Part::kAbove && holds_redirect(object) ? Part::kBoth : part;
  }

  ObjectId put(Layer& layer, std::map<ObjectId, ObjectId>& made, ObjectId parent, const Entry& entry) {
    const auto [it, inserted] = made.try_emplace(entry.object, 0);
    if (inserted) it->second = layer.add(bare(entry.object), whole_.mark(entry.object));
    layer.tree.attach(parent, entry.name, it->second);
    return it->second;
  }

  // `up` and `down` are the directory's parts; kNoObject: it is not in that part.
  void directory(ObjectId object, ObjectId up, ObjectId down) {
    for (const Entry& entry : whole_.tree[object].entries) {
      const Part part = up == kNoObject ? Part::kBelow : down == kNoObject ? Part::kAbove : part_of(entry.object);
      const ObjectId child_up = part == Part::kBelow ? kNoObject : put(above, made_above_, up, entry);
      const ObjectId child_down = part == Part::kAbove ? kNoObject : put(below, made_below_, down, entry);
      if (part == Part::kBoth) {
        above.marks[child_up].opaque = false;
        above.marks[child_up].redirect.reset();
      }
      if (whole_.tree[entry.object].is(FileType::kDirectory)) directory(entry.object, child_up, child_down);
    }
  }

  Choices& choices_;
  const Layer& whole_;
  std::map<ObjectId, ObjectId> made_above_;
  std::map<ObjectId, ObjectId> made_below_;
};

RC_GTEST_PROP(Merge, IsUnchangedBySplittingALowerInTwo, ()) {
  RapidChoices choices;
  const Layers layers = testing::layers(choices, 7);
  const auto position = choices.below(static_cast<std::uint32_t>(layers.lowers.size()));
  const Split split(choices, layers.lowers[position]);
  Layers more = layers;
  more.lowers[position] = split.above;
  more.lowers.insert(more.lowers.begin() + position + 1, split.below);
  expect_same(merge(more).tree, merge(layers).tree, show(layers) + "split\n" + show(more));
}

// Another name for each, in another order; of a path, slashes stay.
std::string renamed(std::string_view name) {
  std::string other(name);
  for (char& c : other)
    if (c >= 'a' && c <= 'e') c = static_cast<char>('a' + 'e' - c);
  return other;
}

void rename_entries(Tree& tree) {
  for (Inode& inode : tree.inodes) {
    for (Entry& entry : inode.entries) entry.name = renamed(entry.name);
    std::sort(inode.entries.begin(), inode.entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
  }
}

void rename_all(Layer& layer) {
  rename_entries(layer.tree);
  for (Marks& marks : layer.marks)
    if (marks.redirect) marks.redirect = renamed(*marks.redirect);
}

RC_GTEST_PROP(Merge, CommutesWithRenamingAllNames, ()) {
  RapidChoices choices;
  const Layers layers = testing::layers(choices, 6);
  Layers other = layers;
  if (other.upper) rename_all(*other.upper);
  for (Layer& lower : other.lowers) rename_all(lower);
  Tree expected = merge(layers).tree;
  rename_entries(expected);
  expect_same(merge(other).tree, expected, show(layers));
}

RC_GTEST_PROP(FirstDifference, IsNoneBetweenATreeAndItself, ()) {
  RapidChoices choices;
  const Tree tree = merge(testing::layers(choices, 6)).tree;
  RC_ASSERT(!first_difference(tree, tree));
}

RC_GTEST_PROP(FirstDifference, IsFoundFromBothSides, ()) {
  RapidChoices choices;
  const Tree tree = testing::tree(choices, 8);
  const Tree other = operated(choices, tree, 3);
  RC_ASSERT(first_difference(tree, other).has_value() == first_difference(other, tree).has_value());
}

RC_GTEST_PROP(Mutate, KeepsTheInvariantsAndTheStackMergeable, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 5);
  for (int i = 0; i < 6; ++i) {
    const Mutation mutation = testing::mutation(choices, layers);
    layers = mutate(std::move(layers), mutation);
  }
  expect_whole(layers);
  RC_ASSERT(!layers.lowers.empty());
  expect_whole(broken_invariant(merge(layers).tree), show(layers));
}

RC_GTEST_PROP(Mutate, CopyingALayerWithItsXattrsShowsTheSameTree, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  layers.upper.reset();  // an upper's records name the lowers' inodes
  const LayerName lower{.upper = false, .lower = static_cast<std::uint16_t>(choices.below(4))};
  expect_same(merge(mutate(layers, CopyLayer{lower, CopyXattrs::kAll})).tree, merge(layers).tree, show(layers));
}

RC_GTEST_PROP(Mutate, AnUpperThatBecomesALowerShowsTheSameNames, ()) {
  RapidChoices choices;
  Layers layers = testing::layers(choices, 6);
  if (!layers.upper) return;
  for (Marks& marks : layers.upper->marks) marks.origin.reset();
  Tree expected = merge(layers).tree;
  Tree seen = merge(mutate(layers, UpperBecomesLower{})).tree;
  // The new upper's root is a directory of its own.
  const std::vector<Entry> entries = std::move(seen[kRoot].entries);
  seen[kRoot] = expected[kRoot];
  seen[kRoot].entries = entries;
  expect_same(seen, expected, show(layers));
}

}  // namespace
}  // namespace ovlspec::model
