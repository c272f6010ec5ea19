#include "oracle/rule_witnesses.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "oracle/cases.h"
#include "oracle/player.h"
#include "oracle/shrink.h"
#include "oracle/steering.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

// Whether the judge's own walks through the tree are there to meet rules.
enum class Looks : std::uint8_t { kNone, kWalks };

bool meets(Subject& subject, const Trace& trace, model::Rule rule, Looks looks) {
  const Profile nothing_allowed;
  const RunOptions options{.walk_up_to = looks == Looks::kNone ? 0 : RunOptions().walk_up_to};
  const RunResult result = oracle::run(subject, trace, nothing_allowed, options);
  return result.verdict == Verdict::kFine && !result.failure && result.met.test(static_cast<std::size_t>(rule));
}

std::string text_of_witness(const Trace& trace, model::Rule rule) {
  const model::RuleText& told = text_of(rule);
  const std::string text = print_text(trace);
  const auto header = text.find('\n') + 1;
  return fmt::format("{}# {}: {}\n# source: {}\n{}", text.substr(0, header), told.id, told.sentence, told.source,
                     text.substr(header));
}

class WitnessWriter {
 public:
  WitnessWriter(const WitnessOptions& options, Subject& subject) : options_(options), subject_(subject) {
    for (std::size_t i = 0; i < model::kRuleCount; ++i)
      if (model::kRules[i].judged == model::Judged::kJudged) missing_.insert(static_cast<model::Rule>(i));
  }

  // Those that only walks meet come last.
  std::optional<std::string> run(const Cases& cases) {
    std::filesystem::create_directories(options_.out, error_);
    for (const Looks looks : {Looks::kNone, Looks::kWalks}) {
      Steering steering(options_.seed);
      Coverage coverage;
      for (std::uint64_t number = 0; number < options_.cases && !missing_.empty() && !is_stopped(); ++number) {
        const Emphasis emphasis = steering.of(number);
        const Coverage met = look_at(cases.make(number, emphasis), looks);
        ShownByEmphasis shown{};
        shown[static_cast<std::size_t>(emphasis)] = {.cases = 1, .novelty = novelty_of(coverage, met)};
        steering.learn(shown);
        coverage += met;
        if (unwritten_) return unwritten_;
      }
    }
    return std::nullopt;
  }

  const std::set<model::Rule>& missing() const { return missing_; }

 private:
  bool is_stopped() const { return options_.stop != nullptr && *options_.stop; }

  Coverage look_at(const Trace& trace, Looks looks) {
    const Profile nothing_allowed;
    const RunResult result = oracle::run(subject_, trace, nothing_allowed,
                                         {.walk_up_to = looks == Looks::kNone ? 0 : RunOptions().walk_up_to});
    Coverage coverage;
    coverage.add_case(result.met);
    for (const model::Rule rule : std::set<model::Rule>(missing_))
      if (result.met.test(static_cast<std::size_t>(rule)) && !is_stopped()) write(trace, rule, looks);
    return coverage;
  }

  void write(const Trace& trace, model::Rule rule, Looks looks) {
    const auto holds = [&](const Trace& candidate) { return meets(subject_, candidate, rule, looks); };
    if (!holds(trace)) return;
    const std::string path = fmt::format("{}/{}.trace", options_.out, text_of(rule).id);
    std::ofstream file(path);
    file << text_of_witness(shrink(trace, holds), rule);
    file.close();
    if (!file) unwritten_ = path + ": cannot be written";
    missing_.erase(rule);
  }

  const WitnessOptions& options_;
  Subject& subject_;
  std::set<model::Rule> missing_;
  std::optional<std::string> unwritten_;
  std::error_code error_;
};

}  // namespace

bool is_witness(Subject& subject, const Trace& trace, model::Rule rule) {
  return meets(subject, trace, rule, Looks::kNone) || meets(subject, trace, rule, Looks::kWalks);
}

ExitStatus write_witnesses(const WitnessOptions& options) {
  CheckOptions campaign;
  campaign.seed = options.seed;
  const CasesOrError cases = cases_of(campaign);
  const SubjectOrError engine = make_subject("engine");
  WitnessWriter writer(options, *engine.subject);
  if (const auto why = writer.run(*cases.cases)) {
    fmt::print(stderr, "ovlspec: {}\n", *why);
    return ExitStatus::kEnvironment;
  }
  fmt::print("{} of {} rules have a witness in {}\n", judged_rules() - writer.missing().size(), judged_rules(),
             options.out);
  for (const model::Rule rule : writer.missing()) fmt::print("none: {} {}\n", text_of(rule).id, text_of(rule).sentence);
  return writer.missing().empty() ? ExitStatus::kConforms : ExitStatus::kInconclusive;
}

}  // namespace ovlspec::oracle
