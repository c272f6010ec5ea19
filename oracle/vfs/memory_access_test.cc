#include "oracle/vfs/memory_access.h"

#include <gtest/gtest.h>

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class MemoryAccessTest : public ::testing::Test {
 protected:
  impl::MemoryStore store_;
  MemoryAccess access_{store_, store_.root()};
};

TEST_F(MemoryAccessTest, ReadGivesBackWhatWasMade) {
  model::Inode made = file("content", 06755, kAlice);
  model::set_xattr(made, "user.a", "1");
  model::set_xattr(made, "trusted.overlay.opaque", "y");
  made.access_time = model::FreeTime::at({.seconds = 7, .nanoseconds = 8});
  made.modify_time = model::FreeTime::at({.seconds = 9, .nanoseconds = 10});
  ASSERT_TRUE(access_.make("f", made).ok());
  const auto read = access_.read("f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->inode.mode, made.mode);
  EXPECT_EQ(read->inode.uid, made.uid);
  EXPECT_EQ(read->inode.content, made.content);
  EXPECT_EQ(read->inode.xattrs, made.xattrs);
  EXPECT_EQ(read->inode.access_time, made.access_time);
  EXPECT_EQ(read->inode.modify_time, made.modify_time);
  EXPECT_EQ(read->links, 1U);
}

TEST_F(MemoryAccessTest, CapabilityAndHolesSurvive) {
  model::Inode made = file("x");
  made.content.resize(1 << 20);
  model::set_xattr(made, "security.capability", std::string("\x00\x00\x00\x02", 4) + std::string(16, '\0'));
  ASSERT_TRUE(access_.make("f", made).ok());
  const auto read = access_.read("f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->inode.content, made.content);
  EXPECT_EQ(read->inode.xattrs, made.xattrs);
}

TEST_F(MemoryAccessTest, EveryTypeIsMade) {
  model::Inode device = an_inode(FileType::kBlockDevice, 0600, 0);
  device.device = {.major = 8, .minor = 1};
  const model::Inode made[] = {directory(),
                               symlink("a/b"),
                               device,
                               an_inode(FileType::kFifo, 0600, 0),
                               an_inode(FileType::kSocket, 0600, 0),
                               an_inode(FileType::kCharDevice, 0, 0)};
  for (const model::Inode& inode : made) {
    const std::string path = std::to_string(static_cast<int>(inode.type));
    ASSERT_TRUE(access_.make(path, inode).ok()) << path;
    const auto read = access_.read(path);
    ASSERT_TRUE(read.ok()) << path;
    EXPECT_EQ(read->inode.type, inode.type);
    EXPECT_EQ(read->inode.device, inode.device);
    EXPECT_EQ(read->inode.content, inode.content);
  }
}

TEST_F(MemoryAccessTest, LinksAreOneBackingAndCopiesAreNot) {
  ASSERT_TRUE(access_.make("f", file()).ok());
  ASSERT_TRUE(access_.make("g", file()).ok());
  ASSERT_TRUE(access_.link("f", "h").ok());
  EXPECT_EQ(access_.read("f")->backing, access_.read("h")->backing);
  EXPECT_NE(access_.read("f")->backing, access_.read("g")->backing);
  EXPECT_EQ(access_.read("h")->links, 2U);
}

TEST_F(MemoryAccessTest, RemoveTakesTheSubtree) {
  ASSERT_TRUE(access_.make("d", directory()).ok());
  ASSERT_TRUE(access_.make("d/e", directory()).ok());
  ASSERT_TRUE(access_.make("d/e/f", file()).ok());
  EXPECT_EQ(access_.remove("d/absent").error(), Errno::kENOENT);
  ASSERT_TRUE(access_.remove("d").ok());
  EXPECT_EQ(access_.list("")->size(), 0U);
}

TEST_F(MemoryAccessTest, RootHasNoNameToTakeAway) {
  EXPECT_EQ(access_.remove("").error(), Errno::kEBUSY);
  EXPECT_EQ(access_.rename("", "x").error(), Errno::kEBUSY);
}

TEST_F(MemoryAccessTest, FileInTheMiddleOfAPathIsEnotdir) {
  ASSERT_TRUE(access_.make("f", file()).ok());
  EXPECT_EQ(access_.read("f/x").error(), Errno::kENOTDIR);
  EXPECT_EQ(access_.list("f").error(), Errno::kENOTDIR);
}

TEST_F(MemoryAccessTest, ContentAndModeChangeInPlace) {
  ASSERT_TRUE(access_.make("f", file("long content")).ok());
  const auto before = access_.read("f")->backing;
  ASSERT_TRUE(access_.set_content("f", "new").ok());
  ASSERT_TRUE(access_.set_mode("f", 0600).ok());
  EXPECT_EQ(access_.read("f")->inode.content.all(), "new");
  EXPECT_EQ(access_.read("f")->inode.mode, 0600U);
  EXPECT_EQ(access_.read("f")->backing, before);
}

}  // namespace
}  // namespace ovlspec::oracle
