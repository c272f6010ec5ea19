// A stack without an upper layer: EROFS, and what is found before it.
#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class ReadOnlyMount : public VfsFixture {
 protected:
  void SetUp() override {
    lower("d", directory());
    lower("d/g", file());
    lower("f", file("abc"));
    lower("l", symlink("f"));
    lower("p", an_inode(FileType::kFifo, 0600, 0));
    mount(Upper::kAbsent);
  }
};

TEST_F(ReadOnlyMount, EverythingReadableIsRead) {
  EXPECT_EQ(content("f"), "abc");
  EXPECT_EQ(error(ListDirectory{"d"}), Errno::kOk);
  EXPECT_EQ(error(Readlink{"l"}), Errno::kOk);
}

TEST_F(ReadOnlyMount, NewNamesAreErofsAfterEexistAndEnoent) {
  EXPECT_EQ(error(Mkdir{"new", 0755}), Errno::kEROFS);
  EXPECT_EQ(error(Mkdir{"d", 0755}), Errno::kEEXIST);
  EXPECT_EQ(error(Mkdir{"absent/new", 0755}), Errno::kENOENT);
  EXPECT_EQ(error(Symlink{"x", "new/"}), Errno::kENOENT);
  EXPECT_EQ(error(Link{"f", "new"}), Errno::kEROFS);
  EXPECT_EQ(error(Link{"absent", "new"}), Errno::kENOENT);
  EXPECT_EQ(error(Link{"d", "new"}), Errno::kEROFS);
  EXPECT_EQ(error_as(user(kAlice), Mknod{"new", FileType::kCharDevice, 0600, {.major = 1, .minor = 3}}), Errno::kEROFS);
}

TEST_F(ReadOnlyMount, RemovalIsErofsBeforeTheNameIsLookedUp) {
  EXPECT_EQ(error(Unlink{"absent"}), Errno::kEROFS);
  EXPECT_EQ(error(Unlink{"."}), Errno::kEISDIR);
  EXPECT_EQ(error(Rmdir{"d"}), Errno::kEROFS);
  EXPECT_EQ(error(Rmdir{"d/."}), Errno::kEINVAL);
  EXPECT_EQ(error(Rename{"absent", "x"}), Errno::kEROFS);
  EXPECT_EQ(error(Rename{"f", "."}), Errno::kEBUSY);
}

TEST_F(ReadOnlyMount, OpeningForWritingIsErofsBeforeEaccesAndAfterTypes) {
  EXPECT_EQ(error(Open{"f", write_only(), 0, 0}), Errno::kEROFS);
  EXPECT_EQ(error_as(user(kAlice), Open{"f", write_only(), 0, 0}), Errno::kEROFS);
  EXPECT_EQ(error(Open{"f", OpenFlags{.access = Access::kRead, .truncate = true}, 0, 0}), Errno::kEROFS);
  EXPECT_EQ(error(Open{"d", write_only(), 0, 0}), Errno::kEISDIR);
  EXPECT_EQ(error(Open{"new", creating(), 0644, 0}), Errno::kEROFS);
  EXPECT_EQ(error(Open{"f", creating(Access::kRead), 0644, 0}), Errno::kOk);
  EXPECT_EQ(error(Open{"f", exclusively(), 0644, 0}), Errno::kEEXIST);
  EXPECT_EQ(error(Open{"absent", write_only(), 0, 0}), Errno::kENOENT);
}

TEST_F(ReadOnlyMount, FifoMayBeOpenedForWriting) { EXPECT_EQ(error(Open{"p", read_write(), 0, 0}), Errno::kOk); }

TEST_F(ReadOnlyMount, AttributesAreErofsAfterThePathAndBeforeTheOwner) {
  const TimeChange now{.kind = TimeChange::Kind::kNow, .value = {}};
  EXPECT_EQ(error_as(user(kAlice), Chmod{Target::at("f"), 0600}), Errno::kEROFS);
  EXPECT_EQ(error(Chmod{Target::at("absent"), 0600}), Errno::kENOENT);
  EXPECT_EQ(error(Chmod{Target::at("l", Follow::kNoFollow), 0600}), Errno::kEROFS);
  EXPECT_EQ(error_as(user(kAlice), Chown{Target::at("f"), 5, {}}), Errno::kEROFS);
  EXPECT_EQ(error_as(user(kAlice), Utimens{Target::at("f"), now, now}), Errno::kEROFS);
  EXPECT_EQ(error_as(user(kAlice), SetXattr{Target::at("f"), "trusted.a", "", XattrMode::kAny}), Errno::kEROFS);
  EXPECT_EQ(error(RemoveXattr{Target::at("f"), "user.a"}), Errno::kEROFS);
  EXPECT_EQ(error(SetXattr{Target::at("f"), "", "", XattrMode::kAny}), Errno::kERANGE);
}

TEST_F(ReadOnlyMount, TruncateIsErofsAfterTypes) {
  EXPECT_EQ(error_as(user(kAlice), Truncate{Target::at("f"), 0}), Errno::kEROFS);
  EXPECT_EQ(error(Truncate{Target::at("d"), 0}), Errno::kEISDIR);
}

TEST_F(ReadOnlyMount, StatfsSaysReadOnly) {
  const Outcome outcome = root(StatFileSystem{"/"});
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(std::get<FileSystemStatus>(outcome.payload).read_only);
}

}  // namespace
}  // namespace ovlspec::oracle
