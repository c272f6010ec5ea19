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

// One that has few operations is quick to ask.
const Obligation* refuted_obligation(const std::vector<Obligation>& obligations, const std::vector<Report>& reports,
                                     const Mutant& mutant) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    const std::vector<Mutant>& all = reports[i].all_mutants;
    if (std::any_of(all.begin(), all.end(), [&](const Mutant& one) { return describe(one) == describe(mutant); }))
      order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return reports[a].all_mutants.size() < reports[b].all_mutants.size();
  });
  for (const std::size_t i : order)
    if (is_refuted_by(obligations[i], mutant)) return &obligations[i];
  return nullptr;
}

// Each is proved, refuted by a mutant, and needs its assumptions; and together they say all that the kernels do: what
// none of them notices changes no answer.
TEST(Registry, EveryObligationHoldsAndEveryMutantIsRefutedOrChangesNothing) {
  const std::vector<Obligation> obligations = all_obligations();
  EXPECT_GE(obligations.size(), 80U);
  const std::clock_t start = std::clock();  // processor time, so that a busy machine does not matter
  Examination examination(obligations, Tried::kUntilRefuted);
  std::vector<Report> reports;
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    reports.push_back(examination.report(i));
    expect_that_it_holds(obligations[i], reports.back());
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 60);
  for (const KernelMutant& mutant : kernel_mutants())
    EXPECT_TRUE(mutant.effect.verdict == Verdict::kProved || refuted_obligation(obligations, reports, mutant.mutant))
        << describe(mutant.mutant);
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
