// What a campaign is put together from: shards, coverage, what was played, and the journal.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "oracle/disk_test_support.h"
#include "oracle/journal.h"
#include "oracle/ledger.h"

namespace ovlspec::oracle {
namespace {

TEST(Shard, ShardsTogetherHaveEachCaseOnce) {
  std::set<std::uint64_t> numbers;
  for (const char* text : {"1/3", "2/3", "3/3"})
    for (std::uint64_t place = 0; place < 4; ++place)
      EXPECT_TRUE(numbers.insert(parse_shard(text)->number(place)).second) << text << " " << place;
  EXPECT_EQ(numbers.size(), 12U);
  EXPECT_EQ(*numbers.rbegin(), 11U);
}

TEST(Shard, TextOfNoShardIsNone) {
  for (const char* text : {"", "1", "0/3", "4/3", "1/0", "/", "a/b", "1/3x", "-1/3"})
    EXPECT_FALSE(parse_shard(text)) << text;
  EXPECT_EQ(shard_text(*parse_shard("2/7")), "2/7");
}

TEST(Coverage, PairIsWitnessedInOneCaseOnly) {
  model::RuleSet first;
  model::RuleSet second;
  first.set(1).set(5);
  second.set(1).set(9);
  Coverage coverage;
  coverage.add_case(first);
  coverage.add_case(second);
  EXPECT_EQ(coverage.rules[1], 2U);
  EXPECT_TRUE(coverage.pairs.test(pair_place(1, 5)));
  EXPECT_TRUE(coverage.pairs.test(pair_place(1, 9)));
  EXPECT_FALSE(coverage.pairs.test(pair_place(5, 9)));
  EXPECT_EQ(coverage.pairs.count(), 2U);
}

// With everything that it can hold.
Played some_played(std::uint64_t cases) {
  Played played{.cases = cases, .operations = 30, .unjudged = 1, .failed_at_end = 1};
  model::RuleSet met;
  met.set(0).set(3).set(model::kRuleCount - 1);
  for (std::uint64_t i = 0; i < cases; ++i) played.coverage.add_case(met);
  played.coverage.answers[{Operation(Mkdir{}).index(), Errno::kEEXIST}] = 3;
  played.deviations[2] = {.ideal = 4, .shown = 5};
  played.shown[3] = {.cases = 7, .novelty = 8};
  played.declined["mknod"] = 6;
  played.failures["no \"space\""] = 1;
  Violation violation{.key = "ID-3 stat 0123", .number = 7, .steadiness = {.replays = 5, .shown = 2}};
  violation.finding = {.rule = model::Rule::kConstant,
                       .event = 3,
                       .operation = Stat{Target::at(std::string("a\xff/b"))},
                       .observed = true,
                       .what = std::string("name \xfe", 6)};
  violation.trace.lowers.emplace_back();
  violation.trace.callers.push_back({"root", superuser()});
  violation.trace.events = {Mount{}, Step{0, Mkdir{"d", 0755}}};
  played.sightings = {{.kind = kind_of(violation.finding), .small = violation},
                      {.kind = "OVL-RD-1 list", .small = std::nullopt}};
  return played;
}

TEST(Played, LineSaysTheSame) {
  for (const std::uint64_t cases : {1, 2}) {
    const Played played = some_played(cases);
    const std::string line = print_played(played);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse_played(line);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(print_played(*parsed), line);
    EXPECT_EQ(parsed->coverage, played.coverage);
    EXPECT_EQ(parsed->shown, played.shown);
    const Violation& small = *parsed->sightings[0].small;
    EXPECT_EQ(small.finding.what, played.sightings[0].small->finding.what);
    EXPECT_EQ(small.finding.operation, played.sightings[0].small->finding.operation);
    EXPECT_EQ(small.trace.events, played.sightings[0].small->trace.events);
    EXPECT_EQ(small.steadiness.shown, 2U);
    EXPECT_FALSE(parsed->sightings[1].small);
  }
  EXPECT_FALSE(parse_played("{}"));
  EXPECT_FALSE(parse_played("{\"cases\":"));
}

// Of one case that showed so much.
ShownByEmphasis one_case(Emphasis emphasis, std::uint64_t novelty) {
  ShownByEmphasis shown{};
  shown[static_cast<std::size_t>(emphasis)] = {.cases = 1, .novelty = novelty};
  return shown;
}

TEST(Steering, WhatShowsMoreIsChosenMoreOftenAndNothingIsGivenUp) {
  Steering steering(1);
  std::array<unsigned, kEmphases> chosen{};
  constexpr std::uint64_t kCases = 40 * Steering::kEpoch;
  for (std::uint64_t place = 0; place < kCases; ++place) {
    const Emphasis emphasis = steering.of(place);
    ++chosen[static_cast<std::size_t>(emphasis)];
    steering.learn(one_case(emphasis, emphasis == Emphasis::kStreams ? 5 : 0));
  }
  for (std::size_t i = 0; i < kEmphases; ++i) EXPECT_GT(chosen[i], 5U) << kEmphasisWords[i];
  EXPECT_GT(chosen[static_cast<std::size_t>(Emphasis::kStreams)], kCases / 2);
}

TEST(Steering, DependsOnEpochsNotOnHowTheyAreTold) {
  Steering by_case(7);
  Steering by_batch(7);
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    ShownByEmphasis batch{};
    for (std::uint64_t i = 0; i < Steering::kEpoch; ++i) {
      const std::uint64_t place = epoch * Steering::kEpoch + i;
      const Emphasis emphasis = by_case.of(place);
      EXPECT_EQ(emphasis, by_batch.of(place));
      by_case.learn(one_case(emphasis, place % 7));
      ShownCases& sum = batch[static_cast<std::size_t>(emphasis)];
      ++sum.cases;
      sum.novelty += place % 7;
    }
    by_batch.learn(batch);
    EXPECT_EQ(by_case.end(), (epoch + 2) * Steering::kEpoch);
  }
}

TEST(Steering, NoveltyIsOfWhatNothingHadBefore) {
  model::RuleSet met;
  met.set(2).set(4);
  Coverage before;
  Coverage of_case;
  of_case.add_case(met);
  of_case.answers[{1, Errno::kEIO}] = 9;
  EXPECT_EQ(novelty_of(before, of_case), 2 * 50 + 10 + 1);
  before += of_case;
  EXPECT_EQ(novelty_of(before, of_case), 0U);
}

class JournalTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/journal.jsonl"; }
  std::string text() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write() {
    Journal journal;
    ASSERT_EQ(Journal::open(path(), head_, journal), std::nullopt);
    ASSERT_EQ(journal.add("engine", 2, 0.5, some_played(2)), std::nullopt);
    ASSERT_EQ(journal.add("engine", 5, 0.25, some_played(3)), std::nullopt);
    ASSERT_EQ(journal.end("engine", 5, {.stale = {"a key"}, .failure = "no space", .stopped = true}), std::nullopt);
  }

  const TestDirectory directory_;
  const JournalHead head_ = journal_head(CheckOptions{.subjects = {"engine"}}, "cases");
};

TEST_F(JournalTest, IsReadAsItWasWritten) {
  write();
  const auto read = read_journal(path());
  ASSERT_TRUE(read.text) << read.error;
  EXPECT_EQ(read.text->head, head_);
  const JournalPart& part = read.text->parts.at("engine");
  EXPECT_EQ(part.next, 5U);
  EXPECT_EQ(part.seconds, 0.75);
  ASSERT_EQ(part.played.size(), 2U);
  EXPECT_EQ(print_played(part.played[1]), print_played(some_played(3)));
  EXPECT_EQ(part.ended->failure, "no space");
  EXPECT_TRUE(part.ended->stopped);
}

TEST_F(JournalTest, TornLastLineIsCutWhereverItEnds) {
  write();
  const std::string whole = text();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  const std::size_t middle = whole.rfind('\n', last - 2) + 1;
  for (std::size_t length = middle + 1; length < whole.size(); length += 97) {
    std::ofstream(path()) << whole.substr(0, length);
    Journal journal;
    ASSERT_EQ(Journal::open(path(), head_, journal), std::nullopt);
    EXPECT_EQ(journal.before().parts.at("engine").next, length < last ? 2U : 5U) << length;
    ASSERT_EQ(journal.add("engine", 9, 1, some_played(1)), std::nullopt);
    EXPECT_EQ(read_journal(path()).text->parts.at("engine").next, 9U);
  }
}

TEST_F(JournalTest, DamagedLineIsRefusedByItsNumber) {
  write();
  const std::string whole = text();
  const std::size_t second = whole.find('\n') + 1;
  const std::string damaged = whole.substr(0, second) + "{}" + whole.substr(second);
  std::ofstream(path()) << damaged;
  Journal journal;
  for (const auto& why : {Journal::open(path(), head_, journal), std::optional(read_journal(path()).error)}) {
    ASSERT_TRUE(why);
    EXPECT_EQ(*why, path() + ": line 2: no line of a journal");
  }
  EXPECT_EQ(text(), damaged);
}

TEST_F(JournalTest, OtherCampaignIsRefusedInOneLine) {
  write();
  for (const auto& [name, value] : head_) {
    JournalHead other = head_;
    other[name] = value + "x";
    Journal journal;
    const auto why = Journal::open(path(), other, journal);
    ASSERT_TRUE(why) << name;
    EXPECT_NE(why->find("another " + name), std::string::npos) << *why;
    EXPECT_EQ(why->find('\n'), std::string::npos);
  }
  std::ofstream(path()) << "no journal\n";
  Journal journal;
  EXPECT_TRUE(Journal::open(path(), head_, journal));
}

TEST(Ledger, BatchesAddUpToWhatTheirCasesDo) {
  Profile profile;
  profile.deviations.resize(3);
  const TestDirectory directory;
  const Ledger::Context context{.profile = profile, .known = {}, .out = directory.path()};
  Ledger apart("engine", context);
  Ledger together("engine", context);
  Played batch;
  for (int i = 0; i < 6; ++i) {
    Played played = some_played(1);
    played.sightings.pop_back();
    apart.settle(played);
    apart.add(played);
    batch.add(played);
  }
  together.add(batch);
  for (const Ledger* ledger : {&apart, &together}) {
    const SubjectReport& report = ledger->report();
    EXPECT_EQ(report.cases, 6U);
    EXPECT_EQ(ledger->failed_in_a_row(), 6U);
    ASSERT_EQ(report.violations.size(), 1U);
    // The first, three that were nothing new, and two that were not made small.
    EXPECT_EQ(report.violations[0].count, 4U);
    EXPECT_EQ(report.violations[0].likely, 2U);
    EXPECT_EQ(ledger->exhausted().size(), 1U);
    EXPECT_EQ(report.coverage, apart.report().coverage);
  }
}

TEST(Ledger, ViolationThatWasSeenAgainOnceIsNotFlaky) {
  const Profile profile;
  const TestDirectory directory;
  Ledger ledger("engine", {.profile = profile, .known = {}, .out = directory.path()});
  Played played = some_played(1);
  played.deviations.clear();
  played.sightings.pop_back();
  played.sightings[0].small->steadiness = {.replays = 5, .shown = 0};
  ledger.add(played);
  EXPECT_TRUE(ledger.report().violations[0].steadiness.is_flaky());
  played.sightings[0].small->steadiness = {.replays = 5, .shown = 1};
  ledger.add(played);
  EXPECT_FALSE(ledger.report().violations[0].steadiness.is_flaky());
}

}  // namespace
}  // namespace ovlspec::oracle
