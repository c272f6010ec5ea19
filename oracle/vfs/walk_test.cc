#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class PathWalk : public VfsFixture {
 protected:
  Errno walk(std::string path, Follow follow = Follow::kFollow) {
    return error(Stat{Target::at(std::move(path), follow)});
  }
  InodeNumber number(std::string path) {
    const Outcome outcome = root(Stat{Target::at(std::move(path))});
    return outcome.ok() ? std::get<Attributes>(outcome.payload).number : 0;
  }
};

TEST_F(PathWalk, EmptyPathIsEnoent) { EXPECT_EQ(walk(""), Errno::kENOENT); }

TEST_F(PathWalk, ComponentOf256BytesIsTooLongAnd255IsNot) {
  EXPECT_EQ(walk(std::string(255, 'a')), Errno::kENOENT);
  EXPECT_EQ(walk(std::string(256, 'a')), Errno::kENAMETOOLONG);
}

TEST_F(PathWalk, PathOf4096BytesIsTooLongAnd4095IsNot) {
  EXPECT_EQ(walk(std::string(4095, '/')), Errno::kOk);
  EXPECT_EQ(walk(std::string(4096, '/')), Errno::kENAMETOOLONG);
}

TEST_F(PathWalk, DotsAndSlashesNameTheSameObject) {
  lower("a", directory());
  lower("a/b", file());
  const InodeNumber expected = number("a/b");
  EXPECT_NE(expected, 0U);
  for (const char* path : {"/a/b", "//a///b", "./a/./b", "a/../a/b", "../../a/b", "a/b"})
    EXPECT_EQ(number(path), expected) << path;
  EXPECT_EQ(number("a/.."), number("/"));
}

TEST_F(PathWalk, FileInTheMiddleIsEnotdir) {
  lower("f", file());
  EXPECT_EQ(walk("f/x"), Errno::kENOTDIR);
  EXPECT_EQ(walk("f/"), Errno::kENOTDIR);
  EXPECT_EQ(walk("f/."), Errno::kENOTDIR);
  EXPECT_EQ(walk("f/.."), Errno::kENOTDIR);
}

TEST_F(PathWalk, TrailingSlashFollowsASymlinkEvenWithNoFollow) {
  lower("d", directory());
  lower("l", symlink("d"));
  EXPECT_EQ(root(Stat{Target::at("l/", Follow::kNoFollow)}).ok(), true);
  const Outcome outcome = root(Stat{Target::at("l/", Follow::kNoFollow)});
  EXPECT_EQ(std::get<Attributes>(outcome.payload).type, FileType::kDirectory);
}

TEST_F(PathWalk, SymlinkIsRelativeToItsOwnDirectory) {
  lower("d", directory());
  lower("d/f", file());
  lower("d/l", symlink("f"));
  lower("d/up", symlink("../d/f"));
  EXPECT_EQ(number("d/l"), number("d/f"));
  EXPECT_EQ(number("d/up"), number("d/f"));
}

TEST_F(PathWalk, AbsoluteSymlinkStartsAtTheMountsRoot) {
  lower("d", directory());
  lower("f", file());
  lower("d/l", symlink("/f"));
  lower("d/root", symlink("//"));
  EXPECT_EQ(number("d/l"), number("f"));
  EXPECT_EQ(number("d/root"), number("/"));
  EXPECT_EQ(number("d/root/f"), number("f"));
}

TEST_F(PathWalk, DotDotAfterASymlinkIsTheParentOfItsTarget) {
  lower("a", directory());
  lower("a/b", directory());
  lower("l", symlink("a/b"));
  EXPECT_EQ(number("l/.."), number("a"));
}

TEST_F(PathWalk, SymlinkTargetWithTrailingSlashMustBeADirectory) {
  lower("f", file());
  lower("l", symlink("f/"));
  EXPECT_EQ(walk("l"), Errno::kENOTDIR);
}

TEST_F(PathWalk, FortySymlinksAreFollowedAndOneMoreIsEloop) {
  lower("l0", file());
  for (int i = 1; i <= 41; ++i) lower("l" + std::to_string(i), symlink("l" + std::to_string(i - 1)));
  EXPECT_EQ(walk("l40"), Errno::kOk);
  EXPECT_EQ(walk("l41"), Errno::kELOOP);
  EXPECT_EQ(walk("l41", Follow::kNoFollow), Errno::kOk);
}

TEST_F(PathWalk, SymlinksAreCountedOverTheWholePath) {
  lower("d", directory());
  lower("l", symlink("."));
  std::string path;
  for (int i = 0; i < 40; ++i) path += "l/";
  EXPECT_EQ(walk(path + "d"), Errno::kOk);
  EXPECT_EQ(walk(path + "l/d"), Errno::kELOOP);
}

TEST_F(PathWalk, SymlinkLoopIsEloop) {
  lower("a", symlink("b"));
  lower("b", symlink("a"));
  EXPECT_EQ(walk("a"), Errno::kELOOP);
  EXPECT_EQ(walk("a/x"), Errno::kELOOP);
}

TEST_F(PathWalk, EachDirectoryNeedsSearchPermission) {
  lower("d", directory(0700, kAlice));
  lower("d/f", file());
  EXPECT_EQ(error_as(user(kAlice), Stat{Target::at("d/f")}), Errno::kOk);
  EXPECT_EQ(error_as(user(kBob), Stat{Target::at("d/f")}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Stat{Target::at("d/absent")}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Stat{Target::at("d/.")}), Errno::kEACCES);
  EXPECT_EQ(error_as(user(kBob), Stat{Target::at("d")}), Errno::kOk);
  EXPECT_EQ(error_as(user_with(kBob, Capability::kDacReadSearch), Stat{Target::at("d/f")}), Errno::kOk);
}

TEST_F(PathWalk, SearchPermissionComesBeforeALongName) {
  lower("d", directory(0700, kAlice));
  EXPECT_EQ(error_as(user(kBob), Stat{Target::at("d/" + std::string(256, 'a'))}), Errno::kEACCES);
}

}  // namespace
}  // namespace ovlspec::oracle
