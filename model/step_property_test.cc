// What holds of every sequence of operations.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/invariants.h"
#include "model/merge.h"
#include "model/step.h"
#include "model/testing/arbitrary.h"
#include "model/testing/rapidcheck.h"
#include "model/testing/show.h"

namespace ovlspec::model {
namespace {

using testing::Choices;
using testing::RapidChoices;
using testing::SeededChoices;

template <typename Type, typename... Types>
constexpr bool is_one_of() {
  return (std::is_same_v<Type, Types> || ...);
}

template <typename Type>
constexpr bool only_looks() {
  return is_one_of<Type, Stat, StatFileSystem, Read, Readlink, ListDirectory, ReadDirectory, RewindDirectory, GetXattr,
                   ListXattr, Sync, Close>();
}

// One step where it is permitted; whether it was.
bool step(Choices& choices, World& world, const std::vector<Caller>& callers) {
  const Operation operation = testing::operation(choices, world);
  const Caller& caller = choices.pick(callers);
  const Plan plan = check(world, caller, operation);
  EXPECT_TRUE(plan.success() || plan.errors() > 0) << "an operation with no permitted answer";
  if (plan.success()) apply(world, caller, operation, plan, Outcome::success());
  return plan.success();
}

RC_GTEST_PROP(Step, KeepsTheInvariantsOverAMergedStack, ()) {
  RapidChoices choices;
  const std::vector<Caller> callers = testing::callers(choices);
  World world{.tree = merge(testing::layers(choices, 5)).tree};
  for (int i = 0; i < 20; ++i) {
    step(choices, world, callers);
    const auto broken = broken_invariant(world);
    if (broken) RC_FAIL(*broken + "\n" + testing::show(world.tree));
  }
}

TEST(Step, KeepsTheInvariantsOverLongSequences) {
  int permitted = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededChoices choices(seed);
    const std::vector<Caller> callers = testing::callers(choices);
    World world{.tree = testing::tree(choices, 8)};
    for (int i = 0; i < 400; ++i) {
      if (!step(choices, world, callers)) continue;
      ++permitted;
      const auto broken = broken_invariant(world);
      ASSERT_FALSE(broken) << *broken << "\nseed " << seed << " step " << i << "\n" << testing::show(world.tree);
    }
  }
  EXPECT_GT(permitted, 2000);
}

TEST(Step, ChangesNothingOnAStackWithoutAnUpper) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededChoices choices(seed);
    const std::vector<Caller> callers = testing::callers(choices);
    World world{.tree = testing::tree(choices, 12), .writable = Writable::kNo};
    const Tree before = world.tree;
    for (int i = 0; i < 200; ++i) step(choices, world, callers);
    const auto difference = first_difference(world.tree, before);
    ASSERT_FALSE(difference) << "seed " << seed << ": " << difference->path << ": " << difference->what;
  }
}

TEST(Step, OfAReaderLeavesTheTreeAsItWas) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededChoices choices(seed);
    World world{.tree = testing::tree(choices, 12)};
    for (int i = 0; i < 200; ++i) {
      const Operation operation = testing::operation(choices, world);
      const bool looks = std::visit([](const auto& o) { return only_looks<std::decay_t<decltype(o)>>(); }, operation);
      const Tree before = world.tree;
      const Plan plan = check(world, superuser(), operation);
      if (!plan.success()) continue;
      apply(world, superuser(), operation, plan, Outcome::success());
      ASSERT_TRUE(!looks || world.tree.inodes == before.inodes) << "seed " << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace ovlspec::model
