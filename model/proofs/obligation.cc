#include "model/proofs/obligation.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace ovlspec::proofs {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

z3::solver solver_for(const Statement& statement, std::optional<std::size_t> dropped) {
  z3::solver solver(Session::context(), "QF_UFBV");
  z3::params limits(Session::context());
  limits.set("timeout", kTimeLimit);
  solver.set(limits);
  for (std::size_t i = 0; i < statement.assumptions.size(); ++i)
    if (i != dropped) solver.add(statement.assumptions[i].holds.expression());
  solver.add(negation(statement.claim).expression());
  return solver;
}

// Z3 says "timeout" or "canceled" when its time is up.
Verdict verdict_of_unknown(const std::string& reason) {
  const bool out_of_time = reason == "timeout" || reason == "canceled";
  return out_of_time ? Verdict::kTimedOut : Verdict::kUnknown;
}

bool answered(const Answer& answer) {
  return answer.verdict == Verdict::kProved || answer.verdict == Verdict::kRefuted;
}

Answer decide_mutant(const Obligation& obligation, const Mutant& mutant) {
  MutationScope scope(mutant);
  return decide(obligation.state());
}

}  // namespace

Assignment::Assignment(const z3::model& model) : model_(model) {}

std::uint64_t Assignment::value(const Word& word) const {
  return model_.eval(word.expression(), true).get_numeral_uint64();
}

bool Assignment::value(const Truth& truth) const { return model_.eval(truth.expression(), true).is_true(); }

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::kProved: return "proved";
    case Verdict::kRefuted: return "REFUTED";
    case Verdict::kUnknown: return "UNKNOWN";
    case Verdict::kTimedOut: return "TIMED OUT";
  }
  return "";
}

Answer decide(const Statement& statement, std::optional<std::size_t> dropped) {
  const auto start = Clock::now();
  z3::solver solver = solver_for(statement, dropped);
  Answer answer;
  switch (solver.check()) {
    case z3::unsat: answer.verdict = Verdict::kProved; break;
    case z3::sat:
      answer.verdict = Verdict::kRefuted;
      answer.counterexample = statement.picture(Assignment(solver.get_model()));
      break;
    case z3::unknown:
      answer.reason = solver.reason_unknown();
      answer.verdict = verdict_of_unknown(answer.reason);
      break;
  }
  answer.milliseconds = milliseconds_since(start);
  return answer;
}

std::string smt_script(const Obligation& obligation) {
  Session session;
  const Statement statement = obligation.state();
  std::string script = fmt::format("; {}: {}\n; cites {}; unsat: it holds\n(set-logic QF_UFBV)\n", obligation.id,
                                   obligation.sentence, obligation.cites);
  return script + solver_for(statement, std::nullopt).to_smt2();
}

std::size_t Report::mutants_refuted() const {
  return static_cast<std::size_t>(std::count_if(mutants.begin(), mutants.end(), [](const MutantReport& report) {
    return report.answer.verdict == Verdict::kRefuted;
  }));
}

std::size_t Report::assumptions_needed() const {
  return static_cast<std::size_t>(
      std::count_if(assumptions.begin(), assumptions.end(),
                    [](const AssumptionReport& report) { return report.answer.verdict == Verdict::kRefuted; }));
}

bool Report::holds() const {
  return answer.verdict == Verdict::kProved && impossible.verdict == Verdict::kRefuted && mutants_refuted() > 0 &&
         assumptions_needed() == assumptions.size() && !inconclusive();
}

bool Report::inconclusive() const {
  const auto open = [](const auto& report) { return !answered(report.answer); };
  return !answered(answer) || !answered(impossible) || std::any_of(mutants.begin(), mutants.end(), open) ||
         std::any_of(assumptions.begin(), assumptions.end(), open);
}

Report examine(const Obligation& obligation, Tried tried) {
  const auto start = Clock::now();
  Report report;
  const Session session;
  {
    MutationScope scope(std::nullopt);
    const Statement statement = obligation.state();
    report.all_mutants = scope.mutants();
    report.answer = decide(statement);
    report.impossible =
        decide(Statement{.assumptions = statement.assumptions, .claim = truth(false), .picture = statement.picture});
    for (std::size_t i = 0; i < statement.assumptions.size(); ++i)
      report.assumptions.push_back(
          AssumptionReport{.sentence = statement.assumptions[i].sentence, .answer = decide(statement, i)});
  }
  for (const Mutant& mutant : report.all_mutants) {
    report.mutants.push_back(MutantReport{.mutant = mutant, .answer = decide_mutant(obligation, mutant)});
    if (tried == Tried::kUntilRefuted && report.mutants.back().answer.verdict == Verdict::kRefuted) break;
  }
  report.milliseconds = milliseconds_since(start);
  return report;
}

bool is_refuted_by(const Obligation& obligation, const Mutant& mutant) {
  const Session session;
  return decide_mutant(obligation, mutant).verdict == Verdict::kRefuted;
}

}  // namespace ovlspec::proofs
