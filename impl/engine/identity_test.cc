// The numbers that a mount shows (ID-1 to ID-5, ID-8).
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "impl/engine/identity_record.h"
#include "impl/engine/test_world.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

class Identity : public testing::TestWithParam<FileSystems> {};

TEST_P(Identity, StaysOverCopyUpRenameAndRemount) {
  World world(GetParam(), MemoryNumbers::Reuse::kAtOnce);
  world.lower(0).file("f", "f").directory("d").symlink("s", "x");
  world.lower(1).file("d/below", "").special("fifo", FileType::kFifo);
  std::map<std::string, InodeNumber> numbers;
  const char* const kMoved[][2] = {{"f", "f2"}, {"d", "d2"}, {"s", "s2"}, {"fifo", "fifo2"}, {"pure", "pure2"}};
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.make_file("pure", "p"));
    for (const auto& [from, to] : kMoved) numbers[to] = mounted.number(from);
    for (const auto& [from, to] : kMoved) ASSERT_TRUE(mounted.rename(from, to)) << from;
    mounted.drop_nodes();
    for (const auto& [name, number] : numbers) EXPECT_EQ(mounted.number(name), number) << name;
  }
  Mounted again(world);
  for (const auto& [name, number] : numbers) EXPECT_EQ(again.number(name), number) << name;
  EXPECT_EQ(again.stat("f2")->file_system, 77U);
}

TEST_P(Identity, OfTheSameInodeNumberOnTwoFileSystemsDiffers) {
  World world(GetParam());
  world.lower(0).file("a", "a");
  world.lower(1).file("b", "b");
  world.lower(2).file("c", "c");
  Mounted mounted(world);
  std::set<InodeNumber> numbers{mounted.number(""), mounted.number("a"), mounted.number("b"), mounted.number("c")};
  EXPECT_EQ(numbers.size(), 4U);
}

TEST_P(Identity, InListingsIsThatOfStatDotAndDotDotIncluded) {
  World world(GetParam());
  world.lower(0).file("d/a", "").hard_link("d/a", "d/a2").directory("d/e");
  world.lower(1).file("d/b", "").directory("d/e").symlink("d/s", "x");
  const auto check = [](Mounted& mounted) {
    for (const DirectoryEntry& entry : mounted.entries("d")) {
      const std::string path = entry.name == "." ? "d" : entry.name == ".." ? "" : "d/" + entry.name;
      EXPECT_EQ(entry.number, mounted.number(path)) << entry.name;
    }
  };
  {
    Mounted mounted(world);
    check(mounted);
    ASSERT_TRUE(mounted.append("d/a2", "+"));
    ASSERT_TRUE(mounted.chmod("d/b", 0600));
    ASSERT_TRUE(mounted.chmod("d/e", 0700));
    ASSERT_TRUE(mounted.make_file("d/new"));
    check(mounted);
    mounted.drop_nodes();
    check(mounted);
  }
  Mounted again(world);
  check(again);
}

TEST_P(Identity, OfAHeldUnlinkedObjectIsNotGivenToANewOne) {
  World world(GetParam(), MemoryNumbers::Reuse::kAtOnce);
  Mounted mounted(world);
  std::set<InodeNumber> held;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(mounted.make_file("f"));
    EXPECT_TRUE(held.insert(mounted.number("f")).second);
    ASSERT_TRUE(mounted.unlink("f"));
  }
}

TEST_P(Identity, IsOneForAnInodeReachedThroughTwoLayers) {
  World world(GetParam());
  world.lower(1).file("a", "x");
  world.lower(0).directory("d");
  Stack stack = world.stack();
  stack.lowers.push_back(stack.lowers.back());
  auto engine = Engine::mount(stack, world.options());
  ASSERT_TRUE(engine.ok());
  EXPECT_TRUE((*engine)->lookup(kRootNode, "a").ok());
}

TEST_P(Identity, OfAnObjectWithoutARecordIsThatOfItsUpperInode) {
  World world(GetParam());
  world.lower().file("f", "f").file("g", "g");
  InodeNumber before = 0;
  {
    Mounted mounted(world);
    before = mounted.number("f");
    ASSERT_TRUE(mounted.append("f", "+"));
    ASSERT_TRUE(mounted.append("g", "+"));
  }
  const std::string record = world.private_name(names::kIdentity);
  // The record of another inode, as a copy of f over g has it, and a damaged one.
  world.upper().xattr("g", record, *world.upper().xattr_of("f", record));
  {
    Mounted again(world);
    EXPECT_EQ(again.number("f"), before);
    EXPECT_NE(again.number("g"), before);
  }
  std::string damaged = *world.upper().xattr_of("f", record);
  damaged[20] = static_cast<char>(damaged[20] + 1);
  world.upper().xattr("f", record, damaged);
  Mounted again(world);
  EXPECT_NE(again.number("f"), again.number("g"));
  EXPECT_EQ(again.read("f"), "f+");
}

// Forged and damaged records: each kind is told of once, and no number is shown twice.
TEST_P(Identity, RecordsThatCountForNothingAreReportedOnceOfEachKind) {
  World world(GetParam());
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) world.lower().file(name, name);
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f"};
  {
    Mounted mounted(world);
    for (const std::string& name : names) ASSERT_TRUE(mounted.append(name, "+"));
  }
  const std::string record = world.private_name(names::kIdentity);
  const auto bytes_of = [&](const std::string& name) { return *world.upper().xattr_of(name, record); };
  const IdentityRecord first = *decode_record(bytes_of("a"));
  // A number that another object shows, on two inodes, each with a right checksum.
  for (const char* name : {"b", "c"}) {
    IdentityRecord forged = *decode_record(bytes_of(name));
    forged.number = first.number;
    world.upper().xattr(name, record, encode_record(forged));
  }
  world.upper().xattr("d", record, bytes_of("a"));
  for (const auto& [name, bytes] : {std::pair("e", std::string()), std::pair("f", std::string(7, 'x'))})
    world.upper().xattr(name, record, bytes);
  std::vector<std::string> told;
  world.report([&told](const std::string& line) { told.push_back(line); });
  Mounted again(world);
  std::set<InodeNumber> numbers;
  for (int round = 0; round < 2; ++round)
    for (const std::string& name : names) {
      EXPECT_EQ(again.read(name), name + "+");
      numbers.insert(again.number(name));
      again.drop_nodes();
    }
  EXPECT_EQ(numbers.size(), names.size());
  EXPECT_EQ(told.size(), 3U);
  for (const char* what : {"names a number that another object shows", "was written for another inode", "is damaged"})
    EXPECT_EQ(std::count_if(told.begin(), told.end(),
                            [&](const std::string& line) { return line.find(what) != std::string::npos; }),
              1)
        << what;
}

TEST_P(Identity, HoldsInTreesDeeperThanAnyStack) {
  World world(GetParam());
  std::string path = "d";
  LayerTree& lower = world.lower();
  constexpr int kDepth = 20000;
  for (int level = 0; level < kDepth; ++level) path += "/d";
  lower.directory(path).file(path + "/f", "deep").hard_link(path + "/f", path + "/g");
  std::uint64_t number = 0;
  {
    Mounted mounted(world);
    number = mounted.number(path + "/f");
    EXPECT_EQ(mounted.links(path + "/f"), 2U) << "counted by a walk";
  }
  Mounted again(world);
  const auto found = again.engine().lookup(number, ".");
  ASSERT_TRUE(found.ok()) << "found by a walk";
  EXPECT_EQ(found->attributes.size, 4U);
  again.engine().forget(number, 1);
}

// Whether a new mount of the world finds the object of this number.
Errno found_by_number(World& world, InodeNumber number) {
  Mounted mounted(world);
  const auto found = mounted.engine().lookup(number, ".");
  if (!found.ok()) return found.error();
  EXPECT_EQ(found->attributes.number, number);
  mounted.engine().forget(number, 1);
  return Errno::kOk;
}

TEST_P(Identity, FindsNumbersWithoutAWalkWhereTheFileSystemOpensThem) {
  World world(GetParam(), MemoryNumbers::Reuse::kNever, {.listings = Support::kNo});
  world.read_only();
  world.lower(1).directory("d/e").file("d/e/f", "f");
  world.lower(0).directory("d");
  InodeNumber file = 0;
  InodeNumber directory = 0;
  {
    Mounted mounted(world);
    file = mounted.number("d/e/f");
    directory = mounted.number("d/e");
  }
  EXPECT_EQ(found_by_number(world, file), Errno::kOk);
  EXPECT_EQ(found_by_number(world, directory), Errno::kOk);
  world.lower(1).remove("d/e/f");
  EXPECT_EQ(found_by_number(world, file), Errno::kESTALE);
}

TEST_P(Identity, WalksWhereTheFileSystemDoesNotOpenNumbers) {
  for (const Support listings : {Support::kYes, Support::kNo}) {
    World world(GetParam(), MemoryNumbers::Reuse::kNever, {.handles = Support::kNo, .listings = listings});
    world.read_only();
    world.lower().directory("d").file("d/f", "f");
    const InodeNumber number = Mounted(world).number("d/f");
    EXPECT_EQ(found_by_number(world, number) == Errno::kOk, listings == Support::kYes);
  }
}

TEST_P(Identity, ANumberWhoseOriginIsGoneFindsWhatWasCopiedUpFromIt) {
  World world(GetParam());
  world.lower().file("f", "f");
  InodeNumber number = 0;
  {
    Mounted mounted(world);
    number = mounted.number("f");
    ASSERT_TRUE(mounted.append("f", "+"));
    ASSERT_TRUE(mounted.rename("f", "g"));
  }
  EXPECT_EQ(found_by_number(world, number), Errno::kOk) << "the origin's name leads nowhere";
  world.lower().remove("f");
  EXPECT_EQ(found_by_number(world, number), Errno::kOk) << "no inode has the number";
}

TEST_P(Identity, AFileThatIsHiddenIsNotFoundByItsNumber) {
  World world(GetParam());
  world.lower().file("f", "f");
  const InodeNumber number = Mounted(world).number("f");
  world.upper().file("f", "above");
  EXPECT_EQ(found_by_number(world, number), Errno::kESTALE);
}

TEST_P(Identity, StaysInTheMountWhereTheUpperInodeTakesNoRecord) {
  World world(GetParam(), MemoryNumbers::Reuse::kNever, {.symlink_xattrs = Support::kNo});
  world.user_xattrs();
  world.lower().symlink("s", "x");
  Mounted mounted(world);
  const InodeNumber before = mounted.number("s");
  ASSERT_TRUE(mounted.rename("s", "t"));
  EXPECT_EQ(mounted.number("t"), before);
  mounted.drop_nodes();
  EXPECT_EQ(mounted.number("t"), before);
}

TEST_P(Identity, IsUniqueAfterTheOriginWasRenamedByHand) {
  World world(GetParam());
  world.lower().file("f", "f");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("f", "+"));
  }
  world.lower().move("f", "moved");
  for (const auto& [first, second] : {std::pair("f", "moved"), std::pair("moved", "f")}) {
    Mounted again(world);
    const InodeNumber one = again.number(first);
    again.drop_nodes();
    EXPECT_NE(again.number(second), one);
    again.drop_nodes();
    EXPECT_EQ(again.number(first), one);
    again.tree();
  }
}

// The number of the origin, shown again, is displaced whatever was looked up first, and stays so once its copy is gone.
TEST_P(Identity, OfADeadObjectIsNotTakenByItsOrigin) {
  World world(GetParam());
  world.lower().file("f", "f");
  InodeNumber dead = 0;
  {
    Mounted mounted(world);
    dead = mounted.number("f");
    ASSERT_TRUE(mounted.append("f", "+"));
    ASSERT_TRUE(mounted.unlink("f"));
  }
  world.upper().remove("f");
  InodeNumber reborn = 0;
  {
    Mounted again(world);
    reborn = again.number("f");
    EXPECT_NE(reborn, dead);
  }
  for (const auto& name : {names::kClaims, names::kIndex, names::kWork}) world.work().remove(name);
  EXPECT_EQ(Mounted(world).number("f"), reborn) << "the seal of the upper layer holds what the work directory lost";
  ASSERT_TRUE(Mounted(world).append("f", "+"));
  EXPECT_EQ(Mounted(world).number("f"), reborn);
}

TEST_P(Identity, OfHardLinksStaysApartWhereTheUpperBecomesALower) {
  World world(GetParam());
  world.lower().file("a", "x").hard_link("a", "b");
  InodeNumber before = 0;
  {
    Mounted mounted(world);
    before = mounted.number("a");
    ASSERT_TRUE(mounted.append("a", "+"));
  }
  world.push_upper_down();
  for (const char* first : {"a", "b"}) {
    Mounted again(world);
    again.number(first);
    EXPECT_EQ(again.number("a"), before);
    EXPECT_NE(again.number("b"), before);
    EXPECT_EQ(again.read("b"), "x");
  }
  world.read_only();
  EXPECT_EQ(Mounted(world).number("a"), before);
}

// What is dead is known by its claim alone.
TEST_P(Identity, OfADeadObjectIsNotForgottenByAMountThatForgetsNumbers) {
  World world(GetParam());
  world.lower().file("f", "f");
  InodeNumber dead = 0;
  {
    Mounted mounted(world);
    dead = mounted.number("f");
    ASSERT_TRUE(mounted.append("f", "+"));
    ASSERT_TRUE(mounted.unlink("f"));
  }
  world.upper().remove("f");
  for (const auto& name : {names::kClaims, names::kIndex, names::kWork}) world.work().remove(name);
  {
    MemoryIdentityMap map;
    world.identity(IdentityStrategy::kVolatile, &map);
    Mounted(world).tree();
    world.identity(IdentityStrategy::kDerived, nullptr);
  }
  EXPECT_NE(Mounted(world).number("f"), dead);
}

// What records hold is not given again, whatever was looked up first.
TEST_P(Identity, OfAMapThatWasMadeAnewAliasesNothing) {
  World world(GetParam());
  world.lower().file("a", "a").file("b", "b").file("c", "c");
  std::map<std::string, InodeNumber> before;
  {
    MemoryIdentityMap map;
    world.identity(IdentityStrategy::kOnLookup, &map);
    Mounted mounted(world);
    for (const char* name : {"a", "b", "c"}) {
      before[name] = mounted.number(name);
      ASSERT_TRUE(mounted.append(name, "+"));
    }
  }
  world.lower().file("fresh", "x").file("another", "y");
  MemoryIdentityMap anew;
  world.identity(IdentityStrategy::kOnLookup, &anew);
  Mounted again(world);
  std::set<InodeNumber> shown;
  for (const char* name : {"fresh", "another", "a", "b", "c"}) EXPECT_TRUE(shown.insert(again.number(name)).second);
  for (const auto& [name, number] : before) EXPECT_EQ(again.number(name), number) << name;
}

TEST_P(Identity, IsClaimedWhateverLiesInTheLogsPlace) {
  World world(GetParam());
  world.lower().file("f", "f");
  world.work().directory("claims/deep");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.append("f", "+"));
  }
  EXPECT_EQ(world.work().attributes("claims").type, FileType::kRegular);
}

TEST_P(Identity, OfACrashedCopyUpIsNotClaimed) {
  World world(GetParam());
  world.lower().file("f", "f");
  InodeNumber before = 0;
  for (std::uint64_t at = 1;; ++at) {
    {
      Mounted mounted(world);
      const InodeNumber number = mounted.number("f");
      if (before == 0) before = number;
      EXPECT_EQ(number, before) << at;
      world.upper_store().set_fault({.kind = FaultKind::kCrash, .at = at, .error = Errno::kEIO});
      const bool copied = mounted.append("f", "+").ok();
      if (copied && world.upper_store().counted_calls() < at) break;
    }
    world.upper_store().set_fault({});
  }
  world.upper_store().set_fault({});
  EXPECT_EQ(Mounted(world).number("f"), before);
}

TEST_P(Identity, OfTwoUpperDirectoriesWithOneOriginDiffers) {
  World world(GetParam());
  world.lower().file("d/x", "");
  {
    Mounted mounted(world);
    ASSERT_TRUE(mounted.rename("d", "e"));
  }
  const std::string record = world.private_name(names::kIdentity);
  const std::string redirect = world.private_name(names::kRedirect);
  world.upper().directory("copy").xattr("copy", record, *world.upper().xattr_of("e", record));
  world.upper().xattr("copy", redirect, *world.upper().xattr_of("e", redirect));
  Mounted again(world);
  EXPECT_NE(again.number("e"), again.number("copy"));
  EXPECT_EQ(again.names("copy"), std::vector<std::string>{"x"});
}

INSTANTIATE_TEST_SUITE_P(Layers, Identity, testing::Values(FileSystems::kOne, FileSystems::kSeveral),
                         [](const testing::TestParamInfo<FileSystems>& layers) {
                           return layers.param == FileSystems::kOne ? "OnOneFileSystem" : "OnSeveralFileSystems";
                         });

}  // namespace
}  // namespace ovlspec::impl
