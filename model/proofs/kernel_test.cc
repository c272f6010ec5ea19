// The same kernels, run with words: they agree with a plain statement of the rules, and with the terms that are proved.
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "impl/engine/identity_encoder.h"
#include "impl/engine/value_domain.h"
#include "impl/engine/visibility_kernel.h"
#include "model/proofs/term_domain.h"
#include "model/proofs/visibility_stack.h"

namespace ovlspec::proofs {
namespace {

namespace identity = impl::identity;
namespace visibility = impl::visibility;
using impl::WordDomain;

using Stack = std::array<LayerState, kDepth>;

std::vector<Stack> every_stack() {
  std::vector<Stack> all;
  const std::size_t states = visibility::kLayerStates;
  for (std::size_t code = 0; code < states * states * states * states; ++code)
    all.push_back(Stack{static_cast<LayerState>(code % states), static_cast<LayerState>(code / states % states),
                        static_cast<LayerState>(code / states / states % states),
                        static_cast<LayerState>(code / states / states / states)});
  return all;
}

struct Roles {
  std::array<bool, kDepth> supplies{};
  std::array<bool, kDepth> merges{};
  bool found = false;
  bool directory = false;
  bool operator==(const Roles&) const = default;
};

bool is_directory(LayerState state) { return state == LayerState::kDirectory || state == LayerState::kOpaqueDirectory; }

// From the top: skip what is absent; a whiteout or the bottom ends it with nothing; a file is alone; a directory takes
// in the directories below it up to an opaque one, and ends at anything else.
Roles roles_by_the_rules(const Stack& stack) {
  Roles roles;
  std::size_t top = 0;
  while (top < stack.size() && stack[top] == LayerState::kAbsent) ++top;
  if (top == stack.size() || stack[top] == LayerState::kWhiteout) return roles;
  roles.supplies[top] = roles.merges[top] = roles.found = true;
  if (!is_directory(stack[top])) return roles;
  roles.directory = true;
  for (std::size_t i = top; i < stack.size(); ++i) {
    if (stack[i] == LayerState::kAbsent) continue;
    if (!is_directory(stack[i])) break;
    roles.merges[i] = true;
    if (stack[i] == LayerState::kOpaqueDirectory) break;
  }
  return roles;
}

Roles roles_by_the_kernel(const Stack& stack) {
  Roles roles;
  auto progress = visibility::start<WordDomain>();
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const auto look = visibility::look<WordDomain>(progress, static_cast<std::uint64_t>(stack[i]));
    roles.supplies[i] = look.supplies;
    roles.merges[i] = look.merges;
    progress = look.next;
  }
  roles.found = progress.found;
  roles.directory = progress.directory;
  return roles;
}

TEST(VisibilityKernel, AgreesWithTheRulesOnEveryStackOfFourLayers) {
  const std::vector<Stack> all = every_stack();
  ASSERT_EQ(all.size(), 625U);
  for (const Stack& stack : all)
    EXPECT_EQ(roles_by_the_kernel(stack), roles_by_the_rules(stack))
        << static_cast<int>(stack[0]) << static_cast<int>(stack[1]) << static_cast<int>(stack[2])
        << static_cast<int>(stack[3]);
}

bool value_of(const Truth& constant) { return constant.expression().simplify().is_true(); }
std::uint64_t value_of(const Word& constant) { return constant.expression().simplify().get_numeral_uint64(); }

TEST(VisibilityKernel, TermsAnswerAsWordsOnEveryStackOfFourLayers) {
  const Session session;
  for (const Stack& stack : every_stack()) {
    States states;
    for (const LayerState state : stack) states.push_back(word(static_cast<std::uint64_t>(state)));
    const View seen = view(states);
    const Roles roles = roles_by_the_kernel(stack);
    for (std::size_t i = 0; i < kDepth; ++i) {
      EXPECT_EQ(value_of(seen.supplies[i]), roles.supplies[i]);
      EXPECT_EQ(value_of(seen.merges[i]), roles.merges[i]);
    }
    EXPECT_EQ(value_of(seen.end.found), roles.found);
    EXPECT_EQ(value_of(seen.end.directory), roles.directory);
  }
}

// Numbers near the limits of the layout, and any others.
std::vector<std::uint64_t> interesting_words() {
  std::vector<std::uint64_t> words;
  for (const unsigned bit : {0U, 1U, 2U, 3U, 21U, 22U, 36U, 37U, 58U, 59U, 61U, 62U, 63U})
    for (const std::uint64_t beside : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
      words.push_back((std::uint64_t{1} << bit) + beside);
  std::mt19937_64 random(1);
  for (int i = 0; i < 16; ++i) words.push_back(random());
  return words;
}

TEST(IdentityEncoder, TermsAnswerAsWordsNearEveryLimit) {
  const Session session;
  std::mt19937_64 random(2);
  const std::vector<std::uint64_t> words = interesting_words();
  const auto any = [&] { return words[random() % words.size()]; };
  for (int i = 0; i < 5000; ++i) {
    const identity::Source<WordDomain> source{.tag = any(), .inode = any(), .hash = any(), .tag_owned = i % 8 != 0};
    const std::uint64_t displacement = any();
    const identity::Source<TermDomain> terms{.tag = word(source.tag),
                                             .inode = word(source.inode),
                                             .hash = word(source.hash),
                                             .tag_owned = truth(source.tag_owned)};
    ASSERT_EQ(value_of(identity::encode<TermDomain>(terms, word(displacement))),
              identity::encode<WordDomain>(source, displacement));
    ASSERT_EQ(value_of(identity::is_direct<TermDomain>(terms)), identity::is_direct<WordDomain>(source));
  }
}

TEST(IdentityEncoder, TermsChooseAsWordsWhateverIsTaken) {
  const Session session;
  for (unsigned set = 0; set < 256; ++set) {
    std::array<bool, identity::kDisplacements> taken{};
    for (std::size_t k = 0; k < taken.size(); ++k) taken[k] = ((set >> k) & 1U) != 0;
    const auto by_words = identity::choose<WordDomain>(taken);
    const auto by_terms = identity::choose<TermDomain>(std::array<Truth, identity::kDisplacements>{
        truth(taken[0]), truth(taken[1]), truth(taken[2]), truth(taken[3]), truth(taken[4]), truth(taken[5]),
        truth(taken[6]), truth(taken[7])});
    EXPECT_EQ(value_of(by_terms.displacement), by_words.displacement);
    EXPECT_EQ(value_of(by_terms.found), by_words.found);
  }
}

// With literal bit positions, beside the solver's own arithmetic.
TEST(IdentityEncoder, ADirectNumberIsReadBackByShiftsAndMasks) {
  for (const std::uint64_t tag : {1ULL, 2ULL, 0x2aaaaaULL, 0x3fffffULL})
    for (const std::uint64_t inode : {0ULL, 1ULL, 0x1000000000ULL, 0x1fffffffffULL})
      for (std::uint64_t displacement = 0; displacement < 8; ++displacement) {
        const identity::Source<WordDomain> source{.tag = tag, .inode = inode, .hash = ~0ULL, .tag_owned = true};
        const std::uint64_t number = identity::encode<WordDomain>(source, displacement);
        EXPECT_EQ(number & 0x1fffffffffULL, inode);
        EXPECT_EQ((number >> 37U) & 0x3fffffULL, tag);
        EXPECT_EQ(number >> 59U, displacement);
      }
}

}  // namespace
}  // namespace ovlspec::proofs
