#include "model/proofs/obligation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

Statement about(std::vector<Assumption> assumptions, const Truth& claim) {
  return Statement{.assumptions = std::move(assumptions), .claim = claim, .picture = [](const Assignment&) {
                     return std::string("a picture");
                   }};
}

Obligation named(std::function<Statement()> state) {
  return Obligation{.id = "test", .sentence = "a sentence", .cites = "ID-1", .state = std::move(state)};
}

TEST(Obligation, AFalseClaimIsRefutedWithACounterexample) {
  const Session session;
  const Word x = any_word("x");
  const Answer answer = decide(
      Statement{.assumptions = {}, .claim = negation(equal(x, word(5))), .picture = [x](const Assignment& values) {
                  return std::to_string(values.value(x));
                }});
  EXPECT_EQ(answer.verdict, Verdict::kRefuted);
  EXPECT_EQ(answer.counterexample, "5");
}

TEST(Obligation, ATrueClaimThatNoMutantBreaksDoesNotHold) {
  const Report report = examine(named([] { return about({}, equal(any_word("x"), any_word("x"))); }));
  EXPECT_EQ(report.answer.verdict, Verdict::kProved);
  EXPECT_TRUE(report.mutants.empty());
  EXPECT_FALSE(report.holds());
}

TEST(Obligation, AnAssumptionThatIsNotNeededKeepsItFromHolding) {
  const auto kernel = [] { return TermDomain::equal(any_word("x"), any_word("x")); };
  EXPECT_TRUE(examine(named([&] { return about({}, kernel()); })).holds());
  const Report report = examine(named([&] { return about({{"idle", any_truth("idle")}}, kernel()); }));
  EXPECT_EQ(report.answer.verdict, Verdict::kProved);
  EXPECT_EQ(report.mutants_refuted(), 1U);
  EXPECT_EQ(report.assumptions_needed(), 0U);
  EXPECT_FALSE(report.holds());
}

TEST(Obligation, AssumptionsThatContradictEachOtherKeepItFromHolding) {
  const auto state = [] {
    const Truth zero = TermDomain::equal(any_word("x"), word(0)), one = equal(any_word("x"), word(1));
    return about({{"x is 0", zero}, {"x is 1", one}}, equal(any_word("y"), word(0)));
  };
  const Report report = examine(named(state));
  EXPECT_EQ(report.answer.verdict, Verdict::kProved);
  EXPECT_EQ(report.mutants_refuted(), 1U);
  EXPECT_EQ(report.assumptions_needed(), 2U);
  EXPECT_EQ(report.impossible.verdict, Verdict::kProved);
  EXPECT_FALSE(report.holds());
}

// A product of two primes of 31 bits, from factors of 32: no overflow, and no short way for the solver.
Statement factors_of_a_large_product() {
  const Word a = any_word("a"), b = any_word("b");
  const Word product(a.expression() * b.expression());
  const Word limit = word(std::uint64_t{1} << 32U);
  return about({{"a is small", both(below(a, limit), below(word(1), a))},
                {"b is small", both(below(b, limit), below(word(1), b))}},
               negation(equal(product, word(std::uint64_t{2147483647} * 2147483629))));
}

TEST(Obligation, ATimeOutIsAResultOfItsOwn) {
  const Session session;
  const Answer answer = decide(factors_of_a_large_product());
  EXPECT_EQ(answer.verdict, Verdict::kTimedOut);
  EXPECT_GE(answer.milliseconds, kTimeLimit * 0.9);
  const Report report{
      .answer = answer, .impossible = {}, .all_mutants = {}, .mutants = {}, .assumptions = {}, .milliseconds = 0};
  EXPECT_TRUE(report.inconclusive());
  EXPECT_FALSE(report.holds());
}

TEST(Obligation, AMutantChangesItsOwnOperationAndNoOther) {
  const Session session;
  const Word x = any_word("x"), y = any_word("y");
  const auto kernel = [&] {
    const Truth left = TermDomain::equal(x, y);
    const Truth right = TermDomain::equal(y, x);
    return std::pair(left, right);
  };
  std::vector<Mutant> mutants;
  {
    const MutationScope scope(std::nullopt);
    kernel();
    mutants = scope.mutants();
  }
  ASSERT_EQ(mutants.size(), 2U);
  const MutationScope scope(mutants.front());
  const auto [left, right] = kernel();
  EXPECT_EQ(decide(about({}, equal(right, negation(left)))).verdict, Verdict::kProved);
  EXPECT_EQ(decide(about({}, equal(right, equal(x, y)))).verdict, Verdict::kProved);
}

z3::check_result answer_to(const std::string& script) {
  z3::context context;
  z3::solver solver(context);
  solver.from_string(script.c_str());
  return solver.check();
}

TEST(Obligation, TheScriptIsUnsatisfiableExactlyWhereTheClaimFollows) {
  const Obligation follows = named([] { return about({{"p", any_truth("p")}}, any_truth("p")); });
  const Obligation does_not = named([] { return about({{"q", any_truth("q")}}, any_truth("p")); });
  EXPECT_EQ(answer_to(smt_script(follows)), z3::unsat);
  EXPECT_EQ(answer_to(smt_script(does_not)), z3::sat);
  EXPECT_NE(smt_script(follows).find("(set-logic QF_UFBV)"), std::string::npos);
}

}  // namespace
}  // namespace ovlspec::proofs
