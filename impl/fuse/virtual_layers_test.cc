// Lowers on file systems that give numbers of their own: another overlay, whose numbers use their highest bits with
// xino=on, and a FUSE file system.
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "impl/fuse/command_line.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

enum class Kind { kOverlayWithXino, kFuse };
std::string name_of(Kind kind) { return kind == Kind::kFuse ? "Fuse" : "OverlayWithXino"; }
void PrintTo(Kind kind, std::ostream* out) { *out << name_of(kind); }

class VirtualLayers : public MountTest, public testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    // Two file systems below, so that the overlay has to tell their inodes apart.
    for (const std::string& part : {one(""), two("")}) {
      ASSERT_EQ(mkdir(part.c_str(), 0755), 0);
      ASSERT_EQ(::mount("none", part.c_str(), "tmpfs", 0, nullptr), 0);
      for (const std::string directory : {"d0", "d1", "d2"}) {
        mkdir((part + directory).c_str(), 0755);
        for (int i = 0; i < 8; ++i)
          write_file(part + directory + "/" + part.substr(part.size() - 4, 3) + char('a' + i), "x");
      }
    }
    ASSERT_EQ(link(one("d0/onea").c_str(), one("d1/linked").c_str()), 0);
    ASSERT_EQ(symlink("target", two("symlink").c_str()), 0);
    mount_lower();
  }
  void TearDown() override {
    unmount();
    unmount_lower();
    for (const std::string& part : {one(""), two("")}) umount2(part.c_str(), MNT_DETACH);
    MountTest::TearDown();
  }

  std::string one(const std::string& name) const { return root() + "/one/" + name; }
  std::string two(const std::string& name) const { return root() + "/two/" + name; }

  // st_ino by path. A listing's d_ino is the same.
  std::map<std::string, ino_t> numbers() {
    std::map<std::string, ino_t> found;
    const std::filesystem::recursive_directory_iterator all(at(""));
    for (const auto& entry : all) found[entry.path()] = status_of_path(entry.path()).st_ino;
    for (const auto& [path, number] : found) {
      const std::filesystem::path parent = std::filesystem::path(path).parent_path();
      DIR* const listing = opendir(parent.c_str());
      while (const dirent* const entry = readdir(listing))
        EXPECT_TRUE(parent / entry->d_name != path || entry->d_ino == number) << path;
      closedir(listing);
    }
    return found;
  }
  // The lower as a user finds it again after the machine was started anew.
  void mount_lower_again() {
    unmount_lower();
    mount_lower();
  }

 private:
  void mount_lower() {
    const std::string layers = "lowerdir=" + one("") + ":" + two("");
    switch (GetParam()) {
      case Kind::kOverlayWithXino:
        ASSERT_EQ(::mount("overlay", lower("").c_str(), "overlay", 0, (layers + ",xino=on").c_str()), 0);
        break;
      case Kind::kFuse: {
        Attempt<CommandLine> line = parse_command_line({"test", lower(""), "-o", layers});
        ASSERT_TRUE(line);
        Attempt<std::unique_ptr<FuseMount>> started = FuseMount::start(std::get<MountRequest>(*line));
        ASSERT_TRUE(started);
        below_ = std::move(*started);
        break;
      }
    }
  }

  void unmount_lower() {
    if (!below_) umount2(lower("").c_str(), 0);
    below_.reset();
  }

  std::unique_ptr<FuseMount> below_;
};

TEST_P(VirtualLayers, HaveNumbersThatAreUniqueAndStay) {
  mount_writable();
  const std::map<std::string, ino_t> before = numbers();
  std::set<ino_t> different;
  for (const auto& [path, number] : before) different.insert(number);
  EXPECT_EQ(before.size(), 53U);
  EXPECT_EQ(different.size(), before.size() - 1) << "one file has two names";
  EXPECT_EQ(before.at(at("d0/onea")), before.at(at("d1/linked")));
  unmount();
  mount_lower_again();
  mount_writable();
  EXPECT_EQ(numbers(), before);
  // Copied up, and moved.
  write_file(at("d0/oneb"), "longer");
  ASSERT_EQ(rename(at("symlink").c_str(), at("d2/symlink").c_str()), 0);
  ASSERT_EQ(rename(at("d1").c_str(), at("moved").c_str()), 0);
  const std::map<std::string, ino_t> moved = numbers();
  EXPECT_EQ(moved.at(at("d0/oneb")), before.at(at("d0/oneb")));
  EXPECT_EQ(moved.at(at("d2/symlink")), before.at(at("symlink")));
  EXPECT_EQ(moved.at(at("moved")), before.at(at("d1")));
  unmount();
  mount_lower_again();
  mount_writable();
  EXPECT_EQ(numbers(), moved);
}

INSTANTIATE_TEST_SUITE_P(Kinds, VirtualLayers, testing::Values(Kind::kOverlayWithXino, Kind::kFuse),
                         [](const testing::TestParamInfo<Kind>& kind) { return name_of(kind.param); });

}  // namespace
}  // namespace ovlspec::fuse
