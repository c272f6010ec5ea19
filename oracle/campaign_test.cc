// A campaign's end: exit status, known violations, and what lies in the directory of reports.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "oracle/check.h"
#include "oracle/disk_test_support.h"
#include "oracle/finding_file.h"

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::json;

// The agent is a script that a test can mend.
class CampaignTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    options_.subjects = {"agent:sh " + directory_ + "/agent"};
    options_.out = directory_ + "/out";
    options_.cases = 4;
    write("agent",
          "read l; echo {}; while read l; do echo '{\"error\":\"EINVAL\",\"what\":\"no mounts today\"}'; done\n");
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(directory_ + "/" + name) << text; }
  std::string read(const std::string& name) {
    std::ifstream file(directory_ + "/" + name);
    EXPECT_TRUE(file.is_open()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // Mounts nothing, answers all operations with `unsupported`, and so conforms.
  void mend_agent() {
    write("agent",
          "read l; echo {}; while read l; do case $l in *'\"apply\"'*) echo '{\"unsupported\":true}';; "
          "*) echo '{\"ok\":true}';; esac; done\n");
  }
  // What the first run suggested, with what a person adds.
  void write_known(const std::string& expires) {
    std::string text = read("out/known.toml");
    for (const auto& [empty, filled] : {std::pair<std::string, std::string>{"reason = \"\"", "reason = \"it is new\""},
                                        {"link = \"\"", "link = \"https://example.org/1\"" + expires}})
      for (auto at = text.find(empty); at != std::string::npos; at = text.find(empty))
        text.replace(at, empty.size(), filled);
    write("out/known-issues.toml", text);
    options_.known = directory_ + "/out/known-issues.toml";
  }

  const TestDirectory own_directory_;
  const std::string directory_ = own_directory_.path();
  CheckOptions options_;
};

TEST_F(CampaignTest, ViolationIsReportedOnceAndInEveryFormat) {
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  std::vector<Json> lines;
  std::istringstream text(read("out/report.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  const auto violation =
      std::find_if(lines.begin(), lines.end(), [](const Json& l) { return l["type"] == "violation"; });
  ASSERT_NE(violation, lines.end());
  EXPECT_EQ((*violation)["rule"], "OVL-MNT-1");
  EXPECT_EQ((*violation)["status"], "new");
  EXPECT_EQ((*violation)["shown-in-replays"], 5);
  EXPECT_TRUE(std::filesystem::exists((*violation)["file"].get<std::string>()));
  const Json sarif = Json::parse(read("out/report.sarif"));
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json result = sarif["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "OVL-MNT-1");
  EXPECT_EQ(sarif["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"], "OVL-MNT-1");
  EXPECT_EQ(result["partialFingerprints"]["ovlspecKey/v1"], (*violation)["key"]);
  const std::string tap = read("out/report.tap");
  EXPECT_EQ(tap.rfind("TAP version 14\n1..", 0), 0U);
  EXPECT_NE(tap.find("not ok "), std::string::npos);
  EXPECT_NE(read("out/report.xml").find("<failure message=\"the layers, or the mount: the mount was refused"),
            std::string::npos);
}

TEST_F(CampaignTest, KnownViolationDoesNotFailTheRunUntilItExpires) {
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  write_known("");
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  EXPECT_NE(read("out/report.tap").find("it is new"), std::string::npos);
  write_known("\nexpires = 2020-01-31");
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
}

TEST_F(CampaignTest, KnownViolationThatNoLongerShowsFailsTheRun) {
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  write_known("");
  mend_agent();
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  EXPECT_NE(read("out/report.jsonl").find("\"stale-known-issues\":[\"OVL-MNT-1"), std::string::npos);
  options_.known.clear();
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
}

TEST_F(CampaignTest, KnownIssueWithoutReasonIsRefused) {
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  options_.known = directory_ + "/out/known.toml";
  EXPECT_EQ(check(options_), ExitStatus::kUsage);
}

TEST_F(CampaignTest, DeviationThatAlwaysShowsAndDoesNotFailsTheRun) {
  mend_agent();
  write(
      "profile.toml",
      "[[deviation]]\nrule = \"OVL-MNT-1\"\naction = \"relax\"\nshows = \"always\"\nsource = \"s\"\nreason = \"r\"\n");
  options_.profiles = {directory_ + "/profile.toml"};
  EXPECT_EQ(check(options_), ExitStatus::kViolation);
  write("profile.toml", "[[deviation]]\nrule = \"OVL-MNT-1\"\naction = \"relax\"\nsource = \"s\"\nreason = \"r\"\n");
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  write("profile.toml", "[[deviation]]\nrule = \"OVL-NONE-1\"\naction = \"relax\"\nsource = \"s\"\nreason = \"r\"\n");
  EXPECT_EQ(check(options_), ExitStatus::kUsage);
}

TEST_F(CampaignTest, FlakyViolationIsReportedAndDoesNotFail) {
  // Fails in the first mount of all.
  write("agent",
        "read l; echo {}; while read l; do case $l in *'\"apply\"'*) echo '{\"unsupported\":true}';; "
        "*'\"mount\"'*) if test -e " +
            directory_ + "/seen; then echo '{\"ok\":true}'; else : > " + directory_ +
            "/seen; echo '{\"error\":\"EIO\"}'; fi;; *) echo '{\"ok\":true}';; esac; done\n");
  EXPECT_EQ(check(options_), ExitStatus::kInconclusive);
  EXPECT_NE(read("out/report.jsonl").find("\"status\":\"flaky\""), std::string::npos);
}

TEST_F(CampaignTest, EndsOnceEnoughRulesAreMetWhoeverPlaysTheCases) {
  options_.subjects = {"engine"};
  options_.cases.reset();
  options_.until_coverage = 60;
  std::uint64_t cases = 0;
  for (const unsigned jobs : {1U, 3U}) {
    options_.jobs = jobs;
    EXPECT_EQ(check(options_), ExitStatus::kConforms);
    const Json subject = Json::parse(read("out/report.jsonl").substr(0, read("out/report.jsonl").find('\n')));
    EXPECT_GE(subject["rules-met"].size(), 69U);
    EXPECT_LT(subject["cases"], 100U);
    if (jobs > 1) {
      EXPECT_EQ(subject["cases"], cases);
    }
    cases = subject["cases"];
  }
}

TEST_F(CampaignTest, OnlyGeneratedCasesAreSteered) {
  options_.subjects = {"engine"};
  options_.steered = true;
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  write("a.trace", "ovlspec trace 1\nlower 0\nmount\n");
  options_.traces = directory_ + "/a.trace";
  EXPECT_EQ(check(options_), ExitStatus::kUsage);
}

TEST_F(CampaignTest, ShardsHaveTheCasesOfTheWholeAndNoOthers) {
  options_.subjects = {"engine"};
  options_.cases = 7;
  std::uint64_t cases = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    options_.shard = *parse_shard(shard);
    EXPECT_EQ(check(options_), ExitStatus::kConforms);
    cases += Json::parse(read("out/report.jsonl").substr(0, read("out/report.jsonl").find('\n')))["cases"]
                 .get<std::uint64_t>();
  }
  EXPECT_EQ(cases, 7U);
}

TEST_F(CampaignTest, JournalIsNotGoneOnWithByAnotherProgramOfTheSubject) {
  options_.journal = directory_ + "/journal.jsonl";
  mend_agent();
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  const std::string before = read("agent");
  write("agent", before + "# another\n");
  EXPECT_EQ(check(options_), ExitStatus::kUsage);
  write("agent", before);
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
}

TEST_F(CampaignTest, JournalIsNotGoneOnWithByOtherTraces) {
  options_.subjects = {"engine"};
  options_.journal = directory_ + "/journal.jsonl";
  options_.traces = directory_ + "/traces";
  std::filesystem::create_directory(options_.traces);
  write("traces/a.trace", "ovlspec trace 1\nlower 0\nmount\n");
  write("traces/b.trace", "ovlspec trace 1\nlower 0\nmount\n");
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  // The first trace is the same.
  write("traces/b.trace", "ovlspec trace 1\nlower 0\n  file f\nmount\n");
  EXPECT_EQ(check(options_), ExitStatus::kUsage);
}

TEST_F(CampaignTest, WhatAKilledRunSavedAsItMetItGoesOnceTheCaseIsPlayed) {
  options_.subjects = {"engine"};
  std::filesystem::create_directory(options_.out);
  const auto save = [this](const std::string& subject, std::uint64_t number) {
    Violation violation{.subject = subject, .key = "ID-3 stat 0123 case " + std::to_string(number)};
    violation.trace.lowers.emplace_back();
    return *save_violation(violation, options_.out);
  };
  const std::string met = save("engine", 2);
  const std::string not_played = save("engine", 7);
  const std::string of_another = save("engine:reuse", 2);
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  EXPECT_TRUE(std::filesystem::exists(met));
  options_.journal = directory_ + "/journal.jsonl";
  EXPECT_EQ(check(options_), ExitStatus::kConforms);
  EXPECT_FALSE(std::filesystem::exists(met));
  EXPECT_TRUE(std::filesystem::exists(not_played));
  EXPECT_TRUE(std::filesystem::exists(of_another));
}

TEST_F(CampaignTest, StoppedRunIsInconclusive) {
  options_.subjects = {"engine"};
  std::atomic<bool> stop{true};
  options_.settings.stop = &stop;
  EXPECT_EQ(check(options_), ExitStatus::kInconclusive);
}

}  // namespace
}  // namespace ovlspec::oracle
