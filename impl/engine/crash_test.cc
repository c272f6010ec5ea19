// A crash at every call that changes the layers: the next mount shows the tree before the operation or after it, and
// the work directory holds nothing of it.
#include <functional>

#include <gtest/gtest.h>

#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

struct Scenario {
  std::string name;
  std::function<Status(Mounted&)> operation;
  std::function<Status(Mounted&)> before = [](Mounted&) { return Status(); };
};

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

void fill(World& world) {
  world.lower(0).file("f", "f").file("g", "g").file("d/x", "x").directory("empty").file("a", "linked");
  world.lower(0).hard_link("a", "b").hard_link("a", "d/c").symlink("s", "target");
  world.lower(1).file("d/y", "y").file("e/z", "z").file("w", "w");
}

// A directory's times follow its entries: after a crash in a copy up they may be new although nothing else is.
std::map<std::string, Shown> comparable(std::map<std::string, Shown> tree) {
  for (auto& [path, object] : tree) {
    // And a merged directory that was to be replaced may be the upper's alone, which shows in its link count.
    if (object.attributes.type == FileType::kDirectory) {
      object.attributes.modify_time = {};
      object.attributes.links = 0;
    }
    // The clock of the store goes on at each call.
    if (object.attributes.modify_time.seconds >= 1000000000) object.attributes.modify_time = {};
  }
  return tree;
}

void expect_nothing_left(World& world) {
  auto temporary = world.work().store().entries(world.work().find("work"));
  ASSERT_TRUE(temporary.ok());
  EXPECT_TRUE(temporary->empty());
  if (!world.work().has("index")) return;
  auto index = world.work().store().entries(world.work().find("index"));
  ASSERT_TRUE(index.ok());
  for (const StoredEntry& entry : *index) {
    EXPECT_GT(world.work().attributes("index/" + entry.name).links, 1U);
  }
}

// The number of counted calls of the operation; the tree before and after it.
struct Reference {
  std::uint64_t calls = 0;
  std::map<std::string, Shown> before;
  std::map<std::string, Shown> after;
};

Reference reference(const Scenario& scenario) {
  World world;
  fill(world);
  Reference made;
  {
    Mounted mounted(world);
    EXPECT_TRUE(scenario.before(mounted));
    made.before = comparable(mounted.tree());
    world.upper_store().set_fault({});
    EXPECT_TRUE(scenario.operation(mounted)) << scenario.name;
    made.calls = world.upper_store().counted_calls();
  }
  Mounted mounted(world);
  made.after = comparable(mounted.tree());
  return made;
}

class Crash : public testing::TestWithParam<Scenario> {};

TEST_P(Crash, LeavesTheTreeBeforeOrAfter) {
  const Scenario& scenario = GetParam();
  const Reference expected = reference(scenario);
  ASSERT_GT(expected.calls, 0U);
  for (std::uint64_t at = 1; at <= expected.calls; ++at) {
    SCOPED_TRACE("crash at call " + std::to_string(at) + " of " + std::to_string(expected.calls));
    World world;
    fill(world);
    {
      Mounted mounted(world);
      ASSERT_TRUE(scenario.before(mounted));
      mounted.tree();
      world.upper_store().set_fault({.kind = FaultKind::kCrash, .at = at});
      static_cast<void>(scenario.operation(mounted));
    }
    world.upper_store().set_fault({});
    Mounted again(world);
    const auto tree = comparable(again.tree());
    EXPECT_TRUE(tree == expected.before || tree == expected.after) << "found\n"
                                                                   << describe(tree) << "before\n"
                                                                   << describe(expected.before) << "after\n"
                                                                   << describe(expected.after);
    expect_nothing_left(world);
  }
}

TEST_P(Crash, OfOneCallThatFailsLeavesTheMountBeforeOrAfter) {
  const Scenario& scenario = GetParam();
  const Reference expected = reference(scenario);
  for (std::uint64_t at = 1; at <= expected.calls; ++at) {
    SCOPED_TRACE("ENOSPC at call " + std::to_string(at) + " of " + std::to_string(expected.calls));
    World world;
    fill(world);
    std::map<std::string, Shown> mounted_tree;
    {
      Mounted mounted(world);
      ASSERT_TRUE(scenario.before(mounted));
      mounted.tree();
      world.upper_store().set_fault({.kind = FaultKind::kFailOnce, .at = at, .error = Errno::kENOSPC});
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

Status all(std::initializer_list<Status> steps) {
  for (const Status& step : steps) OVLSPEC_TRY(step);
  return {};
}

std::vector<Scenario> scenarios() {
  const auto make_over = [](Mounted& m) { return all({m.unlink("f"), m.unlink("d/x"), m.unlink("d/y")}); };
  return {
      {"CopyUp", [](Mounted& m) { return m.chmod("d/y", 0600); }},
      {"TruncatingOpen", [](Mounted& m) { return m.write("f", ""); }},
      {"Truncate", [](Mounted& m) { return m.truncate("d/x", 0); }},
      {"CopyUpOfADirectory", [](Mounted& m) { return m.chmod("d", 0700); }},
      {"CopyUpOfASymlink", [](Mounted& m) { return m.link("s", "s2"); }},
      {"CopyUpOfAHardLink", [](Mounted& m) { return m.chmod("b", 0600); }},
      {"CreateInALowerDirectory", [](Mounted& m) { return m.make_file("d/new"); }},
      {"CreateOverAWhiteout", [](Mounted& m) { return m.make_file("f"); }, make_over},
      {"MkdirOverAWhiteout", [](Mounted& m) { return m.make_directory("f"); }, make_over},
      {"SymlinkOverAWhiteout", [](Mounted& m) { return m.make_symlink("f", "x"); }, make_over},
      {"LinkOverAWhiteout", [](Mounted& m) { return m.link("g", "f"); }, make_over},
      {"UnlinkOfALowerFile", [](Mounted& m) { return m.unlink("d/x"); }},
      {"UnlinkOfACopiedUpFile", [](Mounted& m) { return m.unlink("f"); },
       [](Mounted& m) { return m.append("f", "+"); }},
      {"UnlinkOfAHardLink", [](Mounted& m) { return m.unlink("a"); }},
      {"UnlinkOfAChangedHardLink", [](Mounted& m) { return m.unlink("a"); },
       [](Mounted& m) { return m.append("a", "+"); }},
      {"UnlinkOfTheLastHardLink", [](Mounted& m) { return m.unlink("a"); },
       [](Mounted& m) {
         return all({m.unlink("b"), m.unlink("d/c")});
       }},
      {"RmdirOfAnEmptyLowerDirectory", [](Mounted& m) { return m.rmdir("empty"); }},
      {"RmdirOfAMergedDirectory", [](Mounted& m) { return m.rmdir("d"); },
       [](Mounted& m) {
         return all({m.unlink("d/x"), m.unlink("d/y"), m.unlink("d/c")});
       }},
      {"RenameOfALowerFile", [](Mounted& m) { return m.rename("f", "moved"); }},
      {"RenameOfALowerFileOverAnother", [](Mounted& m) { return m.rename("f", "g"); }},
      {"RenameOfALowerFileOverAWhiteout", [](Mounted& m) { return m.rename("g", "f"); }, make_over},
      {"RenameOfAnUpperFileOverACopiedUpOne", [](Mounted& m) { return m.rename("u", "f"); },
       [](Mounted& m) {
         return all({m.append("f", "+"), m.make_file("u", "u")});
       }},
      {"RenameOfAHardLinkOverAnotherFile", [](Mounted& m) { return m.rename("b", "f"); }},
      {"RenameOverAHardLink", [](Mounted& m) { return m.rename("f", "b"); }},
      {"RenameOverTheLastHardLink", [](Mounted& m) { return m.rename("f", "a"); },
       [](Mounted& m) {
         return all({m.unlink("b"), m.unlink("d/c")});
       }},
      {"RenameOfALowerDirectory", [](Mounted& m) { return m.rename("d", "moved"); }},
      {"RenameOfALowerDirectoryToAnother", [](Mounted& m) { return m.rename("d", "e/moved"); }},
      {"RenameOverAnEmptyMergedDirectory", [](Mounted& m) { return m.rename("e", "d"); },
       [](Mounted& m) {
         return all({m.unlink("d/x"), m.unlink("d/y"), m.unlink("d/c")});
       }},
      {"RenameOfAnUpperDirectoryOverALowerOne", [](Mounted& m) { return m.rename("u", "empty"); },
       [](Mounted& m) {
         return all({m.make_directory("u"), m.make_file("u/v")});
       }},
      {"RenameOfADirectoryOverAWhiteout", [](Mounted& m) { return m.rename("u", "f"); },
       [&](Mounted& m) {
         return all({m.unlink("f"), m.make_directory("u"), m.make_file("u/v")});
       }},
      {"ExchangeOfAFileAndADirectory", [](Mounted& m) { return m.rename("f", "d", RenameMode::kExchange); }},
      {"ExchangeOfDirectories", [](Mounted& m) { return m.rename("d", "e", RenameMode::kExchange); }},
      {"SetXattr", [](Mounted& m) { return m.set_xattr("w", "user.x", "y"); }},
  };
}

INSTANTIATE_TEST_SUITE_P(Engine, Crash, testing::ValuesIn(scenarios()),
                         [](const testing::TestParamInfo<Scenario>& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace ovlspec::impl
