#include <algorithm>

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class ListDirectories : public VfsFixture {
 protected:
  std::vector<std::string> sorted(const Outcome& outcome) {
    EXPECT_EQ(outcome.error, Errno::kOk);
    auto names = names_of(outcome);
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(ListDirectories, PositionGoesOnWhereTheLastReadEnded) {
  lower("d", directory());
  for (const char* name : {"d/a", "d/b", "d/c"}) lower(name, file());
  EXPECT_EQ(error(Open{"d", read_only(), 0, 0}), Errno::kOk);
  std::vector<std::string> all;
  for (int i = 0; i < 5; ++i) {
    const auto one = names_of(root(ReadDirectory{0, 1}));
    ASSERT_EQ(one.size(), 1U);
    all.push_back(one[0]);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{".", "..", "a", "b", "c"}));
  EXPECT_EQ(names_of(root(ReadDirectory{0, 0})).size(), 0U);
}

TEST_F(ListDirectories, RewindShowsWhatWasMadeMeanwhile) {
  lower("d", directory());
  EXPECT_EQ(error(Open{"d", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(sorted(root(ReadDirectory{0, 0})), (std::vector<std::string>{".", ".."}));
  EXPECT_EQ(error(Mkdir{"d/new", 0755}), Errno::kOk);
  EXPECT_EQ(error(RewindDirectory{0}), Errno::kOk);
  EXPECT_EQ(sorted(root(ReadDirectory{0, 0})), (std::vector<std::string>{".", "..", "new"}));
}

TEST_F(ListDirectories, NumbersAreThoseOfStat) {
  lower("d", directory());
  lower("d/f", file());
  const Outcome outcome = root(ListDirectory{"d"});
  ASSERT_TRUE(outcome.ok());
  for (const DirectoryEntry& entry : std::get<std::vector<DirectoryEntry>>(outcome.payload))
    EXPECT_EQ(entry.number, stat("d/" + entry.name).number) << entry.name;
}

TEST_F(ListDirectories, ListingNeedsReadPermissionAndADirectory) {
  lower("d", directory(0711, kAlice));
  lower("f", file());
  EXPECT_EQ(error_as(user(kBob), ListDirectory{"d"}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Open{"d", read_only(), 0, 0}), Errno::kEACCES);
  EXPECT_EQ(error(ListDirectory{"f"}), Errno::kENOTDIR);
  EXPECT_EQ(error(Open{"f", read_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(ReadDirectory{1, 0}), Errno::kENOTDIR);
}

TEST_F(ListDirectories, RemovedDirectoryIsEnoentToItsOpenSlots) {
  lower("d", directory());
  lower("e", directory());
  EXPECT_EQ(error(Open{"d", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Rmdir{"d"}), Errno::kOk);
  EXPECT_EQ(error(ReadDirectory{0, 0}), Errno::kENOENT);
  EXPECT_EQ(error(Mkdir{"d", 0755}), Errno::kOk);
  EXPECT_EQ(error(ReadDirectory{0, 0}), Errno::kENOENT);
  EXPECT_EQ(error(Open{"d", read_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(Rename{"e", "d"}), Errno::kOk);
  EXPECT_EQ(error(ReadDirectory{1, 0}), Errno::kENOENT);
}

TEST_F(ListDirectories, StatfsShowsTheLongestName) {
  const Outcome outcome = root(StatFileSystem{"/"});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(std::get<FileSystemStatus>(outcome.payload).name_max, 255U);
  EXPECT_FALSE(std::get<FileSystemStatus>(outcome.payload).read_only);
}

}  // namespace
}  // namespace ovlspec::oracle
