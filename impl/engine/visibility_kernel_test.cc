#include "impl/engine/visibility_kernel.h"

#include <vector>

#include <gtest/gtest.h>

#include "impl/engine/value_domain.h"

namespace ovlspec::impl::visibility {
namespace {

constexpr LayerState kAll[] = {LayerState::kAbsent, LayerState::kWhiteout, LayerState::kOpaqueDirectory,
                               LayerState::kDirectory, LayerState::kNonDirectory};

std::vector<std::size_t> merged(const std::vector<LayerState>& stack) {
  std::vector<std::size_t> layers;
  auto progress = start<WordDomain>();
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const auto step = look<WordDomain>(progress, static_cast<std::uint64_t>(stack[i]));
    progress = step.next;
    EXPECT_EQ(step.supplies, step.merges && layers.empty());
    if (step.merges) layers.push_back(i);
  }
  return layers;
}

bool is_directory(LayerState state) { return state == LayerState::kDirectory || state == LayerState::kOpaqueDirectory; }

// The rules said once more, from the names' side: what hides layer `at`, given the layers above it.
std::vector<std::size_t> expected(const std::vector<LayerState>& stack) {
  std::vector<std::size_t> layers;
  for (std::size_t at = 0; at < stack.size(); ++at) {
    if (stack[at] == LayerState::kAbsent || stack[at] == LayerState::kWhiteout) continue;
    bool hidden = false;
    for (std::size_t above = 0; above < at; ++above) {
      hidden = hidden || stack[above] == LayerState::kWhiteout || stack[above] == LayerState::kNonDirectory ||
               stack[above] == LayerState::kOpaqueDirectory;
    }
    if (!hidden && (layers.empty() || is_directory(stack[at]))) layers.push_back(at);
  }
  return layers;
}

TEST(VisibilityKernel, AgreesWithTheRulesOverEveryStackOfFourLayers) {
  for (const LayerState a : kAll) {
    for (const LayerState b : kAll) {
      for (const LayerState c : kAll) {
        for (const LayerState d : kAll) {
          const std::vector<LayerState> stack{a, b, c, d};
          EXPECT_EQ(merged(stack), expected(stack));
        }
      }
    }
  }
}

}  // namespace
}  // namespace ovlspec::impl::visibility
