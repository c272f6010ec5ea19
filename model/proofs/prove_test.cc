#include "model/proofs/prove.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/proofs/registry.h"
#include "model/proofs/table.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ovlspec-proofs-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Printed {
  int status = 0;
  std::string text;
};

Printed printed(const std::function<int()>& run) {
  testing::internal::CaptureStdout();
  const int status = run();
  return Printed{.status = status, .text = testing::internal::GetCapturedStdout()};
}

Obligation about(std::string id, std::function<Truth()> claim) {
  const auto state = [claim = std::move(claim)] {
    return Statement{.assumptions = {}, .claim = claim(), .picture = [](const Assignment&) {
                       return std::string("layer 0: a stack\nlayer 1: below it");
                     }};
  };
  return Obligation{.id = std::move(id), .sentence = "a sentence", .cites = "ID-1", .state = state};
}

Obligation true_one() {
  return about("true-one", [] { return TermDomain::equal(any_word("x"), any_word("x")); });
}
Obligation false_one() {
  return about("false-one", [] { return TermDomain::equal(any_word("x"), any_word("y")); });
}
Obligation hard_one() {
  return about("hard-one", [] {
    const Word a = any_word("a"), b = any_word("b"), limit = word(std::uint64_t{1} << 32U);
    const Truth factors = equal(Word(a.expression() * b.expression()), word(std::uint64_t{2147483647} * 2147483629));
    return negation(all_of({factors, below(a, limit), below(b, limit), below(word(1), a), below(word(1), b)}));
  });
}

TEST(Prove, ListShowsEveryIdAndSentence) {
  const Printed list =
      printed([] { return prove(ProveOptions{.mode = ProveMode::kList, .only = {}, .smt_directory = {}}); });
  EXPECT_EQ(list.status, 0);
  for (const Obligation& obligation : all_obligations()) {
    EXPECT_NE(list.text.find(obligation.id), std::string::npos);
    EXPECT_NE(list.text.find(obligation.sentence), std::string::npos);
  }
}

TEST(Prove, AnUnknownIdIsAUsageError) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(prove(ProveOptions{.mode = ProveMode::kProve, .only = "no-such-id", .smt_directory = {}}), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("no-such-id"), std::string::npos);
}

TEST(Prove, OneObligationIsShownWithItsMutants) {
  const Printed one = printed([] {
    return prove(ProveOptions{.mode = ProveMode::kProve, .only = "visibility-whiteout-hides", .smt_directory = {}});
  });
  EXPECT_EQ(one.status, 0);
  EXPECT_NE(one.text.find("1 of 1 hold"), std::string::npos);
  EXPECT_NE(one.text.find("mutant visibility_kernel.h:"), std::string::npos);
}

TEST(Prove, ARefutedObligationFailsAndPrintsItsCounterexample) {
  const Printed pair = printed([] { return prove_these({true_one(), false_one()}, ProveOptions{}); });
  EXPECT_EQ(pair.status, 1);
  EXPECT_NE(pair.text.find("REFUTED"), std::string::npos);
  EXPECT_NE(pair.text.find("    layer 0: a stack\n    layer 1: below it\n"), std::string::npos);
  EXPECT_NE(pair.text.find("1 of 2 hold"), std::string::npos);
}

TEST(Prove, ATimeOutIsNeitherSuccessNorRefutation) {
  const Printed hard = printed([] { return prove_these({true_one(), hard_one()}, ProveOptions{}); });
  EXPECT_EQ(hard.status, 3);
  EXPECT_NE(hard.text.find("TIMED OUT"), std::string::npos);
}

TEST(Prove, ADirectoryThatCannotBeMadeIsAUsageError) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(prove(ProveOptions{.mode = ProveMode::kProve, .only = {}, .smt_directory = "/dev/null/below"}), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot write"), std::string::npos);
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

bool have_cvc5() { return WEXITSTATUS(std::system("command -v cvc5 >/dev/null 2>&1")) == 0; }

TEST(Prove, Cvc5AgreesOnEveryArchivedScript) {
  if (!have_cvc5()) GTEST_SKIP() << "no cvc5 on PATH";
  const TemporaryDirectory directory;
  for (const Obligation& obligation : all_obligations()) {
    const std::filesystem::path script = directory.path() / (obligation.id + ".smt2");
    std::ofstream(script) << smt_script(obligation);
    EXPECT_EQ(output_of("cvc5 --tlimit=20000 '" + script.string() + "' 2>&1"), "unsat\n") << obligation.id;
  }
}

TEST(Prove, Cvc5RefutesWhatIsFalse) {
  if (!have_cvc5()) GTEST_SKIP() << "no cvc5 on PATH";
  const TemporaryDirectory directory;
  const std::filesystem::path script = directory.path() / "false-one.smt2";
  std::ofstream(script) << smt_script(false_one());
  EXPECT_EQ(output_of("cvc5 '" + script.string() + "' 2>&1"), "sat\n");
}

TEST(Prove, EveryObligationIsArchivedUnderItsId) {
  const TemporaryDirectory directory;
  const std::filesystem::path scripts = directory.path() / "made" / "on the way";
  const Printed run = printed([&] {
    return prove(
        ProveOptions{.mode = ProveMode::kProve, .only = "encoder-bit-63-zero", .smt_directory = scripts.string()});
  });
  EXPECT_EQ(run.status, 0);
  std::ifstream file(scripts / "encoder-bit-63-zero.smt2");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("(check-sat)"), std::string::npos);
}

}  // namespace
}  // namespace ovlspec::proofs
