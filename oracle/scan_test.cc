// scan and materialise: values to disk and back, and what the kernel's overlay leaves in its layers.
#include "oracle/scan.h"

#include "model/merge.h"
#include "oracle/disk_test_support.h"

namespace ovlspec::oracle {
namespace {

using model::ObjectId;

class Scan : public MountTest {
 protected:
  // Mounts the kernel's overlay over `trace`, does the operations as root, unmounts and scans.
  Scanned after(const Trace& trace, const std::string& options, const std::vector<Operation>& operations) {
    KernelSubject subject("kernel", split_options(options));
    Scanned scanned;
    run(subject, trace, operations, scanned);
    return scanned;
  }

 private:
  static void run(KernelSubject& subject, const Trace& trace, const std::vector<Operation>& operations,
                  Scanned& scanned) {
    OVLSPEC_ASSERT_DONE(subject.prepare(trace));
    OVLSPEC_ASSERT_DONE(subject.mount());
    for (const Operation& operation : operations) {
      const Outcome outcome = subject.apply(superuser(), operation);
      ASSERT_TRUE(outcome.ok()) << operation.index() << ": " << errno_name(outcome.error);
    }
    OVLSPEC_ASSERT_DONE(subject.unmount());
    auto scan = subject.scan();
    ASSERT_TRUE(scan.ok()) << scan.failure.what;
    scanned = std::move(*scan.value);
  }
};

const model::Marks& marks_at(const model::Layer& layer, const std::string& path) {
  const auto object = layer.tree.at(path);
  static const model::Marks kNone;
  EXPECT_TRUE(object) << path;
  return object ? layer.mark(*object) : kNone;
}

model::Layer every_kind() {
  const auto at = [](std::int64_t seconds) { return model::FreeTime::at(Time{seconds, 7}); };
  WorldLayer world;
  world.directory("", 0711).directory("d", 01777).opaque("d/opaque").redirect("d/renamed", "/elsewhere/x");
  world.file("d/f", "content", 06755).link("g", "d/f").symlink("d/s", "../nowhere").whiteout("d/gone");
  model::Inode rich{.type = FileType::kRegular, .mode = 0600, .uid = 12, .gid = 34};
  rich.access_time = at(1000);
  rich.modify_time = at(-5);
  rich.content.write(5, "x");
  rich.content.resize(100000);
  model::set_xattr(rich, "user.name", std::string("a\0b", 3));
  model::set_xattr(rich, "trusted.name", std::string(1000, 'v'));
  world.put("rich", rich);
  model::Inode dated{.type = FileType::kDirectory, .mode = 0755};
  dated.modify_time = at(1234567890);
  world.put("dated", dated).file("dated/child");
  world.put("fifo", {.type = FileType::kFifo, .mode = 0640});
  world.put("socket", {.type = FileType::kSocket, .mode = 0600});
  world.put("char", {.type = FileType::kCharDevice, .mode = 0666, .device = {1, 3}});
  world.put("block", {.type = FileType::kBlockDevice, .mode = 0600, .device = {7, 300}});
  model::Inode escaped{.type = FileType::kRegular, .mode = 0644};
  model::set_xattr(escaped, "trusted.overlay.opaque", "y");
  world.put("escaped", escaped);
  return world.done();
}

TEST_F(Scan, GivesBackEveryKindOfObjectThatWasWritten) {
  DiskStack stack;
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({every_kind()}, every_kind())));
  const auto scanned = stack.scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  EXPECT_EQ(layer_difference(scanned.value->layers.lowers[0], every_kind()), std::nullopt);
  EXPECT_EQ(layer_difference(*scanned.value->layers.upper, every_kind()), std::nullopt);
  EXPECT_TRUE(scanned.value->leftovers.empty());
}

TEST_F(Scan, TellsEveryInodeOfAStackApartByItsBacking) {
  DiskStack stack;
  Trace trace = stack_of({every_kind(), every_kind()});
  trace.lowers[1].place = 1;
  OVLSPEC_ASSERT_DONE(stack.prepare(trace));
  const auto scanned = stack.scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  std::vector<model::Backing> backings;
  for (const model::Layer& layer : scanned.value->layers.lowers)
    for (const model::Marks& marks : layer.marks) backings.push_back(marks.backing);
  std::sort(backings.begin(), backings.end());
  EXPECT_EQ(std::adjacent_find(backings.begin(), backings.end()), backings.end());
  EXPECT_NE(backings.front().file_system, 0U);
}

TEST_F(Scan, RemovedLowerNameIsAWhiteout) {
  const auto scanned = after(stack_of({WorldLayer().file("a").directory("d").done()}), "", {Unlink{"a"}, Rmdir{"d"}});
  ASSERT_TRUE(scanned.layers.upper);
  EXPECT_TRUE(marks_at(*scanned.layers.upper, "a").whiteout);
  EXPECT_TRUE(marks_at(*scanned.layers.upper, "d").whiteout);
}

TEST_F(Scan, DirectoryMadeOverARemovedOneIsOpaque) {
  const auto scanned = after(stack_of({WorldLayer().directory("d").done()}), "", {Rmdir{"d"}, Mkdir{"d", 0700}});
  ASSERT_TRUE(scanned.layers.upper);
  EXPECT_TRUE(marks_at(*scanned.layers.upper, "d").opaque);
}

TEST_F(Scan, RenamedLowerDirectoryHasARedirectAndItsOrigin) {
  const auto lower = WorldLayer().directory("d").file("d/f").directory("e").done();
  const auto scanned = after(stack_of({lower}), "redirect_dir=on", {Rename{"d", "e/new"}, Rename{"e/new", "e/newer"}});
  ASSERT_TRUE(scanned.layers.upper);
  const model::Marks& marks = marks_at(*scanned.layers.upper, "e/newer");
  EXPECT_EQ(marks.redirect, "/d");
  ASSERT_TRUE(marks.origin);
  EXPECT_EQ(marks.origin->backing, marks_at(scanned.layers.lowers[0], "d").backing);
  EXPECT_TRUE(marks_at(*scanned.layers.upper, "d").whiteout);
}

TEST_F(Scan, CopiedUpFileNamesItsOriginOnAnyPlace) {
  Trace trace = stack_of({WorldLayer().file("other").done(), WorldLayer().file("f", "x").done()});
  trace.lowers[1].place = 2;
  const auto scanned = after(trace, "", {Chmod{Target::at("f"), 0600}});
  ASSERT_TRUE(scanned.layers.upper);
  const model::Marks& marks = marks_at(*scanned.layers.upper, "f");
  ASSERT_TRUE(marks.origin);
  EXPECT_EQ(marks.origin->backing, marks_at(scanned.layers.lowers[1], "f").backing);
  EXPECT_FALSE(marks.origin->linked);
}

TEST_F(Scan, IndexedHardLinkIsLinkedAndAPlainFileIsNot) {
  const auto lower = WorldLayer().file("a").link("b", "a").file("c").done();
  const std::vector<Operation> touch = {Chmod{Target::at("a"), 0600}, Chmod{Target::at("c"), 0600}};
  for (const char* options : {"index=on", "index=on,nfs_export=on,redirect_dir=on"}) {
    SCOPED_TRACE(options);
    const auto scanned = after(stack_of({lower}), options, touch);
    ASSERT_TRUE(scanned.layers.upper);
    ASSERT_TRUE(marks_at(*scanned.layers.upper, "a").origin);
    EXPECT_TRUE(marks_at(*scanned.layers.upper, "a").origin->linked);
    ASSERT_TRUE(marks_at(*scanned.layers.upper, "c").origin);
    EXPECT_FALSE(marks_at(*scanned.layers.upper, "c").origin->linked);
    EXPECT_TRUE(scanned.leftovers.empty()) << scanned.leftovers.front();
    // The alias rule: the other lower name shows the copied-up object.
    const auto merged = model::merge(scanned.layers);
    EXPECT_EQ(merged.tree.at("a"), merged.tree.at("b"));
  }
}

TEST_F(Scan, ObjectThatOnlyTheIndexHoldsIsSeenUnderTheLowersOtherName) {
  const auto lower = WorldLayer().file("a").link("b", "a").done();
  const auto scanned = after(stack_of({lower}), "index=on", {Chmod{Target::at("a"), 0600}, Unlink{"a"}});
  const auto merged = model::merge(scanned.layers).tree;
  EXPECT_FALSE(merged.at("a"));
  ASSERT_TRUE(merged.at("b"));
  EXPECT_EQ(merged[*merged.at("b")].mode, 0600U);
}

TEST_F(Scan, NfsExportIndexOfDirectoriesAndRemovedObjectsLeavesNothingOver) {
  const auto lower = WorldLayer().directory("d").file("d/f").file("g").done();
  const auto scanned = after(stack_of({lower}), "index=on,nfs_export=on,redirect_dir=on",
                             {Chmod{Target::at("d"), 0700}, Chmod{Target::at("d/f"), 0600}, Rename{"d", "e"}});
  EXPECT_TRUE(scanned.leftovers.empty()) << scanned.leftovers.front();
}

TEST_F(Scan, NamesWhatLiesInTheWorkDirectory) {
  KernelSubject subject("kernel", {"volatile"});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a").done()})));
  OVLSPEC_ASSERT_DONE(subject.mount());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  const auto scanned = subject.scan();
  ASSERT_TRUE(scanned.ok());
  EXPECT_EQ(scanned.value->leftovers, std::vector<std::string>{"work/incompat"});
}

TEST_F(Scan, XattrWhiteoutsCountInMarkedDirectoriesOnly) {
  const auto with = [](std::string name, std::string value) {
    model::Inode inode{.type = FileType::kRegular, .mode = 0644};
    model::set_xattr(inode, name, std::move(value));
    return inode;
  };
  const model::Inode file = with("trusted.overlay.whiteout", "");
  model::Inode marked{.type = FileType::kDirectory, .mode = 0755};
  model::set_xattr(marked, "trusted.overlay.opaque", "x");
  const auto parsed = [](model::Inode inode, Surrounding surrounding) {
    AccessedInode accessed;
    accessed.inode = std::move(inode);
    return parse_inode(std::move(accessed), DiskFormat::kOverlay, surrounding);
  };
  const ParsedInode directory = parsed(marked, Surrounding::kPlain);
  EXPECT_FALSE(directory.marks.opaque);
  EXPECT_EQ(directory.of_entries, Surrounding::kXattrWhiteouts);
  EXPECT_TRUE(parsed(file, directory.of_entries).marks.whiteout);
  const ParsedInode plain = parsed(file, Surrounding::kPlain);
  EXPECT_FALSE(plain.marks.whiteout);
  EXPECT_TRUE(plain.inode.xattrs.empty());
  EXPECT_FALSE(parsed(with("user.overlay.whiteout", ""), directory.of_entries).marks.whiteout);
}

TEST_F(Scan, KernelsReadOnlyViewIsTheMerge) {
  const auto bottom = WorldLayer()
                          .directory("d")
                          .file("d/a", "1")
                          .file("d/b", "2")
                          .directory("h")
                          .file("h/c", "3")
                          .directory("old")
                          .file("old/x", "4")
                          .file("z")
                          .done();
  const auto middle = WorldLayer()
                          .directory("d")
                          .whiteout("d/a")
                          .file("d/new")
                          .link("d/new2", "d/new")
                          .opaque("h")
                          .redirect("moved", "old")
                          .whiteout("old")
                          .done();
  DiskStack stack;
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({middle, bottom}, WorldLayer().file("z", "upper").directory("d").done())));
  const auto scanned = stack.scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  const auto view = *stack.kernel_view();
  ASSERT_TRUE(view.ok()) << view.failure.what;
  const auto difference = model::first_difference(*view.value, model::merge(scanned.value->layers).tree);
  EXPECT_FALSE(difference) << difference->path << ": " << difference->what;
  EXPECT_TRUE(view.value->at("moved/x"));
}

TEST_F(Scan, KernelShowsOneLowerAlone) {
  DiskStack stack;
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({every_kind()}, std::nullopt)));
  const auto view = *stack.kernel_view();
  ASSERT_TRUE(view.ok()) << view.failure.what;
  const auto scanned = stack.scan();
  ASSERT_TRUE(scanned.ok());
  const auto difference = model::first_difference(*view.value, model::merge(scanned.value->layers).tree);
  EXPECT_FALSE(difference) << difference->path << ": " << difference->what;
}

}  // namespace
}  // namespace ovlspec::oracle
