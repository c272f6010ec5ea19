// Reproducers of the golden traces: each is run where the bug is, and where it is not.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "oracle/disk_test_support.h"
#include "oracle/finding_key.h"
#include "oracle/fuse_subject.h"
#include "oracle/profile.h"
#include "oracle/report_reproduce.h"
#include "oracle/report_run.h"
#include "oracle/trace_file.h"

namespace ovlspec::oracle {
namespace {

struct Golden {
  const char* trace;
  const char* subject;
  // Why no shell script tells one of its violations; else each has one.
  const char* beyond_a_shell = nullptr;
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.trace << " on " << golden.subject; }

constexpr const char* kAllOn = "kernel:index=on,nfs_export=on,redirect_dir=on,xino=on";
constexpr const char* kHandles = "no command takes a file handle";
constexpr Golden kGolden[] = {
    {"kernel/copied-up-directory-is-renumbered-when-its-layer-becomes-a-lower", "kernel"},
    {"kernel/copied-up-file-is-renumbered-after-work-was-wiped", kAllOn, kHandles},
    {"kernel/eio-after-whiteout-was-removed", kAllOn, kHandles},
    {"kernel/estale-after-copied-up-file-was-moved-by-hand", "kernel"},
    {"kernel/handle-is-stale-after-the-origin-was-removed", kAllOn, kHandles},
    {"kernel/index-entry-stays-after-eviction-and-unlink", kAllOn, kHandles},
    {"kernel/index-entry-stays-where-the-other-name-is-hidden", "kernel:index=on"},
    {"kernel/link-count-after-rename-and-remount", kAllOn},
    {"kernel/link-count-after-rename-over-linked-lower", "kernel"},
    {"kernel/merged-directory-without-origin-lists-another-number", "kernel"},
    {"kernel/mount-refused-after-upper-was-copied", kAllOn},
    {"kernel/number-changes-when-a-lower-below-is-removed", "kernel:xino=on"},
    {"kernel/reappeared-lower-shows-upper-data", "kernel"},
    {"kernel/second-link-of-a-copied-up-file-lists-its-upper-number", "kernel"},
    {"kernel/two-objects-one-number-after-origin-moved", "kernel"},
    {"kernel/utimens-of-replaced-open-file", "kernel"},
    {"kernel/whiteout-listed-in-unmerged-lower", "kernel"},
    {"unions/copy-up-changes-the-mtime-of-parents", "fuse-overlayfs"},
    {"unions/copy-up-changes-the-mtime-of-parents", "unionfs"},
    {"unions/dotdot-missing-in-the-root", "fuse-overlayfs"},
    {"unions/read-only-branch-opens-for-writing", "mergerfs"},
    {"unions/rename-on-a-read-only-stack", "fuse-overlayfs", "mv does not rename a name to itself"},
    {"unions/renamed-directory-loses-its-files", "unionfs"},
    {"unions/symlink-below-a-directory-leads-out-of-the-layer", "mergerfs"},
    {"unions/whiteout-of-a-name-that-no-layer-shows", "fuse-overlayfs"},
};

std::string test_name(const testing::TestParamInfo<Golden>& info) {
  std::string name = std::string(info.param.trace) + "_" + info.param.subject;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

class Reproducers : public MountTest, public testing::WithParamInterface<Golden> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    ::setenv("OVLSPEC_FUSE", OVLSPEC_PROGRAM, 1);
    const TraceOrError loaded = load_trace(fmt::format("{}/{}.trace", OVLSPEC_TRACES, GetParam().trace));
    ASSERT_TRUE(loaded.ok());
    // Without a profile everything is a violation; known ones are as good.
    std::ofstream(profile_) << fmt::format("subject = \"{}\"\n", kind());
    options_.profiles = {profile_};
    const SubjectOrError made = make_subject(GetParam().subject);
    if (made.subject == nullptr) GTEST_SKIP() << made.error.what;
    const ProfileOrError profile = profile_of(GetParam().subject, options_.profiles);
    ASSERT_EQ(profile.error, "");
    const RunOptions run_options{.compare_with_kernel = true, .after_violation = AfterViolation::kGoOn};
    for (const Finding& finding : run(*made.subject, *loaded.trace, profile.profile, run_options).findings)
      violations_.push_back({.subject = GetParam().subject, .finding = finding, .trace = *loaded.trace});
    if (violations_.empty()) GTEST_SKIP() << GetParam().subject << " does not show it here";
  }

  static std::string kind() {
    const std::string subject = GetParam().subject;
    return subject.substr(0, subject.find(':'));
  }
  // `mounted`: instead of the subject.
  std::vector<Reproducer> reproduced(const Violation& violation, const std::string& mounted) const {
    const ReproducerPlace place{.directory = directory_.path(), .name = "bug", .mounted = mounted};
    return reproduce(violation, evidence_of(violation, options_), place);
  }

  const TestDirectory directory_;
  const std::string profile_ = directory_.path() + "/profile.toml";
  CheckOptions options_;
  std::vector<Violation> violations_;
};

TEST_P(Reproducers, ShowTheViolationInEachLanguage) {
  for (const Violation& violation : violations_)
    for (const Reproducer& reproducer : reproduced(violation, "")) {
      const bool may_be_none = reproducer.language == Language::kShell && GetParam().beyond_a_shell != nullptr &&
                               reproducer.why == GetParam().beyond_a_shell;
      EXPECT_TRUE(may_be_none || reproducer.state == Reproducer::State::kVerified)
          << violation.finding.what << "\n"
          << words_of(reproducer.language) << ": " << words_of(reproducer);
    }
}

// They would fail to tell a mended file system from a broken one.
TEST_P(Reproducers, DoNotShowItWhereOursIsMounted) {
  if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
  for (const Violation& violation : violations_)
    for (const Reproducer& reproducer : reproduced(violation, "fuse"))
      EXPECT_TRUE(reproducer.state == Reproducer::State::kNotShown || reproducer.file.empty())
          << violation.finding.what << "\n"
          << words_of(reproducer.language) << ": " << words_of(reproducer);
}

INSTANTIATE_TEST_SUITE_P(Golden, Reproducers, testing::ValuesIn(kGolden), test_name);

class ReproducerFiles : public MountTest {};

TEST_F(ReproducerFiles, PassUnderPytestWhileTheBugIsThere) {
  const TraceOrError loaded = load_trace(std::string(OVLSPEC_TRACES) + "/kernel/utimens-of-replaced-open-file.trace");
  ASSERT_TRUE(loaded.ok());
  if (run_program({"python3", "-c", "import pytest"}, 30).status != 0) GTEST_SKIP() << "pytest is not there";
  const TestDirectory directory;
  CheckOptions options;
  options.subjects = {"kernel"};
  options.out = directory.path();
  if (reproduce_command(*loaded.trace, options) != ExitStatus::kViolation)
    GTEST_SKIP() << "this kernel does not show it";
  const Ended ended = run_program({"python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", directory.path()}, 60);
  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_NE(ended.output.find("1 passed"), std::string::npos) << ended.output;
}

TEST_F(ReproducerFiles, AreWrittenAndNotRunOnceTheTimeIsOver) {
  const TraceOrError loaded = load_trace(std::string(OVLSPEC_TRACES) + "/kernel/utimens-of-replaced-open-file.trace");
  ASSERT_TRUE(loaded.ok());
  const SubjectOrError kernel = make_subject("kernel");
  ASSERT_NE(kernel.subject, nullptr);
  const auto finding = run(*kernel.subject, *loaded.trace, profile_of("kernel", {}).profile, RunOptions{}).finding;
  if (!finding) GTEST_SKIP() << "this kernel does not show it";
  const TestDirectory directory;
  const ReproducerPlace place{
      .directory = directory.path(), .name = "bug", .mounted = "", .end = std::chrono::steady_clock::now()};
  const Violation violation{.subject = "kernel", .finding = *finding, .trace = *loaded.trace};
  for (const Reproducer& reproducer : reproduce(violation, evidence_of(violation, CheckOptions{}), place)) {
    EXPECT_EQ(words_of(reproducer), "not verified: no time was left");
    EXPECT_TRUE(std::filesystem::exists(reproducer.file));
  }
}

TEST_F(ReproducerFiles, AreMadeWithinTheTimeOfACheck) {
  const TestDirectory directory;
  CheckOptions options;
  options.subjects = {"kernel"};
  options.out = directory.path();
  options.seconds = 4;
  const auto start = std::chrono::steady_clock::now();
  (void)check(options);
  // What was begun is finished: a violation that is made small.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(12));
}

TEST_F(ReproducerFiles, CompileWithoutWarnings) {
  const TraceOrError loaded = load_trace(std::string(OVLSPEC_TRACES) + "/kernel/utimens-of-replaced-open-file.trace");
  ASSERT_TRUE(loaded.ok());
  const TestDirectory directory;
  CheckOptions options;
  options.subjects = {"kernel"};
  options.out = directory.path();
  if (reproduce_command(*loaded.trace, options) != ExitStatus::kViolation)
    GTEST_SKIP() << "this kernel does not show it";
  const Ended ended = run_program(
      {"sh", "-c", "cc -std=gnu11 -Wall -Wextra -Werror -o " + directory.path() + "/x " + directory.path() + "/*.c"},
      60);
  EXPECT_EQ(ended.status, 0) << ended.output;
}

}  // namespace
}  // namespace ovlspec::oracle
