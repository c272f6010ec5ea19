// Scripts that are run, in each language, on the kernel's overlay.
#include <fmt/format.h>

#include <fstream>

#include "oracle/disk_test_support.h"
#include "oracle/report_run.h"
#include "oracle/report_script.h"

namespace ovlspec::oracle {
namespace {

using State = Reproducer::State;

const Caller kAlice{.uid = 1000, .gid = 1000, .groups = {}, .umask = 022, .capabilities = {}};

// What is done on a stack of a lower and an upper.
class Scripts : public MountTest {
 protected:
  Scripts() {
    for (const char* name : {"lower0", "upper", "work", "mount"})
      script_.steps.push_back({.action = OnDisk{DiskAction::kMakeDirectory, name, {}}});
  }

  void add(Doing action, std::size_t answer = 0) {
    script_.steps.push_back({.action = std::move(action), .answer = answer});
  }
  void lay(const std::string& path, const model::Inode& inode) { add(LayObject{path, inode}); }
  void mount() { add(MountOverlay{"mount", "lowerdir=lower0,upperdir=upper,workdir=work"}); }
  void play(Operation operation, const Caller& caller = superuser()) {
    add(Operate{Inside::kMount, caller, std::move(operation), Errno::kOk});
  }
  // The last step answers that, where the violation is not there.
  void expect(const std::string& error) {
    script_.steps.back().answer = ++answers_;
    script_.holding = Holding::kAny;
    script_.claims.push_back({.left = {.moment = answers_, .shown = Shown::kError, .name = {}},
                              .relation = Relation::kNoneOf,
                              .right = error});
  }

  std::string write(Language language) const {
    const TextOrWhy text = language == Language::kShell ? shell_text(script_)
                           : language == Language::kC   ? c_text(script_)
                                                        : python_text(script_);
    EXPECT_EQ(text.why_not, "");
    const std::string file = directory_.path() + (language == Language::kC ? "/script.c" : "/script");
    std::ofstream(file) << text.text;
    return file;
  }
  Reproducer run(Language language) const { return verified(language, write(language), 30); }
  void expect_as_it_should_be(std::initializer_list<Language> languages) const {
    for (const Language language : languages) {
      const Reproducer told = run(language);
      EXPECT_EQ(told.state, State::kNotShown) << words_of(language) << ": " << words_of(told);
    }
  }

  const TestDirectory directory_;
  Script script_;
  std::size_t answers_ = 0;
};

TEST_F(Scripts, UnmountAfterADirectoryThatWasReadInPieces) {
  mount();
  play(Open{.path = "/", .flags = {.directory = true}, .mode = 0, .slot = 1});
  play(ReadDirectory{.slot = 1, .count = 1});
  play(Close{1});
  expect("success");
  add(UnmountAt{"mount"});
  expect("success");
  expect_as_it_should_be({Language::kC, Language::kPython});
}

TEST_F(Scripts, UnmountAfterADirectoryThatIsStillOpen) {
  mount();
  play(Open{.path = "/", .flags = {.directory = true}, .mode = 0, .slot = 1});
  play(ReadDirectory{.slot = 1, .count = 1});
  play(Open{.path = "/", .flags = {.directory = true}, .mode = 0, .slot = 1});
  play(ReadDirectory{.slot = 1, .count = 1});
  expect("success");
  add(UnmountAt{"mount"});
  expect("success");
  expect_as_it_should_be({Language::kC, Language::kPython});
}

TEST_F(Scripts, UseAFileThatIsNotOpen) {
  mount();
  play(Read{.slot = 3, .offset = 0, .length = 4});
  expect("EBADF");
  play(Truncate{Target::of(3), 4});
  expect("EBADF");
  play(ReadDirectory{.slot = 3, .count = 1});
  expect("EBADF");
  play(Close{3});
  expect("EBADF");
  expect_as_it_should_be({Language::kC, Language::kPython});
}

TEST_F(Scripts, HaveCallersWhoMayNotEnterTheMountThemselves) {
  script_.steps.push_back({.action = DiskMode{"upper", 0700}});
  lay("lower0/a", model::Inode{.type = FileType::kRegular, .mode = 0644, .content = model::Content("x")});
  mount();
  play(Stat{Target::at("/")}, kAlice);
  expect("success");
  play(Stat{Target::at("/a")}, kAlice);
  expect("EACCES");
  play(Stat{Target::at("/a")});
  expect("success");
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

TEST_F(Scripts, WriteAsTheirCaller) {
  lay("upper/a", model::Inode{.type = FileType::kRegular, .mode = 04755, .content = model::Content("x")});
  mount();
  play(Open{.path = "/a", .flags = {.access = Access::kWrite}, .mode = 0, .slot = 0});
  play(Write{0, 0, "y"}, kAlice);
  play(Stat{Target::at("/a")});
  script_.steps.back().answer = ++answers_;
  // The superuser's writes leave set-id bits.
  script_.claims.push_back({.left = {.moment = answers_, .shown = Shown::kMode, .name = {}},
                            .relation = Relation::kDiffers,
                            .right = std::string("755")});
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

TEST_F(Scripts, NameAHeldLock) {
  lay("lower0/a", model::Inode{.type = FileType::kRegular, .mode = 0644});
  mount();
  for (const Slot slot : {Slot{0}, Slot{1}}) {
    play(Open{.path = "/a", .flags = {}, .mode = 0, .slot = slot});
    play(Lock{.slot = slot, .kind = static_cast<LockKind>(1)});
  }
  expect("EAGAIN");
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

TEST_F(Scripts, AskOfWhatIsNotThere) {
  mount();
  const TimeChange now{.kind = TimeChange::Kind::kNow};
  play(Utimens{Target::at("/a"), now, now});
  expect("ENOENT");
  play(Truncate{Target::at("/a"), 3});
  expect("ENOENT");
  play(Chmod{Target::at("/a"), 0600});
  expect("ENOENT");
  play(ListDirectory{"/a"});
  expect("ENOENT");
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

TEST_F(Scripts, OfAShellTellNothingWhereACommandRefusesByItself) {
  for (const char* name : {"a", "b"})
    lay(std::string("lower0/") + name, model::Inode{.type = FileType::kRegular, .mode = 0644});
  lay("lower0/d", model::Inode{.type = FileType::kDirectory, .mode = 0755});
  mount();
  play(Rename{"/d", "/a"});
  expect("ENOTDIR");
  EXPECT_EQ(run(Language::kShell).state, State::kNotRun);
  expect_as_it_should_be({Language::kC, Language::kPython});
}

TEST_F(Scripts, OfAShellTellNothingOfDevicesThatTruncateWouldOpen) {
  lay("lower0/p", model::Inode{.type = FileType::kFifo, .mode = 0644});
  mount();
  play(Truncate{Target::at("/p"), 3});
  expect("EINVAL");
  EXPECT_EQ(run(Language::kShell).state, State::kNotRun);
  expect_as_it_should_be({Language::kC, Language::kPython});
}

TEST_F(Scripts, TellNothingWhereALayerCannotBeLaid) {
  add(LayLink{"lower0/nothing", "lower0/a"});
  mount();
  expect("success");
  for (const Language language : kLanguages) {
    const Reproducer told = run(language);
    EXPECT_EQ(told.state, State::kNotRun) << words_of(language) << ": " << words_of(told);
  }
}

TEST_F(Scripts, ChangeNothingBySymlinksOfALayer) {
  lay("lower0/s", model::Inode{.type = FileType::kSymlink, .content = model::Content("../upper")});
  lay("upper/x", model::Inode{.type = FileType::kRegular, .mode = 0644});
  script_.steps.push_back({.action = OnDisk{DiskAction::kRemoveTree, "lower0/s/x", {}}, .within = {"lower0/s"}});
  mount();
  play(Stat{Target::at("/x")});
  expect("success");
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

TEST_F(Scripts, EndAServerThatDoesNotEndItself) {
  // A mount that nobody serves, beside a program that knows nothing of it.
  add(MountProgramAt{"mount", {"sh", "-c", "mount -t tmpfs -o mode=755 x mount; exec sleep 1000"}});
  add(UnmountAt{"mount"});
  expect("success");
  expect_as_it_should_be({Language::kShell, Language::kC, Language::kPython});
}

// Processes with that argument, as long as any; then 0.
constexpr const char* kInterrupt = R"(
sh {} >/dev/null & script=$!
until grep -a -q -s '86399[.]25' /proc/[0-9]*/cmdline; do sleep 0.05; done
kill -{} $script; wait $script
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -a -q -s '86399[.]25' /proc/[0-9]*/cmdline || exit 0
  sleep 0.1
done
exit 1)";

TEST_F(Scripts, OfAShellLeaveNothingWhenTheyAreInterrupted) {
  add(MountProgramAt{"mount", {"sh", "-c", "sleep 86399.25 & sleep 86399.25"}});
  expect("success");
  const std::string file = write(Language::kShell);
  for (const char* signal : {"TERM", "HUP", "KILL"})
    EXPECT_EQ(run_program({"sh", "-c", fmt::format(kInterrupt, file, signal)}, 30).status, 0) << signal;
}

TEST_F(Scripts, OfAShellLeaveNothingWhenTheyFailInTheMiddle) {
  add(MountProgramAt{"mount", {"sh", "-c", "mount -t tmpfs x mount; sleep 86399.5 & sleep 86399.5"}});
  add(LayLink{"lower0/nothing", "lower0/a"});
  expect("success");
  const Reproducer told = run(Language::kShell);
  EXPECT_EQ(told.state, State::kNotRun);
  EXPECT_EQ(told.why, "cannot run: a command failed");
  EXPECT_EQ(run_program({"sh", "-c", "sleep 0.3; ! grep -a -q -s '86399[.]5' /proc/[0-9]*/cmdline"}, 30).status, 0);
}

}  // namespace
}  // namespace ovlspec::oracle
