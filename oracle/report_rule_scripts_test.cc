// A trace for each rule, as reproducers: where the rules are kept they show nothing, or say that they cannot tell.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "oracle/cases.h"
#include "oracle/disk_test_support.h"
#include "oracle/program_subject.h"
#include "oracle/report_export.h"
#include "oracle/report_run.h"
#include "oracle/trace_file.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

std::vector<std::string> rule_traces() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(OVLSPEC_TRACES) + "/rules"))
    if (entry.path().extension() == ".trace") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class RuleScripts : public MountTest, public testing::WithParamInterface<Language> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    ::setenv("OVLSPEC_FUSE", OVLSPEC_PROGRAM, 1);
    if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
    const std::string program = OVLSPEC_PROGRAM;
    ::setenv("PATH", (program.substr(0, program.rfind('/')) + ":" + std::getenv("PATH")).c_str(), 1);
  }

  // Where the language cannot say the trace, nothing.
  std::optional<Reproducer> run_trace(const Trace& trace) const {
    const SubjectMountOrWhy mount = mount_of("fuse");
    const ScriptOrWhy script = rule_script(trace, *mount.mount);
    if (!script.script) return std::nullopt;
    const TextOrWhy text = text_in(GetParam(), *script.script);
    if (!text.why_not.empty()) return std::nullopt;
    const std::string path = directory_.path() + (GetParam() == Language::kC ? "/rule.c" : "/rule");
    std::ofstream(path) << text.text;
    return verified(GetParam(), path, 60);
  }

  const TestDirectory directory_;
};

TEST_P(RuleScripts, ShowNothingWhereTheRulesAreKept) {
  std::size_t told = 0;
  std::size_t said = 0;
  for (const std::string& file : rule_traces()) {
    const TraceOrError loaded = load_trace(file);
    ASSERT_TRUE(loaded.ok()) << file;
    const auto reproducer = run_trace(*loaded.trace);
    if (!reproducer) continue;
    ++said;
    told += reproducer->state == Reproducer::State::kNotShown ? 1 : 0;
    const bool is_right =
        reproducer->state == Reproducer::State::kNotShown || reproducer->state == Reproducer::State::kNotRun;
    EXPECT_TRUE(is_right) << file << ": " << words_of(*reproducer);
    if (reproducer->state == Reproducer::State::kNotRun) std::cout << file << ": " << reproducer->why << "\n";
  }
  // Calls of the C library can say and tell what a trace does.
  if (GetParam() != Language::kShell) {
    EXPECT_EQ(told, said);
  }
  std::cout << told << " of " << said << " could tell\n";
  EXPECT_GT(told, 40U);
}

// Layers change between mounts as they do where a trace is played.
TEST_P(RuleScripts, ShowNothingInGeneratedCases) {
  constexpr std::uint64_t kCases = 24;
  CheckOptions options;
  options.operations = 12;
  const CasesOrError cases = cases_of(options);
  for (std::uint64_t number = 0; number < kCases; ++number) {
    const Trace trace = cases.cases->make(number);
    const auto reproducer = run_trace(trace);
    const bool is_right = !reproducer || reproducer->state == Reproducer::State::kNotShown ||
                          (GetParam() == Language::kShell && reproducer->state == Reproducer::State::kNotRun);
    EXPECT_TRUE(is_right) << words_of(*reproducer) << "\n" << print_text(trace);
  }
}

std::string name_of(const testing::TestParamInfo<Language>& info) {
  static const std::map<Language, std::string> kNames = {
      {Language::kShell, "Shell"}, {Language::kC, "C"}, {Language::kPython, "Python"}};
  return kNames.at(info.param);
}

INSTANTIATE_TEST_SUITE_P(Each, RuleScripts, testing::ValuesIn(kLanguages), name_of);

}  // namespace
}  // namespace ovlspec::oracle
