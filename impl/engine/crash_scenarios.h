// What a crash may interrupt: operations on one world, with what came before them, and how the tree after is judged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "impl/engine/test_world.h"

namespace ovlspec::impl {

struct CrashScenario {
  std::string name;
  std::function<Status(Mounted&)> operation;
  std::function<Status(Mounted&)> before = [](Mounted&) { return Status(); };
  XattrNamespace xattrs = XattrNamespace::kTrusted;
};
void PrintTo(const CrashScenario& scenario, std::ostream* out);

// The operations of the engine, on each kind of object and each history of it that makes a difference.
std::vector<CrashScenario> crash_scenarios();
// The layers that all of them start from.
void fill_for_crash(World& world, const CrashScenario& scenario);

// Without what may differ after a crash.
std::map<std::string, Shown> comparable(std::map<std::string, Shown> tree);

// The number of counted calls of the operation; the tree before and after it.
struct CrashReference {
  std::uint64_t calls = 0;
  std::map<std::string, Shown> before;
  std::map<std::string, Shown> after;
};
CrashReference crash_reference(const CrashScenario& scenario);

// Everything in the lower layers.
std::string lowers_of(World& world);
// The mount has found the tree before or after, the work directory holds the index alone, the lowers are as they were.
void expect_before_or_after(World& world, const CrashReference& expected, const std::string& lowers);
void expect_nothing_left(World& world);

}  // namespace ovlspec::impl
