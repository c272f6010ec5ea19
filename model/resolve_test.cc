#include "model/resolve.h"

#include "model/testing/bench.h"
#include "model/vocabulary/names.h"

namespace ovlspec::model {
namespace {

class Resolve : public testing::Bench {
 protected:
  Resolve() {
    directory("d");
    directory("d/e");
    file("d/e/f");
    symlink("to_d", "d");
    symlink("d/up", "../d/e");
    symlink("absolute", "/d/e/f");
    symlink("dangling", "d/new");
    symlink("loop", "loop");
    symlink("slash", "d/");
    symlink("file_slash", "d/e/f/");
  }
  Found go(std::string_view path, Last last = Last::kFollow) const { return resolve(world, alice(), path, last); }
  std::string object(std::string_view path, Last last = Last::kFollow) const {
    const Found found = go(path, last);
    if (found.failed()) return std::string(errno_name(found.error)) + " " + std::string(text_of(found.rule).id);
    return found.exists() ? "/" + world.tree.path_of(found.object) : "free " + found.name;
  }
  static std::string told(Errno error, Rule rule) {
    return std::string(errno_name(error)) + " " + std::string(text_of(rule).id);
  }
};

TEST_F(Resolve, FindsObjectsByManyPaths) {
  for (const char* path : {"d/e/f", "/d/e/f", "//d//e///f", "./d/./e/f", "d/e/../e/f", "../../d/e/f", "to_d/e/f",
                           "to_d/up/f", "absolute", "d/e/../../absolute"})
    EXPECT_EQ(object(path), "/d/e/f") << path;
}

TEST_F(Resolve, TheRootHasManyPaths) {
  for (const char* path : {"/", "///", ".", "..", "d/..", "d/e/../..", "/."}) EXPECT_EQ(object(path), "/") << path;
  EXPECT_EQ(go("/").kind, NameKind::kSlash);
  EXPECT_EQ(go("d/.").kind, NameKind::kDot);
  EXPECT_EQ(go("d/..").kind, NameKind::kDotDot);
}

TEST_F(Resolve, FollowsTheLastSymlinkOnlyWhereWished) {
  EXPECT_EQ(object("to_d", Last::kFollow), "/d");
  EXPECT_EQ(object("to_d", Last::kNoFollow), "/to_d");
  EXPECT_EQ(object("to_d", Last::kName), "/to_d");
  EXPECT_EQ(object("to_d/", Last::kNoFollow), "/d");
  EXPECT_EQ(object("to_d/", Last::kName), "/to_d");
}

TEST_F(Resolve, TellsTheParentAndNameOfWhatIsNotThere) {
  const Found found = go("to_d/new");
  EXPECT_FALSE(found.failed());
  EXPECT_EQ(found.parent, world.tree.at("d").value());
  EXPECT_EQ(found.name, "new");
  EXPECT_EQ(object("dangling"), "free new");
  EXPECT_EQ(go("dangling").parent, world.tree.at("d").value());
}

TEST_F(Resolve, AnEmptyPathIsNothing) { EXPECT_EQ(object(""), told(Errno::kENOENT, Rule::kPathEmpty)); }

TEST_F(Resolve, AMissingDirectoryIsNothing) {
  EXPECT_EQ(object("x/y"), told(Errno::kENOENT, Rule::kPathMissing));
  EXPECT_EQ(object("dangling/y"), told(Errno::kENOENT, Rule::kPathMissing));
}

TEST_F(Resolve, AFileIsNoDirectory) {
  EXPECT_EQ(object("d/e/f/x"), told(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(object("d/e/f/."), told(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(object("d/e/f/"), told(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(object("absolute/"), told(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(object("file_slash"), told(Errno::kENOTDIR, Rule::kPathNotDirectory));
  EXPECT_EQ(object("slash"), "/d");
}

TEST_F(Resolve, NamesATrailingSlashAlsoOnAnError) {
  EXPECT_TRUE(go("d/e/f/").trailing_slash);
  EXPECT_TRUE(go("file_slash").trailing_slash);
  EXPECT_TRUE(go("loop/").trailing_slash);
  EXPECT_FALSE(go("d/e/f").trailing_slash);
}

TEST_F(Resolve, NeedsSearchPermissionOnEachDirectory) {
  at("d").mode = 0666;
  EXPECT_EQ(object("d"), "/d");
  EXPECT_EQ(object("d/e"), told(Errno::kEACCES, Rule::kPathSearch));
  EXPECT_EQ(object("d/none"), told(Errno::kEACCES, Rule::kPathSearch));
  EXPECT_EQ(object("d/.."), told(Errno::kEACCES, Rule::kPathSearch));
  EXPECT_EQ(object("absolute"), told(Errno::kEACCES, Rule::kPathSearch));
}

TEST_F(Resolve, NamesAndPathsHaveALimit) {
  EXPECT_EQ(object(std::string(255, 'n')), "free " + std::string(255, 'n'));
  EXPECT_EQ(object(std::string(256, 'n')), told(Errno::kENAMETOOLONG, Rule::kPathNameLong));
  EXPECT_EQ(object(std::string(256, 'n') + "/x"), told(Errno::kENAMETOOLONG, Rule::kPathNameLong));
  std::string path;
  while (path.size() + 2 <= names::kPathMax) path += "./";
  EXPECT_EQ(path.size(), 4094U);
  EXPECT_EQ(object(path + "d"), "/d");
  EXPECT_EQ(object(path + "./"), told(Errno::kENAMETOOLONG, Rule::kPathNameLong));
}

TEST_F(Resolve, SymlinksHaveALimit) {
  EXPECT_EQ(object("loop"), told(Errno::kELOOP, Rule::kPathLoop));
  EXPECT_EQ(object("loop/x"), told(Errno::kELOOP, Rule::kPathLoop));
  EXPECT_EQ(object("loop", Last::kNoFollow), "/loop");
  symlink("l0", "d");
  for (int i = 1; i <= 40; ++i) symlink("l" + std::to_string(i), "l" + std::to_string(i - 1));
  EXPECT_EQ(object("l39"), "/d");
  EXPECT_EQ(object("l40"), told(Errno::kELOOP, Rule::kPathLoop));
}

TEST_F(Resolve, AnothersSymlinkInASharedStickyDirectoryIsGuarded) {
  directory("t", 01777);
  put_owned("t/bobs", testing::symlink_inode("../d"), 1001, 1001);
  put_owned("t/mine", testing::symlink_inode("../d"), 1000, 1000);
  put("t/owners", testing::symlink_inode("../d"));
  EXPECT_TRUE(go("t/bobs").guarded);
  EXPECT_TRUE(go("t/bobs/").guarded);
  EXPECT_FALSE(go("t/bobs", Last::kNoFollow).guarded);
  EXPECT_FALSE(go("t/bobs/e").guarded);
  EXPECT_FALSE(go("t/mine").guarded);
  EXPECT_FALSE(go("t/owners").guarded);
  at("t").mode = 01775;
  EXPECT_FALSE(go("t/bobs").guarded);
}

TEST_F(Resolve, AGuardedSymlinkMayBeRefused) {
  directory("t", 01777);
  put_owned("t/bobs", testing::symlink_inode("../d"), 1001, 1001);
  EXPECT_EQ(permitted(alice(), Stat{Target::at("t/bobs")}),
            (testing::Answers{{Errno::kOk, Rule::kStat}, {Errno::kEACCES, Rule::kPathProtected}}));
}

}  // namespace
}  // namespace ovlspec::model
