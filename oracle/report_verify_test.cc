// What is told by the end of a program, and of a reproducer.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "oracle/report_run.h"

namespace ovlspec::oracle {
namespace {

using State = Reproducer::State;

TEST(RunProgram, TellsTheExitStatusAndTheOutput) {
  const Ended ended = run_program({"sh", "-c", "echo one; echo two >&2; exit 5"}, 30);
  EXPECT_EQ(ended.status, 5);
  EXPECT_EQ(ended.output, "one\ntwo\n");
}

TEST(RunProgram, KeepsTheEndOfALongOutput) {
  const Ended ended = run_program({"sh", "-c", "seq 100000; echo end"}, 30);
  EXPECT_EQ(ended.output.substr(ended.output.size() - 11), "100000\nend\n");
  EXPECT_LT(ended.output.size(), 200U << 10);
}

TEST(RunProgram, EndsWhatDoesNotEnd) {
  const Ended ended = run_program({"sh", "-c", "echo begun; sleep 1000"}, 0.3);
  EXPECT_EQ(ended.status, -1);
  EXPECT_TRUE(ended.is_late);
  EXPECT_EQ(ended.output, "begun\n");
}

TEST(RunProgram, EndsWhatClosesItsOutputAndDoesNotEnd) {
  const Ended ended = run_program({"sh", "-c", "echo begun; exec sleep 20 >&- 2>&-"}, 0.3);
  EXPECT_EQ(ended.status, -1);
  EXPECT_TRUE(ended.is_late);
  EXPECT_EQ(ended.output, "begun\n");
}

TEST(RunProgram, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto start = std::chrono::steady_clock::now();
  const Ended ended = run_program({"sh", "-c", "sleep 20 & echo done"}, 10);
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

class Verdict : public testing::Test {
 protected:
  Verdict() {
    std::string name = std::filesystem::temp_directory_path() / "ovlspec-verdict-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~Verdict() override { std::filesystem::remove_all(directory_); }

  Reproducer of(Language language, const std::string& text) const {
    const std::string file = directory_ + (language == Language::kC ? "/a.c" : "/a");
    std::ofstream(file) << text;
    return verified(language, file, 20);
  }
  State of_shell(const std::string& text) const { return of(Language::kShell, text).state; }

 private:
  std::string directory_;
};

TEST_F(Verdict, IsALastLineThatAgreesWithTheStatus) {
  EXPECT_EQ(of_shell("echo 'The bug is there.'; exit 0"), State::kVerified);
  EXPECT_EQ(of_shell("echo 'The bug is not there.'; exit 1"), State::kNotShown);
  EXPECT_EQ(of_shell("echo 'The bug is not there.'; exit 0"), State::kBroken);
  EXPECT_EQ(of_shell("echo 'The bug is there.'; exit 1"), State::kBroken);
}

TEST_F(Verdict, OfWhatCannotRunSaysWhy) {
  const Reproducer told = of(Language::kShell, "echo 'cannot run: no root'; exit 77");
  EXPECT_EQ(told.state, State::kNotRun);
  EXPECT_EQ(told.why, "cannot run: no root");
}

TEST_F(Verdict, IsMissingWhereACommandFailsOrASyntaxIsWrong) {
  EXPECT_EQ(of_shell("exit 0"), State::kBroken);
  EXPECT_EQ(of_shell("false"), State::kBroken);
  EXPECT_EQ(of_shell("if"), State::kBroken);
  EXPECT_EQ(of_shell("kill -9 $$"), State::kBroken);
}

TEST_F(Verdict, IsMissingWhereAProgramFailsOrDoesNotCompile) {
  EXPECT_EQ(of(Language::kPython, "raise KeyError(3)").state, State::kBroken);
  EXPECT_EQ(of(Language::kPython, "if").state, State::kBroken);
  const Reproducer wrong = of(Language::kC, "int main(void) { return nothing; }");
  EXPECT_EQ(wrong.state, State::kBroken);
  EXPECT_NE(wrong.why.find("nothing"), std::string::npos) << wrong.why;
  EXPECT_EQ(of(Language::kC, "int main(void) { return *(volatile char *)0; }").state, State::kBroken);
}

}  // namespace
}  // namespace ovlspec::oracle
