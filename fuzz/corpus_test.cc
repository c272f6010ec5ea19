// The fuzzing corpus and the golden traces, replayed as an ordinary test; and the canary, which must be caught.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/canary.h"
#include "fuzz/differential.h"
#include "oracle/generator.h"
#include "oracle/trace_file.h"
#include "oracle/trace_total.h"

namespace ovlspec::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Corpus, EveryInputConforms) {
  const auto files = files_of(fs::path(OVLSPEC_SOURCE_DIR) / "fuzz/corpus");
  EXPECT_GE(files.size(), 10U);
  for (const fs::path& path : files) EXPECT_EQ(judge_input(bytes_of(path)).value_or(""), "") << path;
}

// An input of an older encoding would be another trace.
TEST(Corpus, HasEachGoldenTraceInTodaysEncoding) {
  const fs::path root(OVLSPEC_SOURCE_DIR);
  for (const char* const folder : {"kernel", "known", "ours", "unions"}) {
    for (const fs::path& path : files_of(root / "oracle/traces" / folder)) {
      const oracle::TraceOrError trace = oracle::load_trace(path.string());
      ASSERT_TRUE(trace.ok()) << path << ": " << trace.error.describe();
      EXPECT_TRUE(bytes_of(root / "fuzz/corpus" / ("golden-" + path.stem().string())) == encode_total(*trace.trace))
          << path << " has to be encoded again";
    }
  }
}

TEST(Corpus, EveryGoldenTraceConformsInProcess) {
  const auto files = files_of(fs::path(OVLSPEC_SOURCE_DIR) / "oracle/traces");
  ASSERT_FALSE(files.empty());
  const oracle::SubjectOrError engine = oracle::make_subject("engine");
  for (const fs::path& path : files) {
    if (path.extension() != ".trace") continue;
    const oracle::TraceOrError trace = oracle::load_trace(path.string());
    ASSERT_TRUE(trace.ok()) << path << ": " << trace.error.describe();
    EXPECT_EQ(judge_trace(*engine.subject, *trace.trace).value_or(""), "") << path;
  }
}

TEST(Corpus, EveryMutationIsATraceThatConforms) {
  std::string bytes;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    bytes = mutate_input(bytes, 2048, seed);
    ASSERT_LE(bytes.size(), 2048U);
    EXPECT_EQ(judge_input(bytes).value_or(""), "");
  }
  EXPECT_FALSE(oracle::decode_total(bytes).events.empty());
}

TEST(Canary, IsCaughtByGeneratedTraces) {
  const auto canary = make_canary();
  std::uint64_t seed = 0;
  while (seed < 2000 && !judge_trace(*canary, oracle::generate(seed, oracle::GeneratorOptions{}))) ++seed;
  EXPECT_LT(seed, 2000U);
}

}  // namespace
}  // namespace ovlspec::fuzz
