#include "oracle/judge.h"

#include <gtest/gtest.h>

namespace ovlspec::oracle {
namespace {

using model::Rule;

model::Inode file(std::string content) {
  return model::Inode{.type = FileType::kRegular, .mode = 0644, .content = model::Content(std::move(content))};
}

// A lower with `f`, hard links `h1` and `h2`, a directory `d` with `d/x`, and an empty upper.
model::Layers layers() {
  model::Layers made;
  model::Layer lower;
  lower.tree.attach(model::kRoot, "f", lower.add(file("content")));
  const model::ObjectId linked = lower.add(file("linked"));
  lower.tree.attach(model::kRoot, "h1", linked);
  lower.tree.attach(model::kRoot, "h2", linked);
  const model::ObjectId directory = lower.add(model::Inode{.type = FileType::kDirectory, .mode = 0755});
  lower.tree.attach(model::kRoot, "d", directory);
  lower.tree.attach(directory, "x", lower.add(file("x")));
  made.lowers.push_back(lower);
  made.upper.emplace();
  return made;
}

class JudgeTest : public testing::Test {
 protected:
  explicit JudgeTest(Profile profile = {}) : profile_(std::move(profile)), judge_(profile_) { mount(); }

  void mount() {
    ASSERT_EQ(judge_.layers_changed(layers()), Verdict::kFine);
    ASSERT_EQ(judge_.mounted(std::nullopt), Verdict::kFine);
  }
  Verdict step(const Operation& operation, const Outcome& outcome) {
    return judge_.step(superuser(), operation, outcome);
  }
  // What a correct subject shows of a path.
  Attributes attributes(const std::string& path, InodeNumber number) const {
    const model::Inode& inode = judge_.world()[*judge_.world().tree.at(path)];
    return Attributes{.type = inode.type,
                      .mode = inode.mode,
                      .links = inode.is(FileType::kDirectory) ? 1 : inode.links,
                      .size = inode.content.size(),
                      .modify_time = inode.modify_time.value,
                      .number = number,
                      .file_system = 7};
  }
  Attributes changed_at(Time time) const {
    Attributes seen = attributes("f", 10);
    seen.change_time = time;
    return seen;
  }
  Verdict stat(const std::string& path, const Attributes& seen) {
    return step(Stat{Target::at(path, Follow::kNoFollow)}, Outcome::success(seen));
  }
  void expect_finding(Rule rule) {
    ASSERT_TRUE(judge_.finding().has_value());
    EXPECT_EQ(judge_.finding()->rule, rule) << judge_.finding()->what;
  }
  Scanned scanned(model::Layers made) const { return Scanned{.layers = std::move(made)}; }

  Profile profile_;
  Judge judge_;
};

// Layers whose inodes are known, so that objects continue over changes: `f` of the lower, `u` of the upper.
class HistoryTest : public JudgeTest {
 protected:
  HistoryTest() {
    stack_.lowers.emplace_back().tree.attach(model::kRoot, "f", add(stack_.lowers.back(), 10));
    stack_.upper.emplace().tree.attach(model::kRoot, "u", add(*stack_.upper, 20));
    begin(0);
  }

  static model::ObjectId add(model::Layer& layer, InodeNumber number) {
    return layer.add(file("content"), model::Marks{.backing = {.file_system = 1, .number = number, .generation = 1}});
  }
  Verdict begin(std::optional<std::uint64_t> walked) {
    const Verdict verdict = judge_.layers_changed(stack_);
    return verdict == Verdict::kFine ? judge_.mounted(std::nullopt, walked) : verdict;
  }
  // `f` and `u` are seen, their handles taken, and the mount ends.
  void look_and_end() {
    EXPECT_EQ(stat("f", attributes("f", 100)), Verdict::kFine);
    EXPECT_EQ(stat("u", attributes("u", 101)), Verdict::kFine);
    for (const Judge::Named& named : judge_.without_handle()) judge_.handle_taken(named, "handle of " + named.path);
    EXPECT_EQ(judge_.ended(scanned(stack_), Ending::kUnmount), Verdict::kFine);
  }
  // Such a mount, and a change of the layers after it.
  Verdict remount_after(const model::Mutation& mutation, std::optional<std::uint64_t> walked = std::nullopt) {
    look_and_end();
    judge_.changed(mutation, {}, {});
    return begin(walked);
  }
  Verdict open_handle(const std::string& path, const Result<HandleOpened>& opened) {
    for (const ObjectHistory::Handle& handle : judge_.handles())
      if (handle.path == path) return judge_.handle_opened(handle, opened);
    ADD_FAILURE() << "no handle was taken at " << path;
    return Verdict::kUnjudged;
  }
  HandleOpened opened(const std::string& path, InodeNumber number, std::string content = "content") const {
    return {.attributes = attributes(path, number), .content = std::move(content)};
  }

  model::Layers stack_;
  const model::Mutation moved_ = model::Move{.layer = {.upper = false, .lower = 0}, .from = "x", .to = "y"};
};

TEST_F(HistoryTest, AnObjectThatContinuesKeepsItsNumber) {
  ASSERT_EQ(remount_after(moved_), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 100)), Verdict::kFine);
  EXPECT_TRUE(judge_.met().test(static_cast<std::size_t>(Rule::kOfflineChange)));
  EXPECT_EQ(stat("u", attributes("u", 102)), Verdict::kViolation);
  expect_finding(Rule::kOfflineChange);
}

TEST_F(HistoryTest, AChangeOfTheStackAloneIsItsOwnGuarantee) {
  ASSERT_EQ(remount_after(model::SwapLowers{.first = 0, .second = 0}), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 102)), Verdict::kViolation);
  expect_finding(Rule::kStackChange);
}

TEST_F(HistoryTest, AnotherInodeUnderTheNameIsAnotherObject) {
  look_and_end();
  stack_.lowers[0].marks[*stack_.lowers[0].tree.at("f")].backing.generation = 2;
  judge_.changed(moved_, {}, {});
  ASSERT_EQ(begin(0), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 102)), Verdict::kFine);
}

TEST_F(HistoryTest, AHandleOpensItsObject) {
  ASSERT_EQ(remount_after(moved_), Verdict::kFine);
  EXPECT_EQ(open_handle("/f", opened("f", 100)), Verdict::kFine);
  EXPECT_EQ(open_handle("/f", Errno::kESTALE), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, AHandleOpensNoOtherObject) {
  ASSERT_EQ(remount_after(moved_), Verdict::kFine);
  EXPECT_EQ(open_handle("/f", opened("u", 101)), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, AHandleOpensNoOtherBytes) {
  ASSERT_EQ(remount_after(moved_), Verdict::kFine);
  EXPECT_EQ(open_handle("/f", opened("f", 100, "CONTENT")), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, AHandleOfWhatIsGoneIsStale) {
  for (const Judge::Named& named : judge_.without_handle()) judge_.handle_taken(named, "handle of " + named.path);
  ASSERT_EQ(stat("u", attributes("u", 101)), Verdict::kFine);
  const Attributes seen = attributes("u", 101);
  ASSERT_EQ(step(Unlink{"u"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(open_handle("/u", Errno::kESTALE), Verdict::kFine);
  EXPECT_EQ(open_handle("/u", Errno::kEIO), Verdict::kViolation);
  EXPECT_EQ(open_handle("/u", HandleOpened{.attributes = seen, .content = "content"}), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, WhatIsGoneAndOpenMayBeOpenedByItsHandle) {
  for (const Judge::Named& named : judge_.without_handle()) judge_.handle_taken(named, "handle of " + named.path);
  ASSERT_EQ(stat("u", attributes("u", 101)), Verdict::kFine);
  const Attributes seen = attributes("u", 101);
  ASSERT_EQ(step(Open{.path = "u", .slot = 1}, Outcome::success()), Verdict::kFine);
  ASSERT_EQ(step(Unlink{"u"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(open_handle("/u", HandleOpened{.attributes = seen, .content = "content"}), Verdict::kFine);
  EXPECT_EQ(open_handle("/u", opened("f", 100)), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, AHandleIsNotRefused) {
  EXPECT_EQ(judge_.handle_refused(judge_.without_handle().front(), Errno::kEIO), Verdict::kViolation);
  expect_finding(Rule::kHandles);
}

TEST_F(HistoryTest, LookingWritesNothing) {
  EXPECT_EQ(judge_.walked(0), Verdict::kFine);
  EXPECT_EQ(judge_.walked(1), Verdict::kViolation);
  expect_finding(Rule::kCost);
}

TEST_F(HistoryTest, AMountLooksAtTheUpperOnlyWhereItIsNew) {
  ASSERT_EQ(remount_after(model::WipeWork{}, 1), Verdict::kFine);
  EXPECT_EQ(remount_after(moved_, 1), Verdict::kViolation);
  expect_finding(Rule::kCost);
}

TEST_F(HistoryTest, AMountLooksAtNoMoreThanTheUpperHas) {
  EXPECT_EQ(remount_after(model::WipeWork{}, 2), Verdict::kViolation);
  expect_finding(Rule::kCost);
}

TEST_F(JudgeTest, CorrectAnswersAreFine) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(stat("h1", attributes("h1", 11)), Verdict::kFine);
  EXPECT_EQ(stat("h2", attributes("h2", 11)), Verdict::kFine);
  EXPECT_EQ(step(Unlink{"missing"}, Outcome::failure(Errno::kENOENT)), Verdict::kFine);
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kFine);
  EXPECT_FALSE(judge_.finding().has_value());
}

TEST_F(JudgeTest, ErrorThatNoRulePermitsIsAViolation) {
  EXPECT_EQ(step(Unlink{"f"}, Outcome::failure(Errno::kENOENT)), Verdict::kViolation);
  expect_finding(Rule::kUnlink);
}

TEST_F(JudgeTest, SuccessThatARuleForbidsIsAViolation) {
  EXPECT_EQ(step(Unlink{"d"}, Outcome::success()), Verdict::kViolation);
  expect_finding(Rule::kUnlinkDirectory);
}

TEST_F(JudgeTest, HiddenErrorOfAVisibleNameIsAViolationOfItsOwnRule) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(step(Stat{Target::at("f")}, Outcome::failure(Errno::kESTALE)), Verdict::kViolation);
  expect_finding(Rule::kVisibleNames);
}

TEST_F(JudgeTest, WrongBytesAreAViolation) {
  EXPECT_EQ(step(Open{.path = "f"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(step(Read{.slot = 0, .offset = 0, .length = 100}, Outcome::success(std::string("contend"))),
            Verdict::kViolation);
  expect_finding(Rule::kRead);
}

TEST_F(JudgeTest, TwoObjectsWithOneNumberAreAViolation) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(stat("d/x", attributes("d/x", 10)), Verdict::kViolation);
  expect_finding(Rule::kUnique);
}

TEST_F(JudgeTest, HardLinksWithTwoNumbersAreAViolation) {
  EXPECT_EQ(stat("h1", attributes("h1", 11)), Verdict::kFine);
  EXPECT_EQ(stat("h2", attributes("h2", 12)), Verdict::kViolation);
  expect_finding(Rule::kHardLinks);
}

TEST_F(JudgeTest, NumberThatChangesIsAViolation) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(step(Chmod{Target::at("f"), 0600}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 13)), Verdict::kViolation);
  expect_finding(Rule::kConstant);
}

TEST_F(JudgeTest, NumberThatChangesOverARemountIsAViolation) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kFine);
  EXPECT_EQ(judge_.mounted(std::nullopt), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 13)), Verdict::kViolation);
  expect_finding(Rule::kPersistent);
}

TEST_F(JudgeTest, NumberOfADeadObjectMayBeGivenAway) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(step(Unlink{"f"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(step(Mkdir{"new", 0755}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(stat("new", attributes("new", 10)), Verdict::kFine);
}

TEST_F(JudgeTest, NumberOfAnUnlinkedOpenFileIsTaken) {
  EXPECT_EQ(step(Open{.path = "f", .slot = 3}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(step(Unlink{"f"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(step(Mkdir{"new", 0755}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(stat("new", attributes("new", 10)), Verdict::kViolation);
  expect_finding(Rule::kUnique);
}

TEST_F(JudgeTest, SecondDeviceIsAViolation) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  Attributes other = attributes("d", 20);
  other.file_system = 8;
  EXPECT_EQ(stat("d", other), Verdict::kViolation);
  expect_finding(Rule::kOneDevice);
}

TEST_F(JudgeTest, ChangeTimeThatGoesBackIsAViolation) {
  EXPECT_EQ(stat("f", changed_at(Time{5, 0})), Verdict::kFine);
  EXPECT_EQ(stat("f", changed_at(Time{4, 0})), Verdict::kViolation);
  expect_finding(Rule::kStatChangeTime);
}

TEST_F(JudgeTest, ChangeTimeThatALowersModificationTimeStoodForMayGoBackOnce) {
  EXPECT_EQ(stat("f", changed_at(attributes("f", 10).modify_time)), Verdict::kFine);
  EXPECT_EQ(stat("f", changed_at(Time{-5, 0})), Verdict::kFine);
  EXPECT_EQ(stat("f", changed_at(Time{-6, 0})), Verdict::kViolation);
  expect_finding(Rule::kStatChangeTime);
}

TEST_F(JudgeTest, DirectoriesMayShowOneLinkOrTwoAndTheirSubdirectories) {
  EXPECT_EQ(stat("d", attributes("d", 20)), Verdict::kFine);
  Attributes root = attributes("", 1);
  root.links = 3;
  EXPECT_EQ(stat("/", root), Verdict::kFine);
}

TEST_F(JudgeTest, AnotherDirectoryLinkCountIsAViolation) {
  Attributes root = attributes("", 1);
  root.links = 4;
  EXPECT_EQ(stat("/", root), Verdict::kViolation);
  expect_finding(Rule::kStatDirectoryLinks);
}

TEST_F(JudgeTest, DirectoryLinksThatAreCountedNoMoreAreAViolation) {
  Attributes root = attributes("", 1);
  root.links = 3;
  EXPECT_EQ(stat("/", root), Verdict::kFine);
  root.links = 1;
  EXPECT_EQ(stat("/", root), Verdict::kViolation);
  expect_finding(Rule::kStatDirectoryLinks);
}

TEST_F(JudgeTest, ListedNumberThatStatDoesNotShowIsAViolation) {
  EXPECT_EQ(stat("d/x", attributes("d/x", 30)), Verdict::kFine);
  const std::vector<DirectoryEntry> entries{{".", 20, FileType::kDirectory, true},
                                            {"..", 1, FileType::kDirectory, true},
                                            {"x", 31, FileType::kRegular, true}};
  EXPECT_EQ(step(ListDirectory{"d"}, Outcome::success(entries)), Verdict::kViolation);
  expect_finding(Rule::kReaddirAgrees);
}

TEST_F(JudgeTest, ModificationTimeIsBoundWhenFirstSeen) {
  EXPECT_EQ(step(Mkdir{"new", 0755}, Outcome::success()), Verdict::kFine);
  Attributes seen = attributes("new", 40);
  seen.modify_time = Time{100, 5};
  EXPECT_EQ(stat("new", seen), Verdict::kFine);
  EXPECT_EQ(stat("new", seen), Verdict::kFine);
  seen.modify_time = Time{100, 6};
  EXPECT_EQ(stat("new", seen), Verdict::kViolation);
  expect_finding(Rule::kStatModifyTime);
}

TEST_F(JudgeTest, RefusedMountIsAViolation) {
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kFine);
  EXPECT_EQ(judge_.mounted(Failure{Errno::kESTALE, "ESTALE"}), Verdict::kViolation);
  expect_finding(Rule::kMount);
}

TEST_F(JudgeTest, ChangedLowerIsAViolation) {
  model::Layers touched = layers();
  touched.lowers[0].tree[*touched.lowers[0].tree.at("f")].mode = 0600;
  EXPECT_EQ(judge_.ended(scanned(touched), Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kLowersUntouched);
}

TEST_F(JudgeTest, PrivateAttributeThatCameToALowerIsAViolation) {
  model::Layers touched = layers();
  touched.lowers[0].marks[*touched.lowers[0].tree.at("d")].opaque = true;
  EXPECT_EQ(judge_.ended(scanned(touched), Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kLowersUntouched);
}

TEST_F(JudgeTest, UpperThatMergesToAnotherTreeIsAViolation) {
  EXPECT_EQ(step(Unlink{"f"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kUpperIsDiff);
}

TEST_F(JudgeTest, LeftoverIsAViolationAfterAnUnmountButNotAfterACrash) {
  Scanned left = scanned(layers());
  left.leftovers = {"work/#1"};
  EXPECT_EQ(judge_.ended(left, Ending::kCrash), Verdict::kFine);
  EXPECT_EQ(judge_.mounted(std::nullopt), Verdict::kFine);
  EXPECT_EQ(judge_.ended(left, Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kLeftovers);
}

TEST_F(JudgeTest, NeedlessWhiteoutIsAViolation) {
  model::Layers left = layers();
  const model::ObjectId whiteout =
      left.upper->add(model::Inode{.type = FileType::kCharDevice}, model::Marks{.whiteout = true});
  left.upper->tree.attach(model::kRoot, "never-there", whiteout);
  EXPECT_EQ(judge_.ended(scanned(left), Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kNeedlessWhiteout);
}

TEST_F(JudgeTest, KernelThatShowsAnotherTreeIsAViolation) {
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kFine);
  EXPECT_EQ(judge_.kernel_view(model::Tree::empty()), Verdict::kViolation);
  expect_finding(Rule::kKernelView);
}

TEST_F(JudgeTest, WalkLooksAtEveryNameAndEveryByte) {
  const std::vector<Operation> walk = judge_.walk();
  const auto count = [&walk](auto predicate) { return std::count_if(walk.begin(), walk.end(), predicate); };
  EXPECT_EQ(count([](const Operation& o) { return std::holds_alternative<Stat>(o); }), 6);
  EXPECT_EQ(count([](const Operation& o) { return std::holds_alternative<Read>(o); }), 4);
  EXPECT_EQ(count([](const Operation& o) { return std::holds_alternative<ListDirectory>(o); }), 2);
}

class DeviatingTest : public JudgeTest {
 protected:
  DeviatingTest() : JudgeTest(profile()) {}
  static Profile profile() {
    const ProfileOrError parsed = parse_profile(R"(
      [[deviation]]
      rule = "OVL-RENAME-1"
      operations = ["rename"]
      errno = "EXDEV"
      where = "lower-directory"
      action = "permit"
      source = "s"
      reason = "r"
      [[deviation]]
      rule = "ID-8"
      operations = ["open", "chmod"]
      where = "linked-lower"
      action = "end"
      source = "s"
      reason = "r"
      [[deviation]]
      rule = "ID-2"
      action = "relax"
      unless = ["xino=on"]
      source = "s"
      reason = "r"
      [[deviation]]
      rule = "OVL-DISK-3"
      seen = "left behind: work/#"
      action = "relax"
      source = "s"
      reason = "r"
      [[deviation]]
      rule = "ID-5"
      where = "several-file-systems"
      action = "relax"
      source = "s"
      reason = "r"
    )",
                                                {});
    EXPECT_EQ(parsed.error, "");
    return parsed.profile;
  }
};

TEST_F(DeviatingTest, PermittedErrorIsCountedAndChangesNothing) {
  EXPECT_EQ(step(Rename{"d", "e"}, Outcome::failure(Errno::kEXDEV)), Verdict::kFine);
  EXPECT_EQ(judge_.deviations().size(), 1U);
  EXPECT_EQ(step(Stat{Target::at("e")}, Outcome::failure(Errno::kENOENT)), Verdict::kFine);
}

TEST_F(DeviatingTest, PermittedErrorElsewhereIsAViolation) {
  EXPECT_EQ(step(Rename{"f", "e"}, Outcome::failure(Errno::kEXDEV)), Verdict::kViolation);
  expect_finding(Rule::kRename);
}

TEST_F(DeviatingTest, EndingDeviationEndsTheCaseWithoutAFinding) {
  EXPECT_EQ(step(Open{.path = "h1"}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(step(Chmod{Target::at("f"), 0600}, Outcome::success()), Verdict::kFine);
  EXPECT_EQ(step(Chmod{Target::at("h1"), 0600}, Outcome::success()), Verdict::kUnjudged);
  EXPECT_FALSE(judge_.finding().has_value());
}

TEST_F(DeviatingTest, RelaxedRuleGoesOn) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  Attributes other = attributes("d", 20);
  other.file_system = 8;
  EXPECT_EQ(stat("d", other), Verdict::kFine);
  EXPECT_EQ(judge_.deviations().size(), 1U);
}

TEST_F(DeviatingTest, RelaxedRuleHidesNoOtherOfTheSameAnswer) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  Attributes other = attributes("f", 11);
  other.file_system = 8;
  EXPECT_EQ(stat("f", other), Verdict::kViolation);
  expect_finding(Rule::kConstant);
}

TEST_F(DeviatingTest, DeviationHoldsOfWhatItSaysWasSeenAlone) {
  Scanned left = scanned(layers());
  left.leftovers = {"work/#1", "work/other"};
  EXPECT_EQ(judge_.ended(left, Ending::kUnmount), Verdict::kViolation);
  expect_finding(Rule::kLeftovers);
  EXPECT_EQ(judge_.finding()->what, "left behind: work/other");
  EXPECT_EQ(judge_.deviations().size(), 1U);
}

TEST_F(DeviatingTest, DeviationOfSeveralFileSystemsDoesNotHoldOnOne) {
  EXPECT_EQ(stat("f", attributes("f", 10)), Verdict::kFine);
  EXPECT_EQ(judge_.ended(scanned(layers()), Ending::kUnmount), Verdict::kFine);
  EXPECT_EQ(judge_.mounted(std::nullopt), Verdict::kFine);
  EXPECT_EQ(stat("f", attributes("f", 11)), Verdict::kViolation);
  expect_finding(Rule::kPersistent);
}

}  // namespace
}  // namespace ovlspec::oracle
