#include "model/content.h"

#include <gtest/gtest.h>

namespace ovlspec::model {
namespace {

TEST(Content, ReadsWhatWasWrittenAndZerosBetween) {
  Content content;
  content.write(3, "ab");
  EXPECT_EQ(content.size(), 5U);
  EXPECT_EQ(content.all(), std::string("\0\0\0ab", 5));
}

TEST(Content, ReadsFewerBytesAtTheEndAndNoneBeyond) {
  const Content content("abc");
  EXPECT_EQ(content.read(1, 9), "bc");
  EXPECT_EQ(content.read(3, 9), "");
  EXPECT_EQ(content.read(99, 1), "");
  EXPECT_EQ(content.read(0, ~FileSize{0}), "abc");
}

TEST(Content, OverwritesInPlace) {
  Content content("abcdef");
  content.write(2, "XY");
  EXPECT_EQ(content.all(), "abXYef");
}

TEST(Content, WritingNothingBeyondTheEndDoesNotGrowIt) {
  Content content("a");
  content.write(10, "");
  EXPECT_EQ(content, Content("a"));
}

TEST(Content, ShrinksAndGrowsWithZeros) {
  Content content("abc");
  content.resize(1);
  content.resize(3);
  EXPECT_EQ(content.all(), std::string("a\0\0", 3));
}

TEST(Content, KeepsNoTrailingZerosSoThatEqualBytesAreEqualValues) {
  Content grown("a");
  grown.resize(1'000'000'000);
  EXPECT_EQ(grown.data(), "a");
  EXPECT_EQ(grown.size(), 1'000'000'000U);
  Content written("a");
  written.write(1, std::string(3, '\0'));
  Content resized("a");
  resized.resize(4);
  EXPECT_EQ(written, resized);
}

TEST(Content, OfOtherSizeIsAnother) {
  Content longer("a");
  longer.resize(2);
  EXPECT_NE(longer, Content("a"));
}

}  // namespace
}  // namespace ovlspec::model
