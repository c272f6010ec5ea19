#include "model/proofs/registry.h"

#include <algorithm>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/inode_properties.h"
#include "model/proofs/examination.h"
#include "model/proofs/kernels.h"
#include "model/rules.h"

namespace ovlspec::proofs {

namespace {

TEST(Registry, IdsAreUniqueAndEverySentenceCitesARuleOfTheSpecification) {
  std::set<std::string> ids;
  for (const Obligation& obligation : all_obligations()) {
    EXPECT_TRUE(ids.insert(obligation.id).second) << obligation.id;
    EXPECT_FALSE(obligation.sentence.empty()) << obligation.id;
    const std::string first = obligation.cites.substr(0, obligation.cites.find(' '));
    EXPECT_TRUE(model::rule_from_id(first)) << obligation.id << " cites " << first;
  }
}

void expect_that_it_holds(const Obligation& obligation, const Report& report) {
  SCOPED_TRACE(obligation.id + ": " + obligation.sentence);
  EXPECT_EQ(report.answer.verdict, Verdict::kProved) << report.answer.counterexample;
  EXPECT_EQ(report.impossible.verdict, Verdict::kRefuted) << "its assumptions never hold together";
  EXPECT_GT(report.mutants_refuted(), 0U) << "no mutant refutes it";
  for (const AssumptionReport& assumption : report.assumptions)
    EXPECT_EQ(assumption.answer.verdict, Verdict::kRefuted) << "not needed: " << assumption.sentence;
  for (const MutantReport& mutant : report.mutants)
    EXPECT_TRUE(mutant.answer.verdict == Verdict::kProved || mutant.answer.verdict == Verdict::kRefuted)
        << describe(mutant.mutant) << ": " << describe(mutant.answer.verdict);
  EXPECT_TRUE(report.holds());
}

// Each is proved, refuted by a mutant, and needs its assumptions; and together they say all that the kernels do: what
// none of them notices changes no answer.
TEST(Registry, EveryObligationHoldsAndEveryMutantIsRefutedOrChangesNothing) {
  const std::vector<Obligation> obligations = all_obligations();
  EXPECT_GE(obligations.size(), 80U);
  std::set<std::string> refuted;
  const std::clock_t start = std::clock();  // processor time, so that a busy machine does not matter
  Examination examination(obligations);
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    const Report report = examination.report(i);
    expect_that_it_holds(obligations[i], report);
    for (const MutantReport& mutant : report.mutants)
      if (mutant.answer.verdict == Verdict::kRefuted) refuted.insert(describe(mutant.mutant));
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 120) << "a minute on two processors";
  for (const KernelMutant& mutant : kernel_mutants()) {
    const bool changes_nothing = mutant.effect.verdict == Verdict::kProved;
    EXPECT_TRUE(changes_nothing || refuted.count(describe(mutant.mutant)) > 0) << describe(mutant.mutant);
  }
}

TEST(Registry, EveryCellOfTheKernelsTableIsDecided) {
  std::size_t cells = 0, failing = 0;
  for (const Obligation& obligation : inode_property_obligations()) {
    ++cells;
    failing += obligation.id.ends_with("-fails") ? 1 : 0;
  }
  const auto table = model::inode_cells();
  const auto promised = static_cast<std::size_t>(
      std::count_if(table.begin(), table.end(), [](const model::InodeCell& cell) { return cell.promised; }));
  EXPECT_EQ(table.size(), 32U);
  EXPECT_EQ(cells - failing, promised);
  EXPECT_EQ(failing, table.size() - promised + 7) << "seven promised cells fail, too";
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
