#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class FileIo : public VfsFixture {
 protected:
  std::string read(Slot slot, FileSize offset, FileSize length) {
    const Outcome outcome = root(Read{slot, offset, length});
    EXPECT_EQ(outcome.error, Errno::kOk);
    return outcome.ok() ? std::get<std::string>(outcome.payload) : std::string();
  }
};

TEST_F(FileIo, ReadEndsAtTheEndOfTheFile) {
  lower("f", file("abcdef"));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(read(0, 2, 3), "cde");
  EXPECT_EQ(read(0, 4, 100), "ef");
  EXPECT_EQ(read(0, 6, 1), "");
  EXPECT_EQ(read(0, 1000, 1), "");
}

TEST_F(FileIo, WriteBeyondTheEndLeavesZeros) {
  lower("f", file("a"));
  EXPECT_EQ(error(Open{"f", read_write(), 0, 0}), Errno::kOk);
  EXPECT_EQ(root(Write{0, 3, "d"}).payload, Outcome::Payload(std::uint64_t{1}));
  EXPECT_EQ(read(0, 0, 10), std::string("a\0\0d", 4));
}

TEST_F(FileIo, AppendIgnoresTheOffset) {
  lower("f", file("ab"));
  EXPECT_EQ(error(Open{"f", OpenFlags{.access = Access::kWrite, .append = true}, 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Write{0, 0, "cd"}), Errno::kOk);
  EXPECT_EQ(content("f"), "abcd");
}

TEST_F(FileIo, AccessModeIsEbadf) {
  lower("f", file("ab"));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Open{"f", write_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(Write{0, 0, "x"}), Errno::kEBADF);
  EXPECT_EQ(error(Write{0, 0, ""}), Errno::kEBADF);
  EXPECT_EQ(error(Read{1, 0, 1}), Errno::kEBADF);
}

TEST_F(FileIo, ClosedSlotIsEbadfForEveryOperation) {
  const Target target = Target::of(5);
  const Operation operations[] = {Close{5},
                                  Read{5, 0, 1},
                                  Write{5, 0, "x"},
                                  Truncate{target, 0},
                                  Sync{5},
                                  ReadDirectory{5, 0},
                                  RewindDirectory{5},
                                  Stat{target},
                                  Chmod{target, 0},
                                  Chown{target, {}, {}},
                                  ListXattr{target},
                                  GetXattr{target, "user.a"},
                                  RemoveXattr{target, "user.a"},
                                  SetXattr{target, "user.a", "", XattrMode::kAny}};
  for (const Operation& operation : operations) EXPECT_EQ(error(operation), Errno::kEBADF) << operation.index();
}

TEST_F(FileIo, DirectorySlotIsEisdirToReadAndEbadfToWrite) {
  lower("d", directory());
  EXPECT_EQ(error(Open{"d", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Read{0, 0, 1}), Errno::kEISDIR);
  EXPECT_EQ(error(Write{0, 0, "x"}), Errno::kEBADF);
  EXPECT_EQ(error(Truncate{Target::of(0), 0}), Errno::kEINVAL);
  EXPECT_EQ(error(Sync{0}), Errno::kOk);
}

TEST_F(FileIo, FifoSlotIsEspipe) {
  lower("p", an_inode(FileType::kFifo, 0666, 0));
  EXPECT_EQ(error(Open{"p", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Read{0, 0, 1}), Errno::kESPIPE);
  EXPECT_EQ(error(Write{0, 0, "x"}), Errno::kESPIPE);
  EXPECT_EQ(error(RewindDirectory{0}), Errno::kESPIPE);
  EXPECT_EQ(error(ReadDirectory{0, 0}), Errno::kENOTDIR);
  EXPECT_EQ(error(Sync{0}), Errno::kEINVAL);
}

TEST_F(FileIo, TruncateByPathIsForWritableRegularFiles) {
  lower("f", file("abc", 0644, kAlice));
  lower("d", directory());
  lower("p", an_inode(FileType::kFifo, 0666, 0));
  lower("l", symlink("f"));
  EXPECT_EQ(error(Truncate{Target::at("d"), 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Truncate{Target::at("p"), 0}), Errno::kEINVAL);
  EXPECT_EQ(error_as(user(kBob), Truncate{Target::at("f"), 0}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kAlice), Truncate{Target::at("l"), 1}), Errno::kOk);
  EXPECT_EQ(content("f"), "a");
}

TEST_F(FileIo, TruncateOfASlotNeedsItOpenForWriting) {
  lower("f", file("abc"));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Open{"f", write_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(Truncate{Target::of(0), 0}), Errno::kEINVAL);
  EXPECT_EQ(error_as(user(kBob), Truncate{Target::of(1), 5}), Errno::kOk);
  EXPECT_EQ(content("f"), std::string("abc\0\0", 5));
}

TEST_F(FileIo, ReaderFromBeforeACopyUpSeesWhatIsWrittenAfter) {
  lower("f", file("old"));
  EXPECT_EQ(error(Open{"f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Open{"f", write_only(), 0, 1}), Errno::kOk);
  EXPECT_EQ(error(Write{1, 0, "new"}), Errno::kOk);
  EXPECT_EQ(read(0, 0, 3), "new");
}

}  // namespace
}  // namespace ovlspec::oracle
