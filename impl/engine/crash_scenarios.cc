#include "impl/engine/crash_scenarios.h"

#include <gtest/gtest.h>

#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

// A file as the kernel's metacopy=on leaves it: its data are the lower's.
void add_metacopy(World& world, std::string_view path) {
  world.upper().file(path, "").xattr(path, world.private_name(names::kMetacopy), "");
  StoreChange size;
  size.size = world.lower().attributes(path).size;
  ASSERT_TRUE(world.upper().store().change(world.upper().find(path), size));
}

}  // namespace

void PrintTo(const CrashScenario& scenario, std::ostream* out) { *out << scenario.name; }

void fill_for_crash(World& world, const CrashScenario& scenario) {
  if (scenario.xattrs == XattrNamespace::kUser) world.user_xattrs();
  world.lower(0).file("f", "f").file("g", "g").file("d/x", "x").directory("empty").file("a", "linked");
  world.lower(0).hard_link("a", "b").hard_link("a", "d/c").symlink("s", "target");
  world.lower(1).file("d/y", "y").file("e/z", "z").file("w", "w");
  world.lower(0).special("fifo", FileType::kFifo).special("socket", FileType::kSocket).symlink("s_linked", "target");
  world.lower(0).special("device", FileType::kCharDevice, {1, 3}).hard_link("s_linked", "deep/s_linked");
  world.lower(0).file("set_id", std::string(3 * 4096, 's'), 06755).xattr("set_id", "user.x", std::string(300, 'x'));
  world.lower(0).owner("set_id", 1, 2).file("metacopy", "below");
  world.lower(0).file("deep/a/b/c", "deep");
  add_metacopy(world, "metacopy");
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

std::string lowers_of(World& world) { return world.lower(0).dump() + "--\n" + world.lower(1).dump(); }

void expect_before_or_after(World& world, const CrashReference& expected, const std::string& lowers) {
  {
    Mounted again(world);
    const auto tree = comparable(again.tree());
    EXPECT_TRUE(tree == expected.before || tree == expected.after) << "found\n"
                                                                   << describe(tree) << "before\n"
                                                                   << describe(expected.before) << "after\n"
                                                                   << describe(expected.after);
    expect_nothing_left(world);
  }
  EXPECT_EQ(lowers_of(world), lowers);
}

CrashReference crash_reference(const CrashScenario& scenario) {
  World world;
  fill_for_crash(world, scenario);
  CrashReference made;
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

namespace {

Status all(std::initializer_list<Status> steps) {
  for (const Status& step : steps) OVLSPEC_TRY(step);
  return {};
}

// Objects whose records lie on their directories (entry_record.h).
std::vector<CrashScenario> scenarios_beside() {
  const auto copied = [](Mounted& m) { return all({m.link("s", "d/copied"), m.chmod("fifo", 0640)}); };
  std::vector<CrashScenario> scenarios = {
      {"CopyUpOfASymlinkBeside", [](Mounted& m) { return m.link("s", "s2"); }},
      {"CopyUpOfAFifoBeside", [](Mounted& m) { return m.chmod("fifo", 0640); }},
      {"RenameOfALowerSymlinkBeside", [](Mounted& m) { return m.rename("s", "d/moved"); }},
      {"RenameOfASymlinkBeside", [](Mounted& m) { return m.rename("s", "moved"); }, copied},
      {"RenameOfASymlinkToAnotherDirectoryBeside", [](Mounted& m) { return m.rename("s", "e/moved"); }, copied},
      {"RenameOfASymlinkOverAFifoBeside", [](Mounted& m) { return m.rename("s", "fifo"); }, copied},
      {"RenameOfASymlinkOverAWhiteoutBeside", [](Mounted& m) { return m.rename("s", "f"); },
       [](Mounted& m) { return m.unlink("f"); }},
      {"ExchangeOfASymlinkAndAFifoBeside", [](Mounted& m) { return m.rename("s", "fifo", RenameMode::kExchange); },
       copied},
      {"ExchangeOverDirectoriesBeside", [](Mounted& m) { return m.rename("d/copied", "fifo", RenameMode::kExchange); },
       copied},
      {"LinkOfASymlinkBeside", [](Mounted& m) { return m.link("d/copied", "e/another"); }, copied},
      {"UnlinkOfASymlinkBeside", [](Mounted& m) { return m.unlink("d/copied"); }, copied},
      {"UnlinkOfAFifoBeside", [](Mounted& m) { return m.unlink("fifo"); }, copied},
      {"RenameOfTheDirectoryBeside", [](Mounted& m) { return m.rename("d", "moved"); }, copied},
  };
  for (CrashScenario& scenario : scenarios) scenario.xattrs = XattrNamespace::kUser;
  return scenarios;
}

}  // namespace

std::vector<CrashScenario> crash_scenarios() {
  const auto make_over = [](Mounted& m) { return all({m.unlink("f"), m.unlink("d/x"), m.unlink("d/y")}); };
  std::vector<CrashScenario> scenarios = {
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
      {"RemoveXattr", [](Mounted& m) { return m.engine().remove_xattr(*m.node("set_id"), "user.x"); }},
      {"SetFlags", [](Mounted& m) { return m.engine().set_flags(*m.node("f"), kImmutable); }},
      {"Append", [](Mounted& m) { return m.append("f", "+"); }},
      {"CopyUpOfAFifo", [](Mounted& m) { return m.chmod("fifo", 0640); }},
      {"CopyUpOfASocket", [](Mounted& m) { return m.chmod("socket", 0640); }},
      {"CopyUpOfADevice", [](Mounted& m) { return m.chmod("device", 0640); }},
      {"CopyUpOfALinkedSymlink", [](Mounted& m) { return m.link("s_linked", "s2"); }},
      {"CopyUpOfASetIdFile", [](Mounted& m) { return m.set_xattr("set_id", "user.y", "y"); }},
      {"CopyUpWithDirectories", [](Mounted& m) { return m.chmod("deep/a/b/c", 0600); }},
      {"CompletionOfAMetacopy", [](Mounted& m) { return m.append("metacopy", "+"); }},
      {"TruncateOfAMetacopy", [](Mounted& m) { return m.truncate("metacopy", 2); }},
      {"ChmodOfAMetacopy", [](Mounted& m) { return m.chmod("metacopy", 0600); }},
      {"RenameOfAMetacopy", [](Mounted& m) { return m.rename("metacopy", "d/moved"); }},
      {"LinkOfAMetacopy", [](Mounted& m) { return m.link("metacopy", "d/linked"); }},
      {"Mkdir", [](Mounted& m) { return m.make_directory("e/new"); }},
      {"MkdirInALowerDirectoryOfNone", [](Mounted& m) { return m.make_directory("empty/new"); }},
      {"Symlink", [](Mounted& m) { return m.make_symlink("new", "x"); }},
      {"Mknod",
       [](Mounted& m) {
         NewInode inode;
         inode.type = FileType::kFifo;
         return m.make("deep/a/new", inode);
       }},
      {"ChangesOfUpperNames", [](Mounted& m) { return m.rename("u", "v"); },
       [](Mounted& m) { return m.make_file("u", "u"); }},
      {"UnlinkOfAnUpperFile", [](Mounted& m) { return m.unlink("u"); },
       [](Mounted& m) { return m.make_file("u", "u"); }},
      {"LinkOfAnUpperFile", [](Mounted& m) { return m.link("u", "d/v"); },
       [](Mounted& m) { return m.make_file("u", "u"); }},
      {"RmdirOfAnUpperDirectory", [](Mounted& m) { return m.rmdir("u"); },
       [](Mounted& m) { return m.make_directory("u"); }},
      {"UnlinkOfTheOnlyUpperNameOfALowerHardLink", [](Mounted& m) { return m.unlink("d/c"); },
       [](Mounted& m) { return m.append("d/c", "+"); }},
      {"LinkOfAHardLink", [](Mounted& m) { return m.link("b", "e/new"); }},
      {"ExchangeOfAHardLinkAndAFile", [](Mounted& m) { return m.rename("b", "w", RenameMode::kExchange); }},
      {"RenameOfAMovedDirectory", [](Mounted& m) { return m.rename("e/moved", "again"); },
       [](Mounted& m) { return m.rename("d", "e/moved"); }},
      {"RenameOfAMovedDirectoryBack", [](Mounted& m) { return m.rename("e/moved", "d"); },
       [](Mounted& m) { return m.rename("d", "e/moved"); }},
      {"RenameOfALowerDirectoryOverAWhiteout", [](Mounted& m) { return m.rename("d", "f"); },
       [](Mounted& m) { return m.unlink("f"); }},
      {"RenameOfALowerFileToAnotherDirectory",
       [](Mounted& m) { return m.rename("deep/a/b/c", "e/c", RenameMode::kNoReplace); }},
      {"RenameOfASymlinkOverAFifo", [](Mounted& m) { return m.rename("s", "fifo"); }},
  };
  for (CrashScenario& scenario : scenarios_beside()) scenarios.push_back(std::move(scenario));
  return scenarios;
}

}  // namespace ovlspec::impl
