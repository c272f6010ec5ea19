// The golden traces of rules: one for each rule that can be met, by its ID.
#include "oracle/rule_witnesses.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "oracle/trace_file.h"
#include "oracle/world.h"

namespace ovlspec::oracle {
namespace {

// Why a rule has no golden trace.
const std::map<std::string_view, std::string_view>& without_trace() {
  static const std::map<std::string_view, std::string_view> kWithout = {
      {"OVL-LNK-4", "an error that is permitted, and that our engine never gives"},
      {"OVL-OPEN-10", "an error that is permitted, and that our engine never gives"},
      {"OVL-MKNOD-3", "traces have no word for it: the C library's mknod refuses it first"},
      {"OVL-XATTR-9", "65,537 bytes long: RuleWitnesses.ValueThatIsTooLong"},
      {"OVL-DISK-5", "it is about the kernel"},
  };
  return kWithout;
}

std::filesystem::path directory() { return std::filesystem::path(OVLSPEC_SOURCE_DIR) / "oracle/traces/rules"; }

TEST(RuleWitnesses, EachRuleHasATraceThatMeetsIt) {
  const SubjectOrError engine = make_subject("engine");
  for (const model::RuleText& rule : model::kRules) {
    if (rule.judged == model::Judged::kNotYet || without_trace().count(rule.id) != 0) continue;
    const std::string path = (directory() / (std::string(rule.id) + ".trace")).string();
    const TraceOrError trace = load_trace(path);
    ASSERT_TRUE(trace.ok()) << path << ": " << trace.error.describe();
    EXPECT_TRUE(is_witness(*engine.subject, *trace.trace, *model::rule_from_id(rule.id))) << path;
  }
}

TEST(RuleWitnesses, NoTraceIsOfARuleThatIsGone) {
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    const std::string id = entry.path().stem().string();
    EXPECT_TRUE(model::rule_from_id(id)) << entry.path();
    EXPECT_EQ(without_trace().count(id), 0U) << entry.path();
  }
  for (const auto& [id, reason] : without_trace()) EXPECT_TRUE(model::rule_from_id(id)) << id;
}

TEST(RuleWitnesses, ValueThatIsTooLong) {
  const SubjectOrError engine = make_subject("engine");
  const auto trace = [](std::size_t length) {
    return world()
        .lower()
        .file("f")
        .upper()
        .mount()
        .step(SetXattr{Target::at("f"), "user.a", std::string(length, 'v'), XattrMode::kAny})
        .trace();
  };
  EXPECT_TRUE(is_witness(*engine.subject, trace(65537), model::Rule::kXattrSize));
  EXPECT_FALSE(is_witness(*engine.subject, trace(65536), model::Rule::kXattrSize));
}

TEST(RuleWitnesses, TraceThatDoesNotMeetTheRuleIsNone) {
  const SubjectOrError engine = make_subject("engine");
  const Trace trace = world().lower().file("f").upper().mount().run("unlink f").trace();
  EXPECT_TRUE(is_witness(*engine.subject, trace, model::Rule::kUnlink));
  EXPECT_FALSE(is_witness(*engine.subject, trace, model::Rule::kRename));
}

}  // namespace
}  // namespace ovlspec::oracle
