#include "oracle/vfs/engine_subject.h"

#include <gtest/gtest.h>

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

void add(model::Layer& layer, std::string_view parent, std::string_view name, model::Inode inode,
         model::Marks marks = {}) {
  const model::ObjectId object = layer.add(std::move(inode), std::move(marks));
  layer.tree.attach(*layer.tree.at(parent), name, object);
}

// Two lower layers in two places and an upper: a/f from the first, g hidden by the upper, b from the second.
Trace a_trace() {
  Trace trace;
  LayerImage top{.layer = {}, .place = 0};
  add(top.layer, "", "a", directory());
  add(top.layer, "a", "f", file("top"));
  add(top.layer, "", "g", file("hidden"));
  LayerImage bottom{.layer = {}, .place = 1};
  add(bottom.layer, "", "a", directory());
  add(bottom.layer, "a", "b", file("bottom"));
  LayerImage upper{.layer = {}, .place = 0};
  model::Marks whiteout;
  whiteout.whiteout = true;
  add(upper.layer, "", "g", an_inode(FileType::kCharDevice, 0, 0), whiteout);
  trace.lowers = {top, bottom};
  trace.upper = upper;
  return trace;
}

class EngineSubjectTest : public ::testing::Test {
 protected:
  void start(Trace trace, std::string_view options = "") {
    auto made = make_engine_subject(options);
    ASSERT_NE(made.subject, nullptr) << made.error.what;
    subject_ = std::move(made.subject);
    const auto prepared = subject_->prepare(trace);
    ASSERT_TRUE(prepared.ok()) << prepared.failure.what;
    mount();
  }
  void mount() {
    const auto mounted = subject_->mount();
    ASSERT_TRUE(mounted.ok()) << mounted.failure.what;
  }
  void unmount() {
    const auto unmounted = subject_->unmount();
    ASSERT_TRUE(unmounted.ok()) << unmounted.failure.what;
  }
  void mutate(const model::Mutation& mutation) {
    const auto mutated = subject_->mutate(mutation);
    ASSERT_TRUE(mutated.ok()) << mutated.failure.what;
  }
  Scanned scan() {
    auto scanned = subject_->scan();
    EXPECT_TRUE(scanned.ok()) << scanned.failure.what;
    return scanned.ok() ? std::move(*scanned.value) : Scanned{};
  }
  Errno error(Operation operation) { return subject_->apply(superuser(), operation).error; }
  Errno stat(std::string path) { return error(Stat{Target::at(std::move(path))}); }

  std::unique_ptr<Subject> subject_;
};

TEST_F(EngineSubjectTest, MountShowsTheMerge) {
  start(a_trace());
  EXPECT_EQ(stat("a/f"), Errno::kOk);
  EXPECT_EQ(stat("a/b"), Errno::kOk);
  EXPECT_EQ(stat("g"), Errno::kENOENT);
  unmount();
}

TEST_F(EngineSubjectTest, ScanGivesBackTheImagesOfAnUntouchedMount) {
  const Trace trace = a_trace();
  start(trace);
  EXPECT_EQ(error(ListDirectory{"a"}), Errno::kOk);
  unmount();
  const Scanned scanned = scan();
  ASSERT_EQ(scanned.layers.lowers.size(), 2U);
  ASSERT_TRUE(scanned.layers.upper.has_value());
  EXPECT_TRUE(scanned.leftovers.empty());
  EXPECT_FALSE(model::first_difference(scanned.layers.lowers[0].tree, trace.lowers[0].layer.tree));
  EXPECT_FALSE(model::first_difference(scanned.layers.lowers[1].tree, trace.lowers[1].layer.tree));
  const auto whiteout = scanned.layers.upper->tree.at("g");
  ASSERT_TRUE(whiteout.has_value());
  EXPECT_TRUE(scanned.layers.upper->mark(*whiteout).whiteout);
}

TEST_F(EngineSubjectTest, ChangesAreInTheUpperAfterTheUnmountAndLowersStay) {
  const Trace trace = a_trace();
  start(trace);
  EXPECT_EQ(error(Chmod{Target::at("a/b"), 0600}), Errno::kOk);
  EXPECT_EQ(error(Unlink{"a/f"}), Errno::kOk);
  unmount();
  const Scanned scanned = scan();
  const auto copy = scanned.layers.upper->tree.at("a/b");
  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(scanned.layers.upper->tree[*copy].mode, 0600U);
  EXPECT_FALSE(model::first_difference(scanned.layers.lowers[0].tree, trace.lowers[0].layer.tree));
  EXPECT_TRUE(scanned.leftovers.empty());
  mount();
  EXPECT_EQ(stat("a/f"), Errno::kENOENT);
  unmount();
}

TEST_F(EngineSubjectTest, CrashKeepsWhatWasDoneAndForgetsOpenUnlinkedFiles) {
  start(a_trace());
  EXPECT_EQ(error(Open{"new", creating(Access::kReadWrite), 0644, 0}), Errno::kOk);
  EXPECT_EQ(error(Write{0, 0, "abc"}), Errno::kOk);
  EXPECT_EQ(error(Open{"gone", creating(), 0644, 1}), Errno::kOk);
  EXPECT_EQ(error(Unlink{"gone"}), Errno::kOk);
  ASSERT_TRUE(subject_->crash().ok());
  mount();
  EXPECT_EQ(stat("new"), Errno::kOk);
  EXPECT_EQ(stat("gone"), Errno::kENOENT);
  unmount();
  EXPECT_TRUE(scan().leftovers.empty());
}

TEST_F(EngineSubjectTest, ReadOnlyStackHasNoUpperToScan) {
  Trace trace = a_trace();
  trace.upper.reset();
  start(trace);
  EXPECT_EQ(stat("g"), Errno::kOk);
  EXPECT_EQ(error(Mkdir{"x", 0755}), Errno::kEROFS);
  unmount();
  EXPECT_FALSE(scan().layers.upper.has_value());
}

TEST_F(EngineSubjectTest, MutationsOfLayersShowAfterTheNextMount) {
  start(a_trace());
  unmount();
  const model::LayerName top{.upper = false, .lower = 0};
  mutate(model::Put{.layer = top, .path = "a/new", .inode = file("x"), .marks = {}});
  mutate(model::Remove{.layer = {.upper = true}, .path = "g"});
  mutate(model::Move{.layer = top, .from = "a/f", .to = "a/moved"});
  mutate(model::CopyLayer{.layer = top});
  mutate(model::WipeWork{});
  mount();
  EXPECT_EQ(stat("a/new"), Errno::kOk);
  EXPECT_EQ(stat("g"), Errno::kOk);
  EXPECT_EQ(stat("a/f"), Errno::kENOENT);
  EXPECT_EQ(stat("a/moved"), Errno::kOk);
  unmount();
}

TEST_F(EngineSubjectTest, MutationsOfTheStackShowAfterTheNextMount) {
  start(a_trace());
  EXPECT_EQ(error(Mkdir{"made", 0755}), Errno::kOk);
  unmount();
  model::Layer added;
  add(added, "", "added", file("x"));
  mutate(model::AddLower{.position = 9, .place = 3, .layer = added});
  mutate(model::SwapLowers{.first = 0, .second = 1});
  mutate(model::UpperBecomesLower{});
  const Scanned scanned = scan();
  ASSERT_EQ(scanned.layers.lowers.size(), 4U);
  EXPECT_TRUE(scanned.layers.lowers[0].tree.at("made").has_value());
  EXPECT_TRUE(scanned.layers.lowers[1].tree.at("a/b").has_value());
  EXPECT_TRUE(scanned.layers.lowers[3].tree.at("added").has_value());
  EXPECT_TRUE(scanned.layers.upper->tree[model::kRoot].entries.empty());
  mount();
  EXPECT_EQ(stat("made"), Errno::kOk);
  EXPECT_EQ(stat("added"), Errno::kOk);
  EXPECT_EQ(stat("g"), Errno::kENOENT);
  unmount();
  mutate(model::RemoveLower{.position = 3});
  mount();
  EXPECT_EQ(stat("added"), Errno::kENOENT);
  unmount();
}

TEST_F(EngineSubjectTest, ReuseGivesAFreedNumberToTheNextObject) {
  for (const char* options : {"", "reuse"}) {
    start(a_trace(), options);
    unmount();
    mutate(model::Put{.layer = {.upper = true}, .path = "x", .inode = file("x"), .marks = {}});
    const auto first = scan().layers.upper;
    mutate(model::Remove{.layer = {.upper = true}, .path = "x"});
    mutate(model::Put{.layer = {.upper = true}, .path = "y", .inode = file("y"), .marks = {}});
    const auto second = scan().layers.upper;
    const model::Backing x = first->mark(*first->tree.at("x")).backing;
    const model::Backing y = second->mark(*second->tree.at("y")).backing;
    EXPECT_EQ(x.number == y.number, std::string_view(options) == "reuse");
    EXPECT_NE(x, y);
  }
}

TEST_F(EngineSubjectTest, NumbersSurviveAPlainRemount) {
  for (const char* options : {"", "uncached"}) {
    start(a_trace(), options);
    EXPECT_EQ(error(Chmod{Target::at("a/f"), 0600}), Errno::kOk);
    const auto number = [&] {
      return std::get<Attributes>(subject_->apply(superuser(), Stat{Target::at("a/f")}).payload).number;
    };
    const InodeNumber before = number();
    unmount();
    mount();
    EXPECT_EQ(number(), before);
    unmount();
  }
}

TEST_F(EngineSubjectTest, UnknownMountOptionIsRefused) {
  Trace trace = a_trace();
  trace.options = {"no-such-option"};
  auto made = make_engine_subject("");
  ASSERT_TRUE(made.subject->prepare(trace).ok());
  const auto mounted = made.subject->mount();
  EXPECT_FALSE(mounted.ok());
  EXPECT_EQ(mounted.failure.error, Errno::kEINVAL);
}

TEST_F(EngineSubjectTest, UserXattrKeepsItsRecordsInUserNamespace) {
  Trace trace = a_trace();
  trace.options = {"userxattr"};
  start(trace);
  EXPECT_EQ(error(Rename{"a", "b"}), Errno::kOk);
  EXPECT_EQ(stat("b/f"), Errno::kOk);
  unmount();
  mount();
  EXPECT_EQ(stat("b/f"), Errno::kOk);
  EXPECT_EQ(stat("a"), Errno::kENOENT);
  unmount();
}

TEST(EngineSubjectOptions, UnknownOneIsAUsageError) {
  const auto made = make_engine_subject("fast");
  EXPECT_EQ(made.subject, nullptr);
  EXPECT_TRUE(made.error.usage);
  EXPECT_NE(made.error.what.find("fast"), std::string::npos);
  EXPECT_EQ(make_engine_subject("reuse,uncached").subject->name(), "engine:reuse,uncached");
}

}  // namespace
}  // namespace ovlspec::oracle
