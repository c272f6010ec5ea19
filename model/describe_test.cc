#include "model/describe.h"

#include <gtest/gtest.h>

namespace ovlspec::model {
namespace {

TEST(Describe, ShowsTimesWithNineDigits) { EXPECT_EQ(describe(Time{1500000000, 5}), "1500000000.000000005"); }
TEST(Describe, ShowsDevicesAndModes) {
  EXPECT_EQ(describe(Device{1, 3}), "1:3");
  EXPECT_EQ(octal(04755), "4755");
  EXPECT_EQ(octal(0), "0");
}
TEST(Describe, QuotesOtherThanPrintableBytes) {
  EXPECT_EQ(model::quoted(std::string("a\"\\\n\xff", 5)), "\"a\\\"\\\\\\x0a\\xff\"");
}
TEST(Describe, CutsLongBytes) { EXPECT_EQ(model::quoted(std::string(81, 'x')), "\"" + std::string(80, 'x') + "\"..."); }
TEST(Describe, HasAWordForEachType) {
  EXPECT_EQ(describe(FileType::kRegular), "file");
  EXPECT_EQ(describe(FileType::kDirectory), "dir");
  EXPECT_EQ(describe(FileType::kSymlink), "symlink");
  EXPECT_EQ(describe(FileType::kCharDevice), "char");
  EXPECT_EQ(describe(FileType::kBlockDevice), "block");
  EXPECT_EQ(describe(FileType::kFifo), "fifo");
  EXPECT_EQ(describe(FileType::kSocket), "socket");
}

}  // namespace
}  // namespace ovlspec::model
