// Layers of container images with whiteouts that are files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {
namespace {

using Names = std::vector<std::string>;

class FileWhiteouts : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(mkdir(deeper("d").c_str(), 0755), 0);
    write_file(deeper("d/below"), "below");
    write_file(deeper("gone"), "below");
    ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
    write_file(lower("d/.wh..wh..opq"), "");
    write_file(lower("d/above"), "above");
    write_file(lower(".wh.gone"), "");
  }
};

TEST_F(FileWhiteouts, AreOrdinaryFilesUnlessAskedFor) {
  mount_writable();
  EXPECT_EQ(names_in(at("")), (Names{".wh.gone", "d", "f", "gone"}));
  EXPECT_EQ(names_in(at("d")), (Names{".wh..wh..opq", "above", "below"}));
}

TEST_F(FileWhiteouts, HideWhatLiesBelow) {
  mount_writable(",whiteouts=files");
  EXPECT_EQ(names_in(at("")), (Names{"d", "f"}));
  EXPECT_EQ(names_in(at("d")), Names{"above"});
  EXPECT_NE(access(at("gone").c_str(), F_OK), 0);
}

TEST_F(FileWhiteouts, AreCoveredByWhatIsMadeInTheirPlace) {
  mount_writable(",whiteouts=files");
  write_file(at("gone"), "new");
  EXPECT_EQ(mkdir(at("d/below").c_str(), 0755), 0);
  unmount();
  mount_writable(",whiteouts=files");
  EXPECT_EQ(read_file(at("gone")), "new");
  EXPECT_EQ(names_in(at("d")), (Names{"above", "below"}));
  EXPECT_EQ(unlink(at("gone").c_str()), 0);
  EXPECT_EQ(unlink(at("d/above").c_str()), 0);
  EXPECT_EQ(rmdir(at("d/below").c_str()), 0);
  EXPECT_EQ(rmdir(at("d").c_str()), 0);
  EXPECT_EQ(names_in(at("")), Names{"f"});
}

TEST_F(FileWhiteouts, AreNotMadeThroughTheMount) {
  mount_writable(",whiteouts=files");
  const std::string name = at(".wh.new");
  EXPECT_TRUE(open(name.c_str(), O_CREAT | O_WRONLY, 0644) < 0 && errno == EINVAL) << errno;
  EXPECT_TRUE(mkdir(name.c_str(), 0755) != 0 && errno == EINVAL) << errno;
  EXPECT_TRUE(symlink("f", name.c_str()) != 0 && errno == EINVAL) << errno;
  EXPECT_TRUE(link(at("f").c_str(), name.c_str()) != 0 && errno == EINVAL) << errno;
  EXPECT_TRUE(rename(at("f").c_str(), name.c_str()) != 0 && errno == EINVAL) << errno;
  EXPECT_EQ(names_in(at("")), (Names{"d", "f"}));
  unmount();
  mount_writable();
  write_file(at(".wh.new"), "ordinary");
  EXPECT_EQ(read_file(at(".wh.new")), "ordinary");
}

TEST_F(FileWhiteouts, OfAnUpperThatFuseOverlayfsWroteAreConvertedOnce) {
  write_file(upper(".wh.f"), "");
  ASSERT_EQ(mkdir(upper("d").c_str(), 0755), 0);
  write_file(upper("d/.wh..wh..opq"), "");
  write_file(upper("d/.wh.above"), "");
  write_file(upper("d/above"), "beside its whiteout");
  const timespec modified = status_of_path(upper("d")).st_mtim;
  mount_writable(",whiteouts=files");
  EXPECT_EQ(names_in(at("")), Names{"d"});
  EXPECT_EQ(names_in(at("d")), Names{"above"});
  EXPECT_EQ(read_file(at("d/above")), "beside its whiteout");
  EXPECT_EQ(status_of_path(at("d")).st_mtim.tv_nsec, modified.tv_nsec);
  EXPECT_EQ(names_in(upper("")), (Names{"d", "f"}));
  EXPECT_TRUE(S_ISCHR(status_of_path(upper("f")).st_mode));
  unmount();
  write_file(upper(".wh.late"), "");
  mount_writable(",whiteouts=files");
  EXPECT_EQ(names_in(at("")), (Names{".wh.late", "d"})) << "the upper is ours now";
}

TEST_F(FileWhiteouts, AreReadWhereTheProgramIsCalledFuseOverlayfs) {
  const std::string program = root() + "/fuse-overlayfs";
  ASSERT_EQ(symlink(FUSE_OVLSPEC_PROGRAM, program.c_str()), 0);
  const Ran ran = run({program, "-o", writable_options(), root() + "/mount"});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(names_in(at("")), (Names{"d", "f"}));
}

}  // namespace
}  // namespace ovlspec::fuse
