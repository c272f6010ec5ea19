// The solver's counterexamples (model/proofs/history.h), played: what a system shows in them breaks the guarantee, and
// our engine shows nothing of the kind.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/mutation.h"
#include "model/proofs/history.h"
#include "oracle/broken_guarantees.h"
#include "oracle/disk_test_support.h"
#include "oracle/judge.h"
#include "oracle/profile.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

using proofs::Counterexample;
using proofs::HistoryEvent;

const proofs::HistoryFindings& findings() {
  static const proofs::HistoryFindings found = proofs::search_histories();
  return found;
}

Trace trace_of(const Counterexample& found) {
  const TraceOrError parsed = parse_text(found.trace());
  EXPECT_TRUE(parsed.ok()) << parsed.error.describe() << '\n' << found.trace();
  return parsed.ok() ? *parsed.trace : Trace{};
}

model::Rule rule_of(const Counterexample& found) { return *model::rule_from_id(found.rule); }

BrokenGuarantees played_on(const std::string& name, const Trace& trace) {
  const SubjectOrError made = make_subject(name);
  const ProfileOrError known = profile_of(name);
  EXPECT_NE(made.subject, nullptr) << made.error.what;
  EXPECT_TRUE(known.error.empty()) << known.error;
  if (made.subject == nullptr) return {};
  const Profile counting = counting_guarantees(known.profile);
  BrokenGuarantees seen = broken_guarantees(*made.subject, trace, counting, RunOptions{});
  // Without walks of the whole tree, which look everything up in an order of their own.
  if (!seen.failure)
    seen.broken |= broken_guarantees(*made.subject, trace, counting, RunOptions{.walk_up_to = 0}).broken;
  return seen;
}

bool is_in_memory(const Counterexample& found) { return found.subject.rfind("engine", 0) == 0; }

void expect_that_it_is_shown(const Counterexample& found) {
  SCOPED_TRACE(found.trace());
  const BrokenGuarantees seen = played_on(found.subject, trace_of(found));
  EXPECT_FALSE(seen.failure) << seen.failure->what;
  EXPECT_TRUE(seen.broken.test(static_cast<std::size_t>(rule_of(found)))) << found.subject << " keeps " << found.rule;
}

void expect_what_each_system_breaks() {
  EXPECT_TRUE(findings().undecided.empty());
  std::string broken;
  for (const Counterexample& found : findings().broken) broken += found.system + " " + found.rule + "\n";
  EXPECT_EQ(broken,
            "volatile ID-5\nvolatile ID-6\nvolatile ID-7\nvolatile ID-10\n"
            "on-lookup ID-9\n"
            "on-lookup, written at unmount ID-5\non-lookup, written at unmount ID-6\n"
            "on-lookup, written at unmount ID-7\non-lookup, written at unmount ID-10\n"
            "upfront ID-9\n"
            "upfront, by inode numbers and never looked at again ID-7\n"
            "upfront, by inode numbers and never looked at again ID-9\n"
            "real inode numbers ID-1\nreal inode numbers ID-3\nreal inode numbers ID-5\nreal inode numbers ID-6\n"
            "real inode numbers ID-7\nreal inode numbers ID-10\n"
            "overlayfs ID-2\noverlayfs ID-3\noverlayfs ID-4\noverlayfs ID-5\noverlayfs ID-6\noverlayfs ID-10\n"
            "overlayfs, xino ID-6\noverlayfs, xino ID-10\n");
}

void expect_that_our_strategies_show_theirs() {
  for (const Counterexample& found : findings().broken)
    if (is_in_memory(found)) expect_that_it_is_shown(found);
}

void expect_that_derived_keeps_all() {
  for (const Counterexample& found : findings().broken) {
    SCOPED_TRACE(found.trace());
    const BrokenGuarantees seen = played_on("engine", trace_of(found));
    EXPECT_FALSE(seen.failure) << seen.failure->what;
    EXPECT_TRUE(seen.broken.none());
  }
}

class KernelCounterexamples : public MountTest {};

TEST_F(KernelCounterexamples, AreShownByTheKernelThatRuns) {
  std::size_t shown = 0;
  for (const Counterexample& found : findings().broken) {
    if (found.subject.empty() || is_in_memory(found)) continue;
    expect_that_it_is_shown(found);
    ++shown;
  }
  EXPECT_GE(shown, 8U);
}

// What cannot be mounted is played on our engine, with the numbers that the solver found in the place of its own.

class Renumbered final : public Subject {
 public:
  Renumbered(std::unique_ptr<Subject> subject, std::vector<std::uint64_t> numbers)
      : subject_(std::move(subject)), numbers_(std::move(numbers)) {}
  std::string name() const override { return "renumbered"; }
  Attempt<Done> prepare(const Trace& trace) override { return subject_->prepare(trace); }
  Attempt<Done> mount() override { return subject_->mount(); }
  Attempt<Done> unmount() override { return subject_->unmount(); }
  Attempt<Done> crash() override { return subject_->crash(); }
  void drop_caches() override { subject_->drop_caches(); }
  Attempt<Done> mutate(const model::Mutation& mutation) override { return subject_->mutate(mutation); }
  Attempt<Scanned> scan() override { return subject_->scan(); }

  Outcome apply(const Caller& caller, const Operation& operation) override {
    Outcome outcome = subject_->apply(caller, operation);
    if (!std::holds_alternative<Stat>(operation)) return outcome;
    auto* attributes = std::get_if<Attributes>(&outcome.payload);
    EXPECT_NE(attributes, nullptr);
    EXPECT_LT(next_, numbers_.size());
    if (attributes != nullptr && next_ < numbers_.size()) attributes->number = numbers_[next_++];
    return outcome;
  }

 private:
  std::unique_ptr<Subject> subject_;
  std::vector<std::uint64_t> numbers_;  // of each stat
  std::size_t next_ = 0;
};

bool is_of_numbers(const Counterexample& found) {
  return found.subject.empty() && found.rule != "ID-7" && found.rule != "ID-9";
}

void expect_that_numbers_break_the_models_rules() {
  std::size_t shown = 0;
  for (const Counterexample& found : findings().broken) {
    if (!is_of_numbers(found)) continue;
    SCOPED_TRACE(found.trace());
    std::vector<std::uint64_t> numbers = found.numbers;
    std::erase(numbers, 0U);
    Renumbered subject(make_subject("engine").subject, numbers);
    const Profile none;
    const RunResult result = run(subject, trace_of(found), none, RunOptions{.walk_up_to = 0, .open_handles = false});
    EXPECT_TRUE(result.finding);
    if (!result.finding) continue;
    EXPECT_EQ(model::text_of(result.finding->rule).id, found.rule) << result.finding->what;
    ++shown;
  }
  EXPECT_GE(shown, 6U);
}

// The first layers, with inodes by which objects continue over changes.
model::Layers with_backings(const Trace& trace) {
  model::Layers layers;
  for (const LayerImage& lower : trace.lowers) layers.lowers.push_back(lower.layer);
  layers.upper = trace.upper->layer;
  std::uint64_t file_system = 0;
  const auto number = [&](model::Layer& layer) {
    ++file_system;
    for (model::ObjectId id = 0; id < layer.marks.size(); ++id)
      layer.marks[id].backing = {.file_system = file_system, .number = InodeNumber{id} + 1, .generation = 1};
  };
  for (model::Layer& lower : layers.lowers) number(lower);
  number(*layers.upper);
  return layers;
}

// The history on the model, with the engine's answers and the system's numbers. A handle of `a` is taken in the first
// mount, and at the end it is stale, or opens what the history showed last.
class OnTheModel {
 public:
  explicit OnTheModel(const Counterexample& found)
      : found_(found), trace_(trace_of(found)), layers_(with_backings(trace_)), judge_(none_) {
    numbers_ = found.numbers;
    std::erase(numbers_, 0U);
    answers_ = run(*make_subject("engine").subject, trace_, none_, RunOptions{.walk_up_to = 0}).seen;
  }

  std::string broken_rule() {
    for (std::size_t i = 0; i < trace_.events.size(); ++i) {
      const Event& event = trace_.events[i];
      if (std::holds_alternative<Mount>(event)) mount();
      if (const auto* step = std::get_if<Step>(&event)) show(*step, *answers_[i]);
      if (std::holds_alternative<Unmount>(event)) end(Ending::kUnmount);
      if (std::holds_alternative<Crash>(event)) end(Ending::kCrash);
      if (const auto* mutate = std::get_if<Mutate>(&event)) change(mutate->mutation);
    }
    EXPECT_EQ(judge_.handles().size(), 1U);
    if (judge_.handles().empty()) return {};
    const bool is_given_again = std::count(found_.events.begin(), found_.events.end(), HistoryEvent::kReplaceA) > 0;
    const Result<HandleOpened> opened = is_given_again
                                            ? Result<HandleOpened>(HandleOpened{.attributes = last_, .content = "c"})
                                            : Result<HandleOpened>(Errno::kESTALE);
    EXPECT_EQ(judge_.handle_opened(judge_.handles().front(), opened), Verdict::kViolation);
    return judge_.finding() ? std::string(model::text_of(judge_.finding()->rule).id) : std::string();
  }

 private:
  void mount() {
    EXPECT_EQ(judge_.layers_changed(layers_), Verdict::kFine);
    EXPECT_EQ(judge_.mounted(std::nullopt), Verdict::kFine);
  }

  void show(const Step& step, Outcome outcome) {
    if (auto* attributes = std::get_if<Attributes>(&outcome.payload)) {
      attributes->number = numbers_.at(next_++);
      last_ = *attributes;
    }
    EXPECT_EQ(judge_.step(trace_.callers[step.caller].caller, step.operation, outcome), Verdict::kFine);
  }

  void end(Ending ending) {
    if (judge_.handles().empty())
      for (const Judge::Named& named : judge_.without_handle())
        if (named.path == "/a") judge_.handle_taken(named, "handle of a");
    EXPECT_EQ(judge_.ended(Scanned{.layers = layers_, .leftovers = {}}, ending), Verdict::kFine);
  }

  void change(const model::Mutation& mutation) {
    const model::Layers before = layers_;
    layers_ = model::mutate(std::move(layers_), mutation);
    judge_.changed(mutation, before, layers_);
  }

  const Counterexample& found_;
  const Profile none_;
  Trace trace_;
  model::Layers layers_;
  Judge judge_;
  std::vector<std::optional<Outcome>> answers_;
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
  Attributes last_;
};

void expect_that_handles_break_the_models_rules() {
  std::size_t shown = 0;
  for (const Counterexample& found : findings().broken) {
    if (!found.subject.empty() || found.rule != "ID-7") continue;
    SCOPED_TRACE(found.trace());
    EXPECT_EQ(OnTheModel(found).broken_rule(), "ID-7");
    ++shown;
  }
  EXPECT_GE(shown, 3U);
}

// One test, as the search is most of the work.
TEST(Counterexamples, AreShownByOurStrategiesAndTheModelAndNotByDerived) {
  expect_what_each_system_breaks();
  expect_that_our_strategies_show_theirs();
  expect_that_numbers_break_the_models_rules();
  expect_that_handles_break_the_models_rules();
  expect_that_derived_keeps_all();
}

}  // namespace
}  // namespace ovlspec::oracle
