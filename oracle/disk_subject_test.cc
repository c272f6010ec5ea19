// Subjects on real directories: their life from prepare to the end.
#include "oracle/disk_subject.h"

#include <dirent.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "model/merge.h"
#include "oracle/disk_test_support.h"
#include "oracle/fuse_subject.h"
#include "oracle/posix_layers.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

class Subjects : public MountTest {};

constexpr const char* kOtherProgram = "/usr/bin/fuse-overlayfs";

// Written data survives a remount, and the layers say what the mount said.
void live_through_remounts(Subject& subject) {
  const Trace trace = stack_of({WorldLayer().file("a", "lower").directory("d").file("d/b").done()});
  OVLSPEC_ASSERT_DONE(subject.prepare(trace));
  OVLSPEC_ASSERT_DONE(subject.mount());
  const Caller root = superuser();
  EXPECT_TRUE(
      subject.apply(root, Open{.path = "a", .flags = {.access = Access::kWrite, .truncate = true}, .slot = 0}).ok());
  EXPECT_TRUE(subject.apply(root, Write{0, 0, "upper"}).ok());
  EXPECT_TRUE(subject.apply(root, Unlink{"d/b"}).ok());
  EXPECT_FALSE(subject.scan().ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  OVLSPEC_ASSERT_DONE(subject.mutate(model::Put{{.upper = false, .lower = 0}, "c", {.mode = 0640}, {}}));
  OVLSPEC_ASSERT_DONE(subject.mount());
  EXPECT_TRUE(subject.apply(root, Open{.path = "a", .slot = 0}).ok());
  EXPECT_EQ(subject.apply(root, Read{0, 0, 10}).payload, Outcome::Payload(std::string("upper")));
  EXPECT_EQ(subject.apply(root, Stat{Target::at("d/b")}).error, Errno::kENOENT);
  EXPECT_TRUE(subject.apply(root, Stat{Target::at("c")}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  const auto scanned = subject.scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  const auto merged = model::merge(scanned.value->layers).tree;
  EXPECT_EQ(merged[merged.at("a").value()].content.all(), "upper");
  EXPECT_FALSE(merged.at("d/b"));
}

TEST_F(Subjects, KernelLivesThroughRemountsAndChanges) {
  KernelSubject subject("kernel", {"index=on"});
  live_through_remounts(subject);
  const auto view = subject.kernel_view();
  ASSERT_TRUE(view && view->ok());
  const auto scanned = subject.scan();
  const auto difference = model::first_difference(*view->value, model::merge(scanned.value->layers).tree);
  EXPECT_FALSE(difference) << difference->path << ": " << difference->what;
}

TEST_F(Subjects, FuseProgramLivesThroughRemountsAndChanges) {
  if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
  if (::access(kOtherProgram, X_OK) != 0) GTEST_SKIP() << "no FUSE overlay is installed at " << kOtherProgram;
  ProgramSubject subject("other", our_program(kOtherProgram, {}), {}, {});
  live_through_remounts(subject);
}

TEST_F(Subjects, OurFuseProgramLivesThroughRemountsAndChanges) {
  auto made = make_fuse_subject("");
  if (!made.subject) GTEST_SKIP() << made.error.what;
  live_through_remounts(*made.subject);
  const auto scanned = made.subject->scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  EXPECT_TRUE(scanned.value->leftovers.empty()) << scanned.value->leftovers.front();
}

TEST_F(Subjects, DestructorLeavesNoDirectoryBehindWhileAnotherMountIsInUse) {
  KernelSubject used("kernel", {});
  OVLSPEC_ASSERT_DONE(used.prepare(stack_of({model::Layer{}})));
  OVLSPEC_ASSERT_DONE(used.mount());
  std::string base;
  {
    DiskStack stack;
    OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({model::Layer{}})));
    base = stack.mount_point();
    EXPECT_EQ(::access(base.c_str(), F_OK), 0);
    KernelSubject gone("kernel", {});
    OVLSPEC_ASSERT_DONE(gone.prepare(stack_of({model::Layer{}})));
    OVLSPEC_ASSERT_DONE(gone.mount());
    EXPECT_TRUE(used.apply(superuser(), Mkdir{"d", 0755}).ok());
  }
  EXPECT_TRUE(used.apply(superuser(), Stat{Target::at("d")}).ok());
  OVLSPEC_ASSERT_DONE(used.unmount());
  EXPECT_NE(::access(base.c_str(), F_OK), 0);
}

TEST_F(Subjects, FuseProgramThatIsKilledIsACrashAndMountsAgain) {
  if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
  if (::access(kOtherProgram, X_OK) != 0) GTEST_SKIP() << "no FUSE overlay is installed at " << kOtherProgram;
  ProgramSubject subject("other", our_program(kOtherProgram, {}), {}, {});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a", "lower").done()})));
  OVLSPEC_ASSERT_DONE(subject.mount());
  EXPECT_TRUE(subject.apply(superuser(), Open{.path = "a", .slot = 0}).ok());
  OVLSPEC_ASSERT_DONE(subject.crash());
  EXPECT_TRUE(subject.scan().ok());
  OVLSPEC_ASSERT_DONE(subject.mount());
  EXPECT_EQ(subject.apply(superuser(), Read{0, 0, 1}).error, Errno::kEBADF);
  EXPECT_TRUE(subject.apply(superuser(), Stat{Target::at("a")}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
}

TEST_F(Subjects, FuseProgramThatDoesNotMountIsAFailureWithItsWords) {
  if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
  ProgramSubject subject("false", our_program("/bin/ls", {}), {}, {});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({model::Layer{}})));
  const auto mounted = subject.mount();
  ASSERT_FALSE(mounted.ok());
  EXPECT_NE(mounted.failure.what.find("ended before it mounted"), std::string::npos);
  EXPECT_NE(mounted.failure.what.find("ls: "), std::string::npos) << mounted.failure.what;
}

TEST_F(Subjects, DaemonThatDoesNotEndIsKilledInTime) {
  Daemon daemon;
  OVLSPEC_ASSERT_DONE(daemon.start({"/bin/sleep", "1000"}));
  EXPECT_TRUE(daemon.running());
  const auto joined = daemon.join(std::chrono::milliseconds(20));
  EXPECT_EQ(joined.failure.error, Errno::kETIMEDOUT);
  EXPECT_FALSE(daemon.running());
}

TEST_F(Subjects, WatchdogEndsADaemonThatHoldsUpAStretch) {
  Daemon daemon;
  OVLSPEC_ASSERT_DONE(daemon.start({"/bin/sleep", "1000"}));
  Watchdog watchdog([&daemon] { daemon.strike(); }, {.limit = std::chrono::milliseconds(40)});
  const Watchdog::Stretch stretch(watchdog);
  const auto joined = daemon.join(std::chrono::seconds(20));
  EXPECT_NE(joined.failure.what.find("killed by signal 9"), std::string::npos) << joined.failure.what;
  EXPECT_TRUE(watchdog.struck());
}

// mergerfs serves each caller as that caller.
TEST_F(Subjects, DirectoriesAboveTheLayersLetEveryCallerThrough) {
  DiskStack stack(DiskFormat::kOverlay);
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({WorldLayer().file("a").done()})));
  const auto mode = std::filesystem::status(stack.base()).permissions();
  EXPECT_NE(mode & std::filesystem::perms::others_exec, std::filesystem::perms::none);
}

TEST_F(Subjects, KernelMountsMoreLowersThanFitAPageOfOptions) {
  std::vector<model::Layer> lowers;
  for (int i = 0; i < 400; ++i) lowers.push_back(WorldLayer().file("f" + std::to_string(i)).done());
  KernelSubject subject("kernel", {});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of(std::move(lowers))));
  const auto mounted = subject.mount();
  if (mounted.failure.error == Errno::kE2BIG) GTEST_SKIP() << mounted.failure.what;
  ASSERT_TRUE(mounted.ok()) << mounted.failure.what;
  EXPECT_TRUE(subject.apply(superuser(), Stat{Target::at("f399")}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
}

TEST_F(Subjects, KernelsRefusalSaysWhy) {
  KernelSubject subject("kernel", {"no_such_option=1"});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({model::Layer{}})));
  const auto mounted = subject.mount();
  ASSERT_FALSE(mounted.ok());
  EXPECT_NE(mounted.failure.what.find("no_such_option"), std::string::npos) << mounted.failure.what;
  EXPECT_TRUE(subject.scan().ok());
}

TEST_F(Subjects, ReadOnlyStackOfOneLowerIsMountedAndReadOnly) {
  KernelSubject subject("kernel", {});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a").done()}, std::nullopt)));
  OVLSPEC_ASSERT_DONE(subject.mount());
  EXPECT_TRUE(subject.apply(superuser(), Stat{Target::at("a")}).ok());
  EXPECT_EQ(subject.apply(superuser(), Unlink{"a"}).error, Errno::kEROFS);
  OVLSPEC_ASSERT_DONE(subject.unmount());
  const auto scanned = subject.scan();
  ASSERT_TRUE(scanned.ok());
  EXPECT_EQ(scanned.value->layers.lowers.size(), 1U);
  EXPECT_FALSE(scanned.value->layers.upper);
}

TEST_F(Subjects, EachThreadHasASubjectOfItsOwn) {
  KernelSubject here("kernel", {});
  live_through_remounts(here);
  std::promise<void> apart;
  std::thread other([&apart] {
    // A new thread shares its maker's root directory until then, which is the mount's while the maker operates.
    const auto entered = enter_private_namespace();
    apart.set_value();
    OVLSPEC_ASSERT_DONE(entered);
    KernelSubject subject("kernel", {});
    live_through_remounts(subject);
  });
  apart.get_future().wait();
  live_through_remounts(here);
  other.join();
}

TEST_F(Subjects, RealDirectoryBecomesALayerThatScansTheSame) {
  auto read = read_image("/etc");
  ASSERT_TRUE(read.ok()) << read.failure.what;
  EXPECT_GT(read.value->image.layer.tree.inodes.size(), 50U);
  const model::Layer expected = read.value->image.layer;
  DiskStack stack;
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({std::move(read.value->image.layer)})));
  const auto scanned = stack.scan();
  ASSERT_TRUE(scanned.ok()) << scanned.failure.what;
  EXPECT_EQ(layer_difference(scanned.value->layers.lowers[0], expected), std::nullopt);
}

TEST(PosixLayers, DirectoryThatDoesNotExistIsAFailure) {
  const auto read = read_image("/no/such/directory");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.failure.error, Errno::kENOENT);
}

}  // namespace
}  // namespace ovlspec::oracle
