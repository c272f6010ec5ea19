// What shards add up to.
#include "oracle/summary.h"

#include <gtest/gtest.h>

#include "oracle/disk_test_support.h"
#include "oracle/journal.h"

namespace ovlspec::oracle {
namespace {

class SummaryTest : public testing::Test {
 protected:
  // A shard's journal; nothing is in it but its head.
  std::unique_ptr<Journal> begin(const std::string& shard, const std::string& subject = "engine") {
    const CheckOptions options{.subjects = {subject}, .shard = *parse_shard(shard)};
    paths_.push_back(directory_.path() + "/" + std::to_string(paths_.size()));
    auto journal = std::make_unique<Journal>();
    EXPECT_EQ(Journal::open(paths_.back(), journal_head(options, "cases"), *journal), std::nullopt);
    return journal;
  }
  void play(const std::string& shard) {
    const auto journal = begin(shard);
    ASSERT_EQ(journal->add("engine", 1, 0.5, Played{.cases = 1}), std::nullopt);
    ASSERT_EQ(journal->end("engine", 1, {}), std::nullopt);
  }
  void fail(const std::string& shard) {
    ASSERT_EQ(begin(shard)->end("engine", 0, {.stale = {}, .failure = "no mounts here"}), std::nullopt);
  }
  ExitStatus sum() const { return summarise({.journals = paths_, .known = {}, .out = directory_.path() + "/out"}); }

  const TestDirectory directory_;
  std::vector<std::string> paths_;
};

TEST_F(SummaryTest, ShardsThatWerePlayedConform) {
  play("1/2");
  play("2/2");
  EXPECT_EQ(sum(), ExitStatus::kConforms);
}

TEST_F(SummaryTest, ShardThatTheSubjectCouldNotPlayIsInconclusive) {
  play("1/2");
  fail("2/2");
  EXPECT_EQ(sum(), ExitStatus::kInconclusive);
}

TEST_F(SummaryTest, ShardThatWasBrokenOffBeforeItsFirstCaseIsInconclusive) {
  play("1/2");
  begin("2/2");
  EXPECT_EQ(sum(), ExitStatus::kInconclusive);
}

TEST_F(SummaryTest, SubjectThatRanNowhereCannotRunHere) {
  fail("1/2");
  fail("2/2");
  EXPECT_EQ(sum(), ExitStatus::kEnvironment);
}

TEST_F(SummaryTest, ShardsOfDifferentCountsAreRefused) {
  play("1/2");
  play("1/3");
  EXPECT_EQ(sum(), ExitStatus::kUsage);
}

TEST_F(SummaryTest, MissingShardIsInconclusive) {
  play("1/2");
  EXPECT_EQ(sum(), ExitStatus::kInconclusive);
}

TEST_F(SummaryTest, CampaignTellsItsJournalThatASubjectCannotRun) {
  const std::string subject = "command:/nowhere/program {mount}";
  const std::string path = directory_.path() + "/journal";
  EXPECT_EQ(check({.subjects = {subject}, .out = directory_.path() + "/out", .journal = path}),
            ExitStatus::kEnvironment);
  const JournalTextOrError read = read_journal(path);
  ASSERT_TRUE(read.text) << read.error;
  const auto part = read.text->parts.find(subject);
  ASSERT_NE(part, read.text->parts.end());
  EXPECT_TRUE(part->second.ended->failure);
}

}  // namespace
}  // namespace ovlspec::oracle
