// Exhaustive search of small stacks: what it goes through, that it finds what is wrong, and that it can be gone on
// with.
#include "oracle/explore.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "oracle/mixing.h"
#include "oracle/state_digest.h"
#include "oracle/trace_text.h"
#include "oracle/world.h"

namespace ovlspec::oracle {
namespace {

std::vector<std::string> stacks_of(const WorldSize& size) {
  std::vector<std::string> texts;
  for (SmallStacks stacks(size); stacks.next();) texts.push_back(print_text(stacks.make()));
  return texts;
}

TEST(SmallStacks, EachIsThereOnce) {
  const std::vector<std::string> stacks = stacks_of({.layers = 2, .names = 2});
  EXPECT_EQ(std::set<std::string>(stacks.begin(), stacks.end()).size(), stacks.size());
  EXPECT_GT(stacks.size(), 5000U);
}

TEST(SmallStacks, HoldWhatOverlaysAreMadeOf) {
  std::string all;
  for (const std::string& stack : stacks_of({.layers = 2, .names = 2})) all += stack;
  for (const char* word : {"whiteout a/a", "opaque", "link b a", "symlink b", "upper", "lower 1"})
    EXPECT_NE(all.find(word), std::string::npos) << word;
}

// All but those whose lowers, having no name in common, lie the other way round.
TEST(SmallStacks, LowersWithoutACommonNameAreThereInOneOrder) {
  constexpr unsigned kShapes = 9;  // of one name, nothing among them
  EXPECT_EQ(stacks_of({.layers = 1, .names = 1}).size(), kShapes);
  EXPECT_EQ(stacks_of({.layers = 2, .names = 1}).size(), kShapes + 2 * kShapes * kShapes - (kShapes - 1));
}

TEST(SmallStacks, SearchThatIsStoppedCanBeGoneOnWith) {
  std::vector<std::string> found;
  SmallStacks stacks({.layers = 2, .names = 1});
  for (std::atomic<bool> stop{true}; stacks.next(); stop = true) {
    found.push_back(print_text(stacks.make()));
    EXPECT_FALSE(stacks.next(&stop));
    EXPECT_FALSE(stacks.is_at_end());
  }
  EXPECT_TRUE(stacks.is_at_end());
  EXPECT_EQ(found, stacks_of({.layers = 2, .names = 1}));
}

TEST(StateDigest, IsOfTheLayersUpToNames) {
  const auto digest = [](const World& world) { return state_digest(world.layers(), 2); };
  const std::uint64_t one = digest(world().lower().file("a", "x").dir("b").upper());
  EXPECT_EQ(one, digest(world().lower().dir("a").file("b", "x").upper()));
  EXPECT_NE(one, digest(world().lower().file("a", "y").dir("b").upper()));
  EXPECT_NE(one, digest(world().lower().file("a", "x").dir("b").opaque().upper()));
  EXPECT_NE(one, digest(world().lower().file("a", "x").upper().dir("b")));
  EXPECT_NE(one, digest(world().lower().file("a", "x").dir("b")));
  EXPECT_NE(one, digest(world().lower().file("a", "x").owner(1000, 0).dir("b").upper()));
  EXPECT_NE(one, digest(world().lower().file("a", "x").owner(0, 1000).dir("b").upper()));
  EXPECT_NE(digest(world().lower().device("a", {1, 3})), digest(world().lower().device("a", {1, 5})));
  model::Layers metacopy = world().lower().file("a", "x").dir("b").upper().layers();
  metacopy.lowers[0].marks[1].metacopy = true;
  EXPECT_NE(one, state_digest(metacopy, 2));
  const std::uint64_t linked = digest(world().lower().file("a", "x").link("b", "a"));
  EXPECT_NE(linked, digest(world().lower().file("a", "x").file("b", "x")));
}

TEST(StateSet, CountsWhatIsDifferentUntilItIsFull) {
  StateSet states(0);
  for (int round = 0; round < 2; ++round)
    for (std::uint64_t i = 0; i < 800; ++i) states.add(mixed(i));
  EXPECT_EQ(states.count(), 800U);
  EXPECT_FALSE(states.is_full());
  for (std::uint64_t i = 0; i < 2000; ++i) states.add(mixed(i));
  EXPECT_TRUE(states.is_full());
  EXPECT_LT(states.count(), 1024U);
}

// Passes everything on to the engine, but for what a test changes.
class Wrapped : public Subject {
 public:
  Wrapped() : inner_(make_subject("engine").subject) {}
  std::string name() const override { return "engine"; }
  Attempt<Done> prepare(const Trace& trace) override { return inner_->prepare(trace); }
  Attempt<Done> mount() override { return inner_->mount(); }
  Attempt<Done> unmount() override { return inner_->unmount(); }
  Attempt<Done> crash() override { return inner_->crash(); }
  void drop_caches() override { inner_->drop_caches(); }
  Outcome apply(const Caller& caller, const Operation& operation) override { return inner_->apply(caller, operation); }
  std::optional<std::uint64_t> writes() const override { return inner_->writes(); }
  std::optional<std::uint64_t> walked_at_mount() const override { return inner_->walked_at_mount(); }
  Attempt<Done> mutate(const model::Mutation& mutation) override { return inner_->mutate(mutation); }
  Attempt<Scanned> scan() override { return inner_->scan(); }
  std::shared_ptr<const Snapshot> snapshot() override { return inner_->snapshot(); }
  std::optional<std::uint64_t> digest() override { return inner_->digest(); }
  Attempt<Done> go_back(const Snapshot& snapshot) override { return inner_->go_back(snapshot); }

 protected:
  std::unique_ptr<Subject> inner_;
};

// What is removed a second time within a mount is not removed, and success is told.
class ForgetsToRemove : public Wrapped {
 public:
  Attempt<Done> mount() override {
    removed_ = false;
    return Wrapped::mount();
  }
  Outcome apply(const Caller& caller, const Operation& operation) override {
    const auto* unlink = std::get_if<Unlink>(&operation);
    if (unlink == nullptr) return Wrapped::apply(caller, operation);
    const Outcome there = Wrapped::apply(caller, Stat{Target::at(unlink->path, Follow::kNoFollow)});
    const auto* attributes = std::get_if<Attributes>(&there.payload);
    if (removed_ && attributes != nullptr && attributes->type != FileType::kDirectory) return Outcome::success();
    const Outcome outcome = Wrapped::apply(caller, operation);
    removed_ = removed_ || outcome.ok();
    return outcome;
  }

 private:
  bool removed_ = false;
};

// A failed operation leaves something on disk.
class WritesOnError : public Wrapped {
 public:
  Outcome apply(const Caller& caller, const Operation& operation) override {
    const Outcome outcome = Wrapped::apply(caller, operation);
    if (std::holds_alternative<Rmdir>(operation) && outcome.error == Errno::kENOTEMPTY)
      (void)Wrapped::apply(caller, Chmod{Target::at("/"), 0700});
    return outcome;
  }
};

// Cannot do without what lies in the work directory.
class NeedsWork : public Wrapped {
 public:
  Attempt<Done> prepare(const Trace& trace) override {
    without_.clear();
    wiped_ = false;
    return Wrapped::prepare(trace);
  }
  Attempt<Done> mutate(const model::Mutation& mutation) override {
    wiped_ = std::holds_alternative<model::WipeWork>(mutation);
    return Wrapped::mutate(mutation);
  }
  std::shared_ptr<const Snapshot> snapshot() override {
    auto taken = Wrapped::snapshot();
    if (wiped_) without_.push_back(taken);
    return taken;
  }
  Attempt<Done> go_back(const Snapshot& snapshot) override {
    const auto is_it = [&snapshot](const auto& taken) { return taken.get() == &snapshot; };
    wiped_ = std::any_of(without_.begin(), without_.end(), is_it);
    return Wrapped::go_back(snapshot);
  }
  Attempt<Done> mount() override {
    if (!wiped_) return Wrapped::mount();
    return {.value = std::nullopt, .failure = {.error = Errno::kEIO, .what = "no work", .fault = Fault::kSubject}};
  }

 private:
  bool wiped_ = false;
  std::vector<std::shared_ptr<const Snapshot>> without_;
};

template <typename Kind>
SubjectOrError make() {
  return SubjectOrError{.subject = std::make_unique<Kind>(), .error = {}};
}

class ExploreTest : public testing::Test {
 protected:
  static std::string directory() { return testing::TempDir() + "/ovlspec-explore"; }
  ExploreOptions options(const WorldSize& size, unsigned length) const {
    return {.size = size, .length = length, .memory = 1U << 20U, .out = directory()};
  }
};

// A change of these figures is a change of what is explored, of the rules, or of what the engine leaves on disk: its
// commit says which.
TEST_F(ExploreTest, TinyWorldIsExploredCompletely) {
  const ExploreReport report = explore_all(options({.layers = 2, .names = 1}, 2), make<Wrapped>);
  EXPECT_FALSE(report.failure);
  EXPECT_TRUE(report.violations.empty());
  EXPECT_EQ(report.finished, 163U);
  EXPECT_EQ(report.explored.sequences, 76494U);
  EXPECT_EQ(report.explored.states, 11132U);
  EXPECT_EQ(report.different, 4556U);
  EXPECT_EQ(report.explored.met.count(), 59U);
  EXPECT_EQ(report.explored.digest, 0x6efab7565d7d0bddULL);
}

TEST_F(ExploreTest, ThreadsChangeNothing) {
  ExploreOptions shared = options({.layers = 2, .names = 1}, 1);
  const ExploreReport alone = explore_all(shared, make<Wrapped>);
  shared.jobs = 3;
  const ExploreReport together = explore_all(shared, make<Wrapped>);
  EXPECT_EQ(together.explored, alone.explored);
  EXPECT_EQ(together.different, alone.different);
}

TEST_F(ExploreTest, RunGoesOnWhereTheLastOneStopped) {
  ExploreOptions resumed = options({.layers = 2, .names = 1}, 1);
  const ExploreReport whole = explore_all(resumed, make<Wrapped>);
  resumed.progress = testing::TempDir() + "/ovlspec-explore-progress";
  std::remove(resumed.progress.c_str());
  EXPECT_EQ(explore_all(resumed, make<Wrapped>).explored, whole.explored);
  std::ifstream file(resumed.progress);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // The last line is torn, and half of them are missing.
  std::ofstream(resumed.progress) << text.substr(0, text.size() / 2);
  const ExploreReport report = explore_all(resumed, make<Wrapped>);
  EXPECT_GT(report.resumed, 40U);
  EXPECT_LT(report.resumed, 120U);
  EXPECT_EQ(report.explored, whole.explored);
  resumed.length = 2;
  EXPECT_TRUE(explore_all(resumed, make<Wrapped>).failure);
  resumed.length = 1;
  std::ofstream(resumed.progress) << text.insert(text.find('\n') + 1, "{\"stack\":1}\n");
  const ExploreReport damaged = explore_all(resumed, make<Wrapped>);
  EXPECT_EQ(damaged.failure, resumed.progress + ": line 2: no line of an exploration");
  EXPECT_EQ(damaged.finished, 0U);
}

// There are some 10^12 stacks.
TEST_F(ExploreTest, TimeBoundsTheSearchForStacksToo) {
  ExploreOptions limited = options({.layers = 4, .names = 3}, 1);
  limited.seconds = 0.5;
  const ExploreReport report = explore_all(limited, make<Wrapped>);
  EXPECT_TRUE(report.stopped);
  EXPECT_TRUE(report.has_more);
  EXPECT_GT(report.finished, 0U);
  EXPECT_LT(report.seconds, 10);
}

TEST_F(ExploreTest, BugThatTakesTwoStepsIsFoundAndMadeSmall) {
  const ExploreReport one_step = explore_all(options({.layers = 2, .names = 1}, 1), make<ForgetsToRemove>);
  EXPECT_TRUE(one_step.violations.empty());
  const ExploreReport report = explore_all(options({.layers = 2, .names = 2}, 2), make<ForgetsToRemove>);
  ASSERT_FALSE(report.violations.empty());
  const Violation& violation = report.violations.front();
  const auto is_unlink = [](const Event& event) {
    const auto* step = std::get_if<Step>(&event);
    return step != nullptr && std::holds_alternative<Unlink>(step->operation);
  };
  EXPECT_EQ(std::count_if(violation.trace.events.begin(), violation.trace.events.end(), is_unlink), 2);
  EXPECT_LE(violation.trace.events.size(), 4U) << print_text(violation.trace);
}

TEST_F(ExploreTest, WhatAnErrorLeavesOnDiskIsFound) {
  const ExploreReport report = explore_all(options({.layers = 2, .names = 1}, 1), make<WritesOnError>);
  ASSERT_FALSE(report.violations.empty());
}

TEST_F(ExploreTest, WorkDirectoryIsWiped) {
  const ExploreReport report = explore_all(options({.layers = 2, .names = 1}, 2), make<NeedsWork>);
  ASSERT_FALSE(report.violations.empty());
  EXPECT_EQ(report.violations.front().finding.rule, model::Rule::kMount);
}

// What a search that goes on from somewhere is told by.
struct LeftBehind {
  std::uint64_t layers = 0;
  std::uint64_t snapshot = 0;
  std::uint64_t judge = 0;
  bool operator==(const LeftBehind&) const = default;
};
enum class Looks : std::uint8_t { kAtAll, kAtNothing };
// By this, done to a lower file.
LeftBehind left_by(const std::vector<Operation>& operations, Looks looks) {
  const auto subject = make_subject("engine").subject;
  const Profile profile;
  Judge judge(profile);
  EXPECT_TRUE(subject->prepare(world().lower("f", "x").upper().trace()).ok());
  EXPECT_EQ(judge.layers_changed(subject->scan().value->layers), Verdict::kFine);
  EXPECT_TRUE(subject->mount().ok());
  EXPECT_EQ(judge.mounted(std::nullopt), Verdict::kFine);
  const auto ask = [&](const Operation& operation) {
    EXPECT_EQ(judge.step(superuser(), operation, subject->apply(superuser(), operation)), Verdict::kFine);
  };
  for (const Operation& operation : operations) ask(operation);
  if (looks == Looks::kAtAll)
    for (const Operation& operation : judge.walk()) ask(operation);
  EXPECT_TRUE(subject->unmount().ok());
  const Attempt<Scanned> scanned = subject->scan();
  EXPECT_EQ(judge.ended(*scanned.value, Ending::kUnmount), Verdict::kFine);
  Mixing told;
  judge.tell([&told](std::uint64_t word) { told.add(word); });
  return {.layers = state_digest(scanned.value->layers, 1), .snapshot = *subject->digest(), .judge = told.value()};
}

TEST(WhatASearchGoesOnFrom, IsAllThatTheFutureDependsOn) {
  const Operation unlink = Unlink{"f"};
  const Operation chmod = Chmod{Target::at("f"), 0600};
  const Operation no_change = Open{.path = "f", .flags = {}, .mode = 0, .slot = 0};
  const LeftBehind removed = left_by({unlink}, Looks::kAtAll);
  EXPECT_EQ(removed, left_by({unlink}, Looks::kAtAll));
  EXPECT_EQ(left_by({}, Looks::kAtAll), left_by({no_change}, Looks::kAtAll));
  // What was copied up left its claim in the work directory and in the seal.
  const LeftBehind copied_up = left_by({chmod, unlink}, Looks::kAtAll);
  EXPECT_EQ(copied_up.layers, removed.layers);
  EXPECT_NE(copied_up.snapshot, removed.snapshot);
  // A number that was seen has to be shown again.
  const LeftBehind seen = left_by({Stat{Target::at("f")}, unlink}, Looks::kAtAll);
  EXPECT_EQ(seen.layers, removed.layers);
  EXPECT_EQ(seen.snapshot, removed.snapshot);
  EXPECT_NE(seen.judge, removed.judge);
  EXPECT_NE(left_by({}, Looks::kAtAll).judge, left_by({}, Looks::kAtNothing).judge);
}

TEST_F(ExploreTest, SubjectWithoutSnapshotsIsAFailure) {
  const ExploreReport report =
      explore_all(options({.layers = 1, .names = 1}, 1), [] { return make_subject("engine:identity=volatile"); });
  ASSERT_TRUE(report.failure);
  EXPECT_NE(report.failure->find("no snapshots"), std::string::npos);
}

}  // namespace
}  // namespace ovlspec::oracle
