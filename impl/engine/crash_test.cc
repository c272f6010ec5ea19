// A crash at every call that changes the layers: the next mount shows the tree before the operation or after it, and
// the work directory holds nothing of it.
#include <gtest/gtest.h>

#include "impl/engine/crash_scenarios.h"

namespace ovlspec::impl {
namespace {

class Crash : public testing::TestWithParam<CrashScenario> {};

TEST_P(Crash, LeavesTheTreeBeforeOrAfter) {
  const CrashScenario& scenario = GetParam();
  const CrashReference expected = crash_reference(scenario);
  ASSERT_GT(expected.calls, 0U);
  // Those of the operation, then those of the mount's end.
  bool has_crashed = true;
  for (std::uint64_t at = 1; has_crashed; ++at) {
    SCOPED_TRACE("crash at call " + std::to_string(at) + " of " + std::to_string(expected.calls));
    World world;
    fill_for_crash(world, scenario);
    const std::string lowers = lowers_of(world);
    {
      Mounted mounted(world);
      ASSERT_TRUE(scenario.before(mounted));
      mounted.tree();
      world.upper_store().set_fault({.kind = FaultKind::kCrash, .at = at});
      static_cast<void>(scenario.operation(mounted));
    }
    has_crashed = world.upper_store().crashed();
    EXPECT_TRUE(has_crashed || at > expected.calls);
    world.upper_store().set_fault({});
    expect_before_or_after(world, expected, lowers);
  }
}

// The mount that cleans up after a crash crashes, too.
TEST_P(Crash, InTheMountAfterACrashLeavesTheTreeBeforeOrAfter) {
  const CrashScenario& scenario = GetParam();
  const CrashReference expected = crash_reference(scenario);
  for (std::uint64_t at = 1; at <= expected.calls + 1; ++at) {
    bool has_crashed = true;
    for (std::uint64_t again_at = 1; has_crashed; ++again_at) {
      SCOPED_TRACE("crash at call " + std::to_string(at) + ", then at " + std::to_string(again_at) + " of a mount");
      World world;
      fill_for_crash(world, scenario);
      const std::string lowers = lowers_of(world);
      FaultyStore& store = world.upper_store();
      {
        Mounted mounted(world);
        ASSERT_TRUE(scenario.before(mounted));
        mounted.tree();
        store.set_fault({.kind = FaultKind::kCrash, .at = at});
        static_cast<void>(scenario.operation(mounted));
      }
      store.set_fault({.kind = FaultKind::kCrash, .at = again_at});
      {
        // With its end, where it gets so far.
        const auto engine = Engine::mount(world.stack(), world.options());
      }
      has_crashed = store.crashed();
      store.set_fault({});
      expect_before_or_after(world, expected, lowers);
    }
  }
}

TEST_P(Crash, OfOneCallThatFailsLeavesTheMountBeforeOrAfter) {
  const CrashScenario& scenario = GetParam();
  const CrashReference expected = crash_reference(scenario);
  for (std::uint64_t at = 1; at <= expected.calls; ++at) {
    // Without room for it a record beside its object is left out (entry_record.h).
    const Errno error = scenario.xattrs == XattrNamespace::kUser ? Errno::kEIO : Errno::kENOSPC;
    SCOPED_TRACE(std::string(errno_name(error)) + " at call " + std::to_string(at) + " of " +
                 std::to_string(expected.calls));
    World world;
    fill_for_crash(world, scenario);
    std::map<std::string, Shown> mounted_tree;
    {
      Mounted mounted(world);
      ASSERT_TRUE(scenario.before(mounted));
      mounted.tree();
      world.upper_store().set_fault({.kind = FaultKind::kFailOnce, .at = at, .error = error});
      const Status done = scenario.operation(mounted);
      world.upper_store().set_fault({});
      mounted_tree = comparable(mounted.tree());
      EXPECT_TRUE(mounted_tree == expected.before || mounted_tree == expected.after)
          << (done.ok() ? "done" : "failed") << "\nfound\n"
          << describe(mounted_tree) << "before\n"
          << describe(expected.before) << "after\n"
          << describe(expected.after);
      EXPECT_TRUE(!done.ok() || mounted_tree == expected.after) << describe(mounted_tree);
    }
    Mounted again(world);
    EXPECT_EQ(describe(comparable(again.tree())), describe(mounted_tree));
    expect_nothing_left(world);
  }
}

INSTANTIATE_TEST_SUITE_P(Engine, Crash, testing::ValuesIn(crash_scenarios()),
                         [](const testing::TestParamInfo<CrashScenario>& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace ovlspec::impl
