#include "model/proofs/registry.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/proofs/kernels.h"
#include "model/rules.h"

namespace ovlspec::proofs {

// How GoogleTest names a parameter.
std::ostream& operator<<(std::ostream& out, const Obligation& obligation) { return out << obligation.id; }

namespace {

class EachObligation : public testing::TestWithParam<Obligation> {};

TEST_P(EachObligation, IsProvedAndRefutedByAMutantAndNeedsItsAssumptions) {
  const Report report = examine(GetParam());
  EXPECT_EQ(report.answer.verdict, Verdict::kProved) << GetParam().sentence << '\n' << report.answer.counterexample;
  EXPECT_EQ(report.impossible.verdict, Verdict::kRefuted) << "its assumptions never hold together";
  EXPECT_GT(report.mutants_refuted(), 0U) << "no mutant refutes it";
  for (const AssumptionReport& assumption : report.assumptions)
    EXPECT_EQ(assumption.answer.verdict, Verdict::kRefuted) << "not needed: " << assumption.sentence;
  for (const MutantReport& mutant : report.mutants)
    EXPECT_TRUE(mutant.answer.verdict == Verdict::kProved || mutant.answer.verdict == Verdict::kRefuted)
        << describe(mutant.mutant) << ": " << describe(mutant.answer.verdict);
  EXPECT_TRUE(report.holds());
}

std::string test_name(const testing::TestParamInfo<Obligation>& info) {
  std::string name;
  bool starts_word = true;
  for (const char c : info.param.id) {
    if (c != '-') name += static_cast<char>(starts_word ? std::toupper(c) : c);
    starts_word = c == '-';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Proof, EachObligation, testing::ValuesIn(all_obligations()), test_name);

TEST(Registry, IdsAreUniqueAndEverySentenceCitesARuleOfTheSpecification) {
  std::set<std::string> ids;
  for (const Obligation& obligation : all_obligations()) {
    EXPECT_TRUE(ids.insert(obligation.id).second) << obligation.id;
    EXPECT_FALSE(obligation.sentence.empty()) << obligation.id;
    const std::string first = obligation.cites.substr(0, obligation.cites.find(' '));
    EXPECT_TRUE(model::rule_from_id(first)) << obligation.id << " cites " << first;
  }
}

// The obligations together say all that the kernels do: what none of them notices changes no answer.
TEST(Registry, EveryMutantOfAKernelIsRefutedOrChangesNothing) {
  std::set<std::string> refuted;
  const std::clock_t start = std::clock();  // processor time, so that a busy machine does not matter
  for (const Obligation& obligation : all_obligations()) {
    const Report report = examine(obligation);
    for (const MutantReport& mutant : report.mutants)
      if (mutant.answer.verdict == Verdict::kRefuted) refuted.insert(describe(mutant.mutant));
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 60);
  for (const KernelMutant& mutant : kernel_mutants()) {
    const bool changes_nothing = mutant.effect.verdict == Verdict::kProved;
    EXPECT_TRUE(changes_nothing || refuted.count(describe(mutant.mutant)) > 0) << describe(mutant.mutant);
  }
}

TEST(Registry, FewMutantsChangeNothing) {
  std::size_t idle = 0;
  const std::vector<KernelMutant> mutants = kernel_mutants();
  for (const KernelMutant& mutant : mutants) idle += mutant.effect.verdict == Verdict::kProved ? 1 : 0;
  EXPECT_GT(mutants.size(), 100U);
  RecordProperty("idle", static_cast<int>(idle));
  EXPECT_LT(idle * 5, mutants.size());
}

TEST(Registry, ACounterexampleOfAMutantShowsTheStack) {
  const std::vector<Obligation> all = all_obligations();
  const auto hides = std::find_if(all.begin(), all.end(), [](const Obligation& obligation) {
    return obligation.id == "visibility-whiteout-hides";
  });
  ASSERT_NE(hides, all.end());
  for (const MutantReport& mutant : examine(*hides).mutants)
    if (mutant.answer.verdict == Verdict::kRefuted) {
      const std::size_t whiteout = mutant.answer.counterexample.find(": whiteout \"name\"");
      ASSERT_NE(whiteout, std::string::npos) << mutant.answer.counterexample;
      EXPECT_NE(mutant.answer.counterexample.find("<-", whiteout), std::string::npos) << mutant.answer.counterexample;
    }
}

}  // namespace
}  // namespace ovlspec::proofs
