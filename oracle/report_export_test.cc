// Cases in the form of other suites: xfstests with stand-ins for its functions, and unionmount-testsuite's modules.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "oracle/disk_test_support.h"
#include "oracle/report_export.h"
#include "oracle/report_reproduce.h"
#include "oracle/report_run.h"
#include "oracle/trace_file.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

Trace trace_of(const std::string& text) {
  const TraceOrError parsed = parse_text("ovlspec trace 1\n" + text);
  EXPECT_TRUE(parsed.ok()) << parsed.error.describe();
  return parsed.trace.value_or(Trace{});
}

constexpr const char* kRename = R"(lower 0
  file a 644 "content"
  dir d 2755 gid=50
upper
mount
  rename a d/b
  mkdir d/e 700
  open d/b read %1
  read %1 @0 100
  unlink a
unmount
mount
)";

class Xfstests : public MountTest {
 protected:
  // Runs the test on the kernel, as the suite would: whether its output is the golden one; else what it is.
  std::string run_exported(const ExportedOrWhy& exported) {
    EXPECT_EQ(exported.why_not, "");
    for (const ExportedFile& file : exported.files) std::ofstream(directory_.path() + "/" + file.name) << file.text;
    std::filesystem::create_directory(directory_.path() + "/common");
    std::ofstream(directory_.path() + "/common/filter");
    std::ofstream(directory_.path() + "/common/attr");
    std::ofstream(directory_.path() + "/common/preamble")
        << "export LC_ALL=C\n"
           "_begin_fstest() { seqres=results; echo \"QA output created by $(basename \"$0\")\"; }\n"
           "_require_scratch_nocheck() { :; }\n_require_attrs() { :; }\n"
           "_scratch_mkfs() { mount -t tmpfs scratch $OVL_BASE_SCRATCH_MNT && mkdir $SCRATCH_MNT; }\n";
    const std::string command =
        "cd " + directory_.path() +
        " && mkdir base && export OVL_BASE_SCRATCH_MNT=$PWD/base SCRATCH_MNT=$PWD/base/mnt MOUNT_PROG=mount "
        "UMOUNT_PROG=umount && bash -n 900 && bash 900 >seen 2>&1; diff seen 900.out";
    return run_program({"unshare", "--mount", "bash", "-c", command}, 60).output;
  }

  const TestDirectory directory_;
};

TEST_F(Xfstests, CaseThatTheKernelKeepsHasTheGoldenOutput) {
  EXPECT_EQ(run_exported(export_xfstests(trace_of(kRename), "900")), "");
}

TEST_F(Xfstests, CaseThatTheKernelBreaksHasAnother) {
  const TraceOrError loaded = load_trace(std::string(OVLSPEC_TRACES) + "/kernel/utimens-of-replaced-open-file.trace");
  ASSERT_TRUE(loaded.ok());
  const std::string output = run_exported(export_xfstests(*loaded.trace, "900"));
  if (output.empty()) GTEST_SKIP() << "this kernel does not show it";
  EXPECT_NE(output.find("utimens %0 atime=now: EEXIST, expected success"), std::string::npos) << output;
}

TEST(XfstestsSteps, AskSomething) {
  EXPECT_EQ(export_xfstests(trace_of("lower 0\nupper\n"), "900").why_not, "it asks nothing");
}

TEST(XfstestsSteps, HaveNoCrash) {
  const ExportedOrWhy exported =
      export_xfstests(trace_of("lower 0\nupper\nmount\n  mkdir a 755\ncrash\nmount\n"), "900");
  EXPECT_EQ(exported.why_not, "the suite has no crash of a file system");
}

TEST(Unionmount, CallsTheContextWithTheSuitesOwnNames) {
  const ExportedOrWhy exported = export_unionmount(trace_of(R"(lower 0
  file a 644 "content"
  dir d
upper
mount
  rename a d/b
  unlink a
  mkdir n 700
  open n/f write,create,exclusive 600 %1
  stat n
unmount
mount
  mkdir d 700
)"),
                                                   "a-case");
  ASSERT_EQ(exported.why_not, "");
  ASSERT_EQ(exported.files.size(), 1U);
  EXPECT_EQ(exported.files.front().name, "a-case.py");
  EXPECT_EQ(exported.files.front().text, R"(# A case of ovlspec, which the suite's context plays and checks.
from errno import *
from remount_union import remount_union


def subtest_1(ctx):
    """a-case"""
    name0 = ctx.reg_file()
    ctx.incr_filenr()
    name1 = ctx.empty_dir()
    ctx.incr_filenr()
    name2 = ctx.no_file()

    ctx.rename(name0, name1 + "/b")
    ctx.unlink(name0, err=ENOENT)
    ctx.mkdir(name2, 0o700)
    ctx.open_file(name2 + "/f", wo=1, crt=1, ex=1, mode=0o600)
    # The suite looks by itself: stat n
    remount_union(ctx)
    ctx.mkdir(name1, 0o700, err=EEXIST)
)");
}

TEST(Unionmount, SaysWhyItCannotHaveACase) {
  const auto why = [](const char* text) { return export_unionmount(trace_of(text), "a").why_not; };
  EXPECT_EQ(why("lower 0\nmount\n"), "the suite begins with an empty upper");
  EXPECT_EQ(why("lower 0\nupper\nmount\n  rename a b noreplace\n"), "a rename with flags: rename a b noreplace");
  EXPECT_EQ(why("lower 0\nupper\nmount\n  unlink a\nunmount\nmutate upper remove a\nmount\n"),
            "a change of the layers while nothing is mounted, or of caches");
  EXPECT_EQ(why("lower 0\nupper\nmount\n  mkdir a 755\ncrash\nmount\n"), "a crash of the file system");
  EXPECT_EQ(why("lower 0\n  dir d\nupper\nmount\n  unlink d\n"), "several answers are permitted: unlink d");
  EXPECT_EQ(why("lower 0\n  symlink s \"t\"\nupper\nmount\n  unlink s\n"),
            "a lower object that is neither file nor directory");
}

}  // namespace
}  // namespace ovlspec::oracle
