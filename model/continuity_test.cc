// Which object continues as which, after each kind of change.
#include "model/continuity.h"

#include <gtest/gtest.h>

#include "model/testing/stack.h"

namespace ovlspec::model {
namespace {

using testing::Stack;

constexpr LayerName kUpper{.upper = true, .lower = 0};
constexpr LayerName kLower{.upper = false, .lower = 0};
constexpr Backing kOrigin{.file_system = 1, .number = 10, .generation = 100};
constexpr Backing kCopy{.file_system = 2, .number = 20, .generation = 200};
constexpr Backing kPure{.file_system = 2, .number = 21, .generation = 201};
constexpr Identity kObject = 1;
constexpr Identity kMade = 2;
using Touched = Continuity::Touched;

void expect(const Continuity& continuity, const Backing& backing, std::optional<Identity> identity) {
  EXPECT_EQ(continuity.of(backing), (Continuation{.identity = identity, .perhaps = {}}));
}

void expect_perhaps(const Continuity& continuity, const Backing& backing, std::vector<Identity> perhaps) {
  EXPECT_EQ(continuity.of(backing), (Continuation{.identity = {}, .perhaps = std::move(perhaps)}));
}

// An upper layer with the copied-up object under `f` and an object that was made in it under `pure`.
Layers upper(const Backing& copy, const Backing& pure) {
  Stack stack;
  stack.lower().upper().file("f").file("pure");
  stack.marks("f").backing = copy;
  stack.marks("pure").backing = pure;
  return stack.layers();
}

class ContinuityTest : public ::testing::Test {
 protected:
  ContinuityTest() {
    continuity_.lies_on(kObject, kOrigin, kCopy);
    continuity_.lies_on(kMade, Backing{}, kPure);
  }
  Continuity continuity_;
};

TEST_F(ContinuityTest, AnObjectIsItsInode) {
  expect(continuity_, kCopy, kObject);
  expect(continuity_, kPure, kMade);
  expect(continuity_, Backing{.file_system = 2, .number = 20, .generation = 999}, std::nullopt);
  expect(continuity_, Backing{}, std::nullopt);
}

TEST_F(ContinuityTest, TheOriginOfACopiedUpObjectIsAnother) { expect(continuity_, kOrigin, std::nullopt); }

TEST_F(ContinuityTest, AnImageThatWasBuiltAgainHoldsNoEarlierObject) {
  constexpr Backing kOnImage{.file_system = 7, .number = 30, .generation = 300};
  continuity_.lies_on(3, kOnImage, kOnImage);
  continuity_.changed(ChangeMode{kLower, "x", 0600}, {}, {});
  expect(continuity_, {.file_system = 8, .number = kOnImage.number, .generation = kOnImage.generation}, std::nullopt);
  expect(continuity_, {.file_system = 8, .number = kOrigin.number, .generation = kOrigin.generation}, std::nullopt);
  expect(continuity_, kCopy, kObject);
  expect(continuity_, kPure, kMade);
}

TEST_F(ContinuityTest, AnObjectThatWasNeverCopiedUpIsTheSameAfterItsWhiteoutIsGone) {
  Continuity continuity;
  continuity.removed(kObject, kOrigin, Touched::kNo);
  expect(continuity, kOrigin, kObject);
}

TEST_F(ContinuityTest, OneThatMayHaveBeenCopiedUpIsPerhapsTheSame) {
  Continuity continuity;
  continuity.removed(kObject, kOrigin, Touched::kYes);
  expect_perhaps(continuity, kOrigin, {kObject});
}

TEST_F(ContinuityTest, InAWholeCopyOfTheUpperWhatWasCopiedUpContinues) {
  const Backing copy{.file_system = 2, .number = 30, .generation = 300};
  const Backing pure{.file_system = 2, .number = 31, .generation = 301};
  const CopyLayer change{.layer = kUpper, .xattrs = CopyXattrs::kAll};
  ASSERT_TRUE(Continuity::needs_layers(change));
  continuity_.changed(change, upper(kCopy, kPure), upper(copy, pure));
  expect(continuity_, copy, kObject);
  expect(continuity_, pure, std::nullopt);
  // Read-only, nothing adopts it.
  continuity_.changed(UpperBecomesLower{}, {}, {});
  expect_perhaps(continuity_, copy, {kObject});
}

TEST_F(ContinuityTest, OfACopyWithoutAttributesNothingContinues) {
  const Backing copy{.file_system = 2, .number = 30, .generation = 300};
  continuity_.changed(CopyLayer{.layer = kUpper, .xattrs = CopyXattrs::kNone}, upper(kCopy, kPure), upper(copy, kPure));
  expect(continuity_, copy, std::nullopt);
}

TEST_F(ContinuityTest, WhereARecordLiesTwiceAWholeCopyMayTakeEither) {
  const auto with_copy = [](const Backing& first, const Backing& second) {
    Stack stack;
    stack.lower().upper().file("f").file("g");
    stack.marks("f").backing = first;
    stack.marks("g").backing = second;
    return stack.layers();
  };
  const Backing second{.file_system = 2, .number = 22, .generation = 202};
  continuity_.changed(Copy{.layer = kUpper, .from = "f", .to = "g"}, upper(kCopy, kPure), with_copy(kCopy, second));
  expect(continuity_, kCopy, kObject);
  expect(continuity_, second, std::nullopt);
  const Backing copy{.file_system = 2, .number = 30, .generation = 300};
  const Backing copy_of_second{.file_system = 2, .number = 31, .generation = 301};
  continuity_.changed(CopyLayer{.layer = kUpper, .xattrs = CopyXattrs::kAll}, with_copy(kCopy, second),
                      with_copy(copy, copy_of_second));
  expect_perhaps(continuity_, copy, {kObject});
  expect_perhaps(continuity_, copy_of_second, {kObject});
}

TEST_F(ContinuityTest, AnAdoptedCopyContinuesInTheStacksAfterIt) {
  const Backing copy{.file_system = 2, .number = 30, .generation = 300};
  continuity_.changed(CopyLayer{.layer = kUpper, .xattrs = CopyXattrs::kAll}, upper(kCopy, kPure), upper(copy, kPure));
  continuity_.adopted();
  continuity_.changed(UpperBecomesLower{}, {}, {});
  expect(continuity_, copy, kObject);
}

// LIMIT-2.
TEST_F(ContinuityTest, ADisplacedOriginMayBeRenumberedWhereTheClaimIsLost) {
  constexpr Identity kReborn = 3;
  continuity_.lies_on(kReborn, Backing{}, kOrigin);
  continuity_.changed(Move{.layer = kLower, .from = "f", .to = "g"}, {}, {});
  continuity_.changed(SwapLowers{}, {}, {});
  continuity_.changed(WipeWork{}, {}, {});
  continuity_.changed(RemoveLower{}, {}, {});
  expect(continuity_, kOrigin, kReborn);
  // Only a lower that was an upper has claims to lose.
  continuity_.changed(UpperBecomesLower{}, {}, {});
  expect(continuity_, kOrigin, kReborn);
  continuity_.changed(RemoveLower{}, {}, {});
  expect_perhaps(continuity_, kOrigin, {kReborn, kObject});
  expect(continuity_, kCopy, kObject);
}

}  // namespace
}  // namespace ovlspec::model
