#include "oracle/finding_key.h"

#include <gtest/gtest.h>

#include "oracle/infer_profile.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

Trace trace(const std::string& text) {
  const TraceOrError parsed = parse_text("ovlspec trace 1\n" + text);
  EXPECT_TRUE(parsed.ok()) << parsed.error.describe();
  return parsed.trace.value_or(Trace{});
}

const Finding kUnlinkFinding{.rule = model::Rule::kUnlink, .operation = Unlink{"a"}, .what = "EIO"};

TEST(FindingKey, NamesNumbersAndContentsMakeNoDifference) {
  const Trace one =
      trace("lower 0\n  dir d 755\n  file d/x 644 \"one\"\nupper\nmount\n  rename d/x d/y\n  unlink d/y\n");
  const Trace two =
      trace("lower 0\n  dir e 700\n  file e/p 600 uid=3 \"other\"\nupper\nmount\n  rename e/p e/q\n  unlink e/q\n");
  EXPECT_EQ(shape_of(one), shape_of(two));
  EXPECT_EQ(key_of(kUnlinkFinding, one), key_of(kUnlinkFinding, two));
}

TEST(FindingKey, OtherStepsTypesAndMarksDo) {
  const std::string lower = "lower 0\n  file a 644\n";
  const Trace one = trace(lower + "upper\nmount\n  unlink a\n");
  EXPECT_NE(shape_of(one), shape_of(trace(lower + "upper\nmount\n  unlink a\n  unlink a\n")));
  EXPECT_NE(shape_of(one), shape_of(trace(lower + "mount\n  unlink a\n")));
  EXPECT_NE(shape_of(one), shape_of(trace("lower 0\n  dir a 755\nupper\nmount\n  unlink a\n")));
  EXPECT_NE(shape_of(trace("lower 0\n  dir a 755\nupper\nmount\n")),
            shape_of(trace("lower 0\n  dir a 755 opaque\nupper\nmount\n")));
  EXPECT_NE(shape_of(trace(lower + "upper\nmount\n  rename a b\n")),
            shape_of(trace(lower + "upper\nmount\n  rename a a\n")));
}

TEST(FindingKey, BeginsWithRuleAndOperation) {
  EXPECT_EQ(key_of(kUnlinkFinding, trace("lower 0\nmount\n")).rfind("OVL-UNLINK-1 unlink ", 0), 0U);
  const Finding layers{.rule = model::Rule::kLowersUntouched, .operation = std::nullopt, .what = "x"};
  EXPECT_EQ(operation_of(layers), "layers");
}

TEST(FindingKey, BeginningsLeaveNumbersAndNamesOut) {
  EXPECT_EQ(beginning_of("link count 1, expected 2"), "link count ");
  EXPECT_EQ(beginning_of("the name \"a\" is missing"), "the name ");
  EXPECT_EQ(beginning_of("the name \"..\" is missing"), "the name \"..\" is missing");
  EXPECT_EQ(beginning_of("left behind"), "left behind");
}

TEST(InferProfile, DeviationsOfViolationsAreReadAgain) {
  Profile profile{.subject = "s", .features = {"a \"b\""}};
  const Finding error{.rule = model::Rule::kRename, .operation = Rename{"a", "b"}, .what = "EXDEV, permitted: success"};
  const Finding number{.rule = model::Rule::kUnique, .operation = Stat{Target::at("a")}, .what = "st_ino 3 is \"e\""};
  for (const Finding& finding : {error, number}) profile.deviations.push_back(deviation_of(finding));
  const ProfileOrError again = parse_profile(profile_text(profile), {});
  ASSERT_EQ(again.error, "");
  EXPECT_EQ(again.profile.subject, "s");
  EXPECT_EQ(again.profile.features, profile.features);
  ASSERT_EQ(again.profile.deviations.size(), 2U);
  EXPECT_EQ(again.profile.deviations[0].action, Action::kPermit);
  EXPECT_EQ(again.profile.deviations[0].error, Errno::kEXDEV);
  EXPECT_EQ(again.profile.deviations[0].operations, std::vector<std::string>{"rename"});
  EXPECT_EQ(again.profile.deviations[1].action, Action::kRelax);
  EXPECT_EQ(again.profile.deviations[1].seen, "st_ino ");
}

}  // namespace
}  // namespace ovlspec::oracle
