#include "fuzz/feedback.h"

#include "oracle/mixing.h"

namespace ovlspec::fuzz {
namespace {

// Where there is no libFuzzer the section is one among others.
__attribute__((section("__libfuzzer_extra_counters"), used)) std::array<std::uint8_t, kFeedbackSlots> counters;

void count(std::size_t begin, std::size_t slots, std::uint64_t digest) {
  std::uint8_t& counter = counters[begin + static_cast<std::size_t>(digest % slots)];
  if (counter != UINT8_MAX) ++counter;
}

std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = text.size();
  for (const char c : text) digest = oracle::mixed(digest, static_cast<unsigned char>(c));
  return digest;
}

}  // namespace

std::array<std::uint8_t, kFeedbackSlots>& feedback() { return counters; }

std::uint64_t abstract_digest(const model::World& world) {
  std::uint64_t digest = 0;
  for (const model::Inode& inode : world.tree.inodes) {
    if (inode.links == 0 && &inode != world.tree.inodes.data()) continue;
    std::uint64_t one = oracle::mixed(static_cast<std::uint64_t>(inode.type), inode.mode);
    one = oracle::mixed(one, inode.is(FileType::kDirectory) ? inode.entries.size() : inode.content.size());
    one = oracle::mixed(one, inode.links);
    one = oracle::mixed(one, inode.xattrs.size());
    for (const model::Entry& entry : inode.entries) {
      const model::Inode& named = world[entry.object];
      one = oracle::mixed(oracle::mixed(one, digest_of(entry.name)), static_cast<std::uint64_t>(named.type));
    }
    digest += oracle::mixed(one);  // in whatever order
  }
  for (const model::OpenSlot& slot : world.slots)
    digest = oracle::mixed(digest, slot.open ? 1 + world[slot.object].links : 0);
  return digest;
}

void Feedback::met(const model::RuleSet& rules) {
  for (std::size_t rule = 0; rule < model::kRuleCount; ++rule)
    if (rules.test(rule)) count(rule, 1, 0);
}

void Feedback::answered(const oracle::Judge&, oracle::Asker asker, const Caller&, const Operation& operation,
                        const Outcome& outcome) {
  changed_ = asker == oracle::Asker::kTrace;
  if (!changed_) return;
  const std::uint64_t answer = oracle::mixed(operation.index(), static_cast<std::uint64_t>(outcome.error));
  count(kRuleSlots, kAnswerSlots, answer);
}

void Feedback::judged(const oracle::Judge& judge) {
  if (!changed_) return;
  changed_ = false;
  count(kRuleSlots + kAnswerSlots, kStateSlots, abstract_digest(judge.world()));
}

}  // namespace ovlspec::fuzz
