// What libFuzzer is told of a run beside the code that it reached: rules, answers, and states of the tree. An input
// that shows one of them for the first time is kept, though it reached no new code.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/rules.h"
#include "oracle/run_watcher.h"

namespace ovlspec::fuzz {

// libFuzzer's extra counters: so many slots of one byte, cleared by it before each input.
inline constexpr std::size_t kFeedbackSlots = 4096;
// The first are rules, one each; then operations with their errors, and abstract states, by digest.
inline constexpr std::size_t kRuleSlots = 256;
inline constexpr std::size_t kAnswerSlots = 1024;
inline constexpr std::size_t kStateSlots = kFeedbackSlots - kRuleSlots - kAnswerSlots;
static_assert(model::kRuleCount <= kRuleSlots);

std::array<std::uint8_t, kFeedbackSlots>& feedback();

// Of a tree: its names, types, permissions, lengths and links, but no times, owners or bytes of files.
std::uint64_t abstract_digest(const model::World& world);

// Counts in feedback(). Of the trace's own operations alone: the walks ask the same of each tree.
class Feedback final : public oracle::RunWatcher {
 public:
  void met(const model::RuleSet& rules);

  void happened(const oracle::Event&) override {}
  void answered(const oracle::Judge& judge, oracle::Asker asker, const Caller& caller, const Operation& operation,
                const Outcome& outcome) override;
  void handle_taken(const oracle::Judge::Named&, const Result<std::string>&) override {}
  void handle_opened(const oracle::ObjectHistory::Handle&, const Result<oracle::HandleOpened>&) override {}
  void scanned(const oracle::Scanned&) override {}
  void viewed(const model::Tree&) override {}
  void judged(const oracle::Judge& judge) override;

 private:
  bool changed_ = false;  // the tree, perhaps, by what is judged next
};

}  // namespace ovlspec::fuzz
