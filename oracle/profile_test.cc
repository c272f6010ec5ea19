#include "oracle/profile.h"

#include <gtest/gtest.h>

#include <string>

namespace ovlspec::oracle {
namespace {

TEST(Profile, OptionsDecideWhatApplies) {
  const char* text = R"(
    [[deviation]]
    rule = "ID-2"
    action = "relax"
    unless = ["xino=on"]
    source = "s"
    reason = "r"
  )";
  EXPECT_EQ(parse_profile(text, {}).profile.deviations.size(), 1U);
  EXPECT_EQ(parse_profile(text, {"xino=on"}).profile.deviations.size(), 0U);
}

TEST(Profile, DeviationWithoutSourceIsRefused) {
  EXPECT_NE(parse_profile("[[deviation]]\nrule = \"ID-2\"\naction = \"relax\"\nreason = \"r\"\n", {}).error, "");
}

TEST(Profile, EveryShippedFileIsRead) {
  for (const char* subject :
       {"kernel", "kernel:index=on", "engine", "fuse", "interchange", "fuse-overlayfs", "unionfs", "mergerfs"})
    EXPECT_EQ(profile_of(subject).error, "") << subject;
}

}  // namespace
}  // namespace ovlspec::oracle
