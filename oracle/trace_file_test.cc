#include "oracle/trace_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

class TraceFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ovlspec-trace-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    auto parsed = parse_text("ovlspec trace 1\nlower 0 place=1\n  file a 644 \"x\"\nmount\n  unlink a\n");
    ASSERT_TRUE(parsed.ok());
    trace_ = std::move(*parsed.trace);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string path(std::string_view name) const { return (directory_ / name).string(); }

  std::filesystem::path directory_;
  Trace trace_;
};

TEST_F(TraceFile, WhatIsSavedIsLoadedInEveryEncoding) {
  for (const auto* name : {"t.trace", "t.jsonl", "t.bin", "t"}) {
    EXPECT_EQ(save_trace(trace_, path(name)), std::nullopt);
    const auto loaded = load_trace(path(name));
    ASSERT_TRUE(loaded.ok()) << name << ": " << loaded.error.describe();
    EXPECT_TRUE(same_trace(trace_, *loaded.trace)) << name;
  }
}

TEST_F(TraceFile, WithoutAnExtensionTheFirstBytesTellTheEncoding) {
  for (const auto encoding : {TraceEncoding::kText, TraceEncoding::kJsonLines, TraceEncoding::kBinary}) {
    std::ofstream(path("any"), std::ios::binary) << print_trace(trace_, encoding);
    const auto loaded = load_trace(path("any"));
    ASSERT_TRUE(loaded.ok()) << loaded.error.describe();
    EXPECT_TRUE(same_trace(trace_, *loaded.trace));
  }
}

TEST_F(TraceFile, FilesThatCannotBeReadOrWrittenSaySo) {
  EXPECT_EQ(load_trace(path("missing.trace")).error.what, "cannot be read: No such file or directory");
  EXPECT_EQ(load_trace(directory_.string()).error.what, "cannot be read: Is a directory");
  EXPECT_NE(save_trace(trace_, path("no/such.trace")), std::nullopt);
}

}  // namespace
}  // namespace ovlspec::oracle
