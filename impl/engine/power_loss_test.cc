// A power failure at any moment: of what was not synced anything may be lost, and the next mount shows the tree before
// the operation or after it.
#include <gtest/gtest.h>

#include "impl/engine/crash_scenarios.h"
#include "impl/store/power_loss.h"

namespace ovlspec::impl {
namespace {

class PowerLoss : public testing::TestWithParam<CrashScenario> {};

struct Recorded {
  std::vector<CountedCall> calls;
  Contents contents;  // of the files, when the operation began
};

// Everything before the operation is on disk.
Recorded record(const CrashScenario& scenario) {
  World world;
  fill_for_crash(world, scenario);
  Mounted mounted(world);
  EXPECT_TRUE(scenario.before(mounted));
  mounted.tree();
  Recorded recorded{.calls = {}, .contents = contents_of(world.upper_memory())};
  world.upper_store().start_recording();
  EXPECT_TRUE(scenario.operation(mounted));
  recorded.calls = world.upper_store().stop_recording();
  return recorded;
}

// The layers as the failure leaves them.
void fail(World& world, const CrashScenario& scenario, const Recorded& recorded, const Survival& survival) {
  fill_for_crash(world, scenario);
  {
    Mounted mounted(world);
    ASSERT_TRUE(scenario.before(mounted));
    mounted.tree();
    world.upper_store().set_fault({.kind = FaultKind::kCrash, .at = survival.metadata + 1});
    static_cast<void>(scenario.operation(mounted));
    // Where the operation makes no more calls, the end of the mount does.
    if (!world.upper_store().crashed())
      static_cast<void>(world.upper_store().unlink(world.upper().root(), "none of this name"));
  }
  world.upper_store().set_fault({});
  lose(world.upper_memory(), recorded.contents, recorded.calls, survival);
}

std::string describe(const Survival& survival, std::size_t calls) {
  std::string text =
      "metadata of " + std::to_string(survival.metadata) + " of " + std::to_string(calls) + " calls, writes";
  for (const std::size_t write : survival.writes) text += " " + std::to_string(write + 1);
  return text;
}

TEST_P(PowerLoss, LeavesTheTreeBeforeOrAfter) {
  const CrashScenario& scenario = GetParam();
  const CrashReference expected = crash_reference(scenario);
  const Recorded recorded = record(scenario);
  ASSERT_EQ(recorded.calls.size(), expected.calls);
  for (const Survival& survival : survivals(recorded.calls)) {
    SCOPED_TRACE(describe(survival, recorded.calls.size()));
    World world;
    ASSERT_NO_FATAL_FAILURE(fail(world, scenario, recorded, survival));
    expect_before_or_after(world, expected, lowers_of(world));
    if (HasFailure()) return;  // the first is enough
  }
}

// What was copied up keeps its number also where its origin comes to light again and is looked up first.
TEST_P(PowerLoss, LeavesNoNumberToTheOrigin) {
  const CrashScenario& scenario = GetParam();
  const CrashReference expected = crash_reference(scenario);
  const auto number_of_f = [](const std::map<std::string, Shown>& tree) {
    const auto found = tree.find("f");
    return found == tree.end() ? InodeNumber{0} : found->second.attributes.number;
  };
  const InodeNumber number = number_of_f(expected.before);
  if (number == 0 || number != number_of_f(expected.after)) return;  // it is not about this file
  const Recorded recorded = record(scenario);
  for (const Survival& survival : survivals(recorded.calls)) {
    SCOPED_TRACE(describe(survival, recorded.calls.size()));
    World world;
    ASSERT_NO_FATAL_FAILURE(fail(world, scenario, recorded, survival));
    if (!world.upper().has("f")) continue;
    world.lower(0).move("f", "0_looked_up_first");
    Mounted again(world);
    const InodeNumber origin = again.number("0_looked_up_first");
    EXPECT_EQ(again.number("f"), number);
    EXPECT_NE(origin, number);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Engine, PowerLoss, testing::ValuesIn(crash_scenarios()),
                         [](const testing::TestParamInfo<CrashScenario>& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace ovlspec::impl
