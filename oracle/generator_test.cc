#include "oracle/generator.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "oracle/layer_entries.h"
#include "oracle/trace_binary.h"
#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint64_t kSeeds = 300;

template <typename Kind>
std::size_t count(const Trace& trace) {
  std::size_t found = 0;
  for (const Event& event : trace.events) found += std::holds_alternative<Kind>(event) ? 1 : 0;
  return found;
}

TEST(Generator, EveryTraceKeepsTheLimits) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Trace trace = generate(seed);
    const auto parsed = parse_text(print_text(trace));
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << parsed.error.describe();
    ASSERT_TRUE(same_trace(trace, *parsed.trace)) << "seed " << seed;
    ASSERT_TRUE(decode_binary(encode_binary(trace)).ok()) << "seed " << seed;
  }
}

TEST(Generator, TheSeedDecidesTheTrace) {
  EXPECT_EQ(encode_binary(generate(7)), encode_binary(generate(7)));
  EXPECT_NE(encode_binary(generate(7)), encode_binary(generate(8)));
}

TEST(Generator, NumbersAreTheSameOnEveryMachine) {
  // FNV-1a of the binary encodings: a change here changes every seed that somebody wrote down.
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    for (const char c : encode_binary(generate(seed)))
      digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  EXPECT_EQ(digest, 6912338189418575430ULL);
}

TEST(Generator, EventsFitTheStateTheyComeIn) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    bool mounted = false;
    for (const Event& event : generate(seed).events) {
      const bool needs_mount = !std::holds_alternative<Mount>(event) && !std::holds_alternative<Mutate>(event);
      ASSERT_EQ(mounted, needs_mount) << "seed " << seed;
      if (std::holds_alternative<Mount>(event)) mounted = true;
      if (std::holds_alternative<Unmount>(event) || std::holds_alternative<Crash>(event)) mounted = false;
    }
    EXPECT_FALSE(mounted) << "seed " << seed;
  }
}

TEST(Generator, EveryOperationMutationAndShapeOfStackOccurs) {
  std::set<std::size_t> operations;
  std::set<std::size_t> mutations;
  std::set<std::pair<std::size_t, bool>> shapes;
  std::set<std::uint8_t> callers;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Trace trace = generate(seed);
    shapes.emplace(trace.lowers.size(), trace.upper.has_value());
    for (const Event& event : trace.events) {
      if (const auto* step = std::get_if<Step>(&event)) operations.insert(step->operation.index());
      if (const auto* step = std::get_if<Step>(&event)) callers.insert(step->caller);
      if (const auto* mutate = std::get_if<Mutate>(&event)) mutations.insert(mutate->mutation.index());
    }
  }
  EXPECT_EQ(operations.size(), std::variant_size_v<Operation>);
  EXPECT_EQ(mutations.size(), std::variant_size_v<model::Mutation>);
  EXPECT_EQ(callers.size(), 4U);
  EXPECT_EQ(shapes.size(), 7U);  // 1 to 4 lowers with an upper, 2 to 4 without
}

TEST(Generator, LayersHoldMarksLinksAndKindsOfEverySort) {
  std::set<FileType> types;
  std::set<std::string> marks;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Trace trace = generate(seed);
    if (trace.upper) trace.lowers.push_back(*trace.upper);
    for (const LayerImage& image : trace.lowers) {
      for (const LayerEntry& entry : entries_of(image.layer)) {
        const model::Marks& its_marks = image.layer.mark(entry.object);
        types.insert(image.layer.tree[entry.object].type);
        if (its_marks.whiteout) marks.insert("whiteout");
        if (its_marks.opaque) marks.insert("opaque");
        if (its_marks.redirect) marks.insert("redirect");
        if (entry.link_of) marks.insert("link");
        if (!image.layer.tree[entry.object].xattrs.empty()) marks.insert("xattr");
      }
    }
  }
  EXPECT_EQ(types.size(), 7U);
  EXPECT_EQ(marks.size(), 5U);
}

TEST(Generator, OptionsTurnKindsOfEventsOff) {
  GeneratorOptions options;
  options.mutations = false;
  options.crashes = false;
  options.callers = false;
  options.read_only_percent = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Trace trace = generate(seed, options);
    EXPECT_EQ(count<Mutate>(trace), 0U);
    EXPECT_EQ(count<Crash>(trace), 0U);
    EXPECT_EQ(trace.callers.size(), 1U);
    EXPECT_TRUE(trace.upper);
  }
}

TEST(Generator, TheNumberOfOperationsIsAboutWhatWasAsked) {
  GeneratorOptions options;
  options.operations = 200;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::size_t steps = count<Step>(generate(seed, options));
    EXPECT_GE(steps, 200U);
    EXPECT_LE(steps, 212U);
  }
}

TEST(Generator, WeightsAimAtRenames) {
  const auto renames = [](const Weights& weights) {
    GeneratorOptions options;
    options.weights = weights;
    std::size_t found = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed)
      for (const Event& event : generate(seed, options).events)
        if (const auto* step = std::get_if<Step>(&event))
          found += std::holds_alternative<Rename>(step->operation) ? 1 : 0;
    return found;
  };
  EXPECT_GT(renames(Weights::trouble()), 2 * renames(Weights::ordinary()));
}

TEST(Generator, GivenLayersAreKeptAndTheirPathsUsed) {
  LayerBuilder builder;
  for (const auto* directory : {"one", "two", "three"}) {
    ASSERT_FALSE(builder.add(directory, model::Tree::empty()[model::kRoot], {})) << directory;
  }
  const std::vector<LayerImage> images{LayerImage{builder.layer(), 1}, LayerImage{builder.layer(), 2}};
  std::size_t mentions = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace = generate_over(images, seed);
    ASSERT_EQ(trace.lowers.size(), 2U);
    EXPECT_TRUE(same_layer(trace.lowers[1].layer, builder.layer()));
    for (const Event& event : trace.events)
      if (event_text(event, trace.callers).find("two") != std::string::npos) ++mentions;
  }
  EXPECT_GT(mentions, 20U);
}

}  // namespace
}  // namespace ovlspec::oracle
