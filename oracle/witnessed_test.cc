// Which rules are counted as met.
#include "oracle/witnessed.h"

#include <gtest/gtest.h>

#include "model/merge.h"
#include "model/step.h"
#include "oracle/standard_callers.h"
#include "oracle/world.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

class WitnessedTest : public testing::Test {
 protected:
  WitnessedTest() {
    world_.tree = model::merge(world()
                                   .lower()
                                   .file("f", "x")
                                   .link("g", "f")
                                   .file("s", "x")
                                   .mode(06777)
                                   .dir("d")
                                   .mode(02777)
                                   .upper()
                                   .layers())
                      .tree;
  }
  bool is_met(Rule rule, const Operation& operation, const Caller& caller = superuser(),
              const Outcome& outcome = Outcome::success()) const {
    const model::Plan plan = model::check(world_, caller, operation);
    EXPECT_TRUE(plan.success());
    return witnessed(world_, caller, operation, plan, outcome).test(static_cast<std::size_t>(rule));
  }

  model::World world_;
};

TEST_F(WitnessedTest, NewObjectBelongsToItsMaker) {
  EXPECT_TRUE(is_met(Rule::kCreateOwner, Mkdir{"new", 0755}));
  EXPECT_FALSE(is_met(Rule::kCreateSetGid, Mkdir{"new", 0755}));
  EXPECT_TRUE(is_met(Rule::kCreateSetGid, Mkdir{"d/new", 0755}));
  EXPECT_TRUE(is_met(Rule::kCreateOwner, Open{.path = "new", .flags = {.access = Access::kWrite, .create = true}}));
  EXPECT_FALSE(is_met(Rule::kCreateOwner, Open{.path = "f", .flags = {.access = Access::kWrite, .create = true}}));
}

TEST_F(WitnessedTest, TruncationOnOpenIsOfAFileThatWasThere) {
  const OpenFlags truncates{.access = Access::kWrite, .create = true, .truncate = true};
  EXPECT_TRUE(is_met(Rule::kOpenTruncate, Open{.path = "f", .flags = truncates}));
  EXPECT_FALSE(is_met(Rule::kOpenTruncate, Open{.path = "new", .flags = truncates}));
}

TEST_F(WitnessedTest, SetIdBitsAreClearedForThoseWhoMayNotKeepThem) {
  const Caller alice{.uid = 1000, .gid = 1000, .capabilities = Capabilities()};
  EXPECT_TRUE(is_met(Rule::kWriteSetId, Truncate{Target::at("s"), 3}, alice));
  EXPECT_FALSE(is_met(Rule::kWriteSetId, Truncate{Target::at("s"), 3}));
  EXPECT_FALSE(is_met(Rule::kWriteSetId, Truncate{Target::at("f"), 3}));
}

TEST_F(WitnessedTest, RenameOfOneObjectToItselfIsAWitness) {
  EXPECT_TRUE(is_met(Rule::kRenameSame, Rename{"f", "g", RenameMode::kReplace}));
  EXPECT_FALSE(is_met(Rule::kRenameSame, Rename{"f", "s", RenameMode::kReplace}));
}

TEST_F(WitnessedTest, LinkCountIsOfFilesAndDirectoriesApart) {
  EXPECT_TRUE(is_met(Rule::kStatLinks, Stat{Target::at("f")}));
  EXPECT_FALSE(is_met(Rule::kStatDirectoryLinks, Stat{Target::at("f")}));
  EXPECT_TRUE(is_met(Rule::kStatDirectoryLinks, Stat{Target::at("d")}));
}

TEST_F(WitnessedTest, VisibleNameIsOneThatAPathLedTo) {
  model::OpenSlot& slot = world_.slots[1];
  slot.open = slot.readable = slot.writable = true;
  slot.object = *world_.tree.at("f");
  EXPECT_TRUE(is_met(Rule::kVisibleNames, Stat{Target::at("f")}));
  EXPECT_TRUE(is_met(Rule::kVisibleNames, Truncate{Target::at("f"), 3}));
  EXPECT_TRUE(is_met(Rule::kVisibleNames, Rename{"f", "new", RenameMode::kReplace}));
  for (const Operation& operation : std::initializer_list<Operation>{
           Stat{Target::of(1)}, Read{1, 0, 8}, Chmod{Target::of(1), 0600}, Truncate{Target::of(1), 3}, Close{1}})
    EXPECT_FALSE(is_met(Rule::kVisibleNames, operation)) << operation.index();
  EXPECT_FALSE(is_met(Rule::kVisibleNames, ListDirectory{"/"}));
  EXPECT_FALSE(is_met(Rule::kVisibleNames, Mkdir{"new", 0755}));
}

TEST_F(WitnessedTest, TypeOfAnEntryThatWasNotToldIsNoWitness) {
  Outcome outcome = Outcome::success();
  outcome.payload = std::vector<DirectoryEntry>{{.name = "f", .type_known = false}};
  EXPECT_FALSE(is_met(Rule::kListType, ListDirectory{"/"}, superuser(), outcome));
  outcome.payload = std::vector<DirectoryEntry>{{.name = "f", .type_known = true}};
  EXPECT_TRUE(is_met(Rule::kListType, ListDirectory{"/"}, superuser(), outcome));
}

}  // namespace
}  // namespace ovlspec::oracle
