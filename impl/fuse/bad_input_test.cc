// The program given nonsense, and a disk that is full.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <tuple>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;

class BadInput : public Program {};

// Every path below `directory` with its size, mode and content.
std::map<std::string, std::string> image(const std::string& directory) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const struct stat status = status_of_path(path);
    found[path] = std::to_string(status.st_mode) + ":" + (S_ISREG(status.st_mode) ? read_file(path) : "");
  }
  return found;
}

TEST_F(BadInput, IsOneLineAndNeitherMountedNorWritten) {
  const std::string base = "lowerdir=" + lower("");
  const std::vector<std::tuple<std::string, int, std::string>> table = {
      {"lowerdir=/missing", 1, "lowerdir \"/missing\": No such file or directory"},
      {"lowerdir=" + lower("f"), 1, "lowerdir \"" + lower("f") + "\": Not a directory"},
      {base + ",upperdir=" + root() + "/upper", 2, "upperdir is given without workdir"},
      {base + ",frobnicate=on", 2, "unknown option \"frobnicate=on\""},
      {base + ",verity=on", 2, "option verity=on is refused: digests of data are not compared"},
      {base + ",uidmapping=0:1000", 2, "option uidmapping \"0:1000\": expected three numbers a range"},
      {base + ",identity=upfront", 2, "this identity keeps a map: a stack without workdir needs statedir"},
      {base + ",identity=upfront,statedir=/missing", 1, "statedir \"/missing\": No such file or directory"},
      {base + ",identity=upfront,seal=digest,statedir=" + root() + "/work", 1,
       "lowerdir \"" + lower("") +
           "\": nothing seals the content of its file system, as it does of a squashfs, an erofs " +
           "or a read-only snapshot of btrfs; try seal=verify"},
      {base + ":" + root(), 1, "lowerdir \"" + lower("") + "\" lies inside lowerdir \"" + root() + "\""},
      {base + ",upperdir=" + upper("") + ",workdir=/dev", 1,
       "workdir \"/dev\" is on another file system than upperdir \"" + upper("") + "\""},
      {base + ",upperdir=" + root() + "/upper,workdir=" + root() + "/upper", 1,
       "upperdir \"" + root() + "/upper\" and workdir \"" + root() + "/upper\" are the same directory"},
  };
  const std::map<std::string, std::string> before = image(root());
  for (const auto& [options, status, message] : table) {
    const Ran ran = mount_with(options);
    EXPECT_EQ(ran.status, status) << options;
    EXPECT_EQ(ran.errors, "fuse-ovlspec: " + message + "\n") << options;
    EXPECT_FALSE(is_mounted()) << options;
    fs::remove(root() + "/output");
    fs::remove(root() + "/errors");
    EXPECT_EQ(image(root()), before) << options;
  }
}

TEST_F(BadInput, AMissingMountPointIsNamed) {
  const Ran ran = run({FUSE_OVLSPEC_PROGRAM, root() + "/missing", "-o", writable_options()});
  EXPECT_EQ(ran.status, kExitFailure);
  EXPECT_EQ(ran.errors, "fuse-ovlspec: mount point \"" + root() + "/missing\": No such file or directory\n");
  EXPECT_TRUE(fs::is_empty(root() + "/work"));
}

class SmallDisk : public Program {
 protected:
  static constexpr std::size_t kSize = 1U << 20;

  void SetUp() override {
    Program::SetUp();
    if (IsSkipped()) return;
    write_file(lower("large"), std::string(2 * kSize, 'l'));
    ASSERT_EQ(mkdir((root() + "/small").c_str(), 0755), 0);
    ASSERT_EQ(::mount("small", (root() + "/small").c_str(), "tmpfs", 0, "size=1m"), 0);
    ASSERT_EQ(mkdir((root() + "/small/upper").c_str(), 0755), 0);
    ASSERT_EQ(mkdir((root() + "/small/work").c_str(), 0755), 0);
    const Ran ran =
        mount_with(read_only_options() + ",upperdir=" + root() + "/small/upper,workdir=" + root() + "/small/work");
    ASSERT_EQ(ran.status, 0) << ran.errors;
  }

  void TearDown() override {
    kill_daemons(SIGTERM);
    umount2((root() + "/small").c_str(), MNT_DETACH);
    Program::TearDown();
  }
};

TEST_F(SmallDisk, ACopyUpThatDoesNotFitFailsAndLeavesNothing) {
  EXPECT_EQ(error_of([&] { return open(at("large").c_str(), O_WRONLY); }), ENOSPC);
  EXPECT_EQ(error_of([&] { return chmod(at("large").c_str(), 0600); }), ENOSPC);
  EXPECT_EQ(status_of_path(at("large")).st_mode & 07777U, 0644U);
  EXPECT_TRUE(read_file(at("large")) == std::string(2 * kSize, 'l'));
  EXPECT_TRUE(read_file(lower("large")) == std::string(2 * kSize, 'l'));
  EXPECT_TRUE(fs::is_empty(root() + "/small/upper"));
  // What fits still fits.
  write_file(at("f"), "changed");
  EXPECT_EQ(read_file(at("f")), "changed");
}

TEST_F(SmallDisk, AWriteThatDoesNotFitFailsWithoutHarmToOthers) {
  write_file(at("kept"), "kept");
  const int file = open(at("full").c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_GE(file, 0);
  const std::string block(64U << 10, 'x');
  int error = 0;
  for (int i = 0; i < 40 && error == 0; ++i) error = error_of([&] { return write(file, block.data(), block.size()); });
  EXPECT_EQ(error, ENOSPC);
  close(file);
  EXPECT_EQ(read_file(at("kept")) + read_file(at("f")), "keptlower");
  EXPECT_EQ(unlink(at("full").c_str()), 0);
  // The kernel tells the daemon later that the removed file is closed; its blocks are free from then on.
  struct statvfs space {};
  for (int i = 0; i < 500 && statvfs((root() + "/small").c_str(), &space) == 0 && space.f_bfree < 4; ++i)
    usleep(10'000);
  write_file(at("f"), "changed");
  EXPECT_EQ(read_file(at("f")), "changed");
  EXPECT_EQ(read_file(lower("f")), "lower");
}

}  // namespace
}  // namespace ovlspec::fuse
