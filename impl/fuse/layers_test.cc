#include "impl/fuse/layers.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;

class Layers : public testing::Test {
 protected:
  Layers() {
    std::string pattern = (fs::temp_directory_path() / "ovlspec-layers-XXXXXX").string();
    root_ = fs::canonical(mkdtemp(pattern.data()));
    for (const char* name : {"a", "b", "u", "w", "a/inside", "u/inside"}) fs::create_directory(root_ / name);
    std::ofstream(root_ / "file") << "x";
  }
  ~Layers() override { fs::remove_all(root_); }

  std::string at(const std::string& name) const { return (root_ / name).string(); }

  // Names below the test's directory; an empty upper: none.
  MountOptions options(const std::vector<std::string>& lowers, const std::string& upper, const std::string& work) {
    MountOptions made;
    for (const std::string& lower : lowers) made.lowers.push_back(at(lower));
    if (!upper.empty()) made.upper = at(upper);
    if (!work.empty()) made.work = at(work);
    return made;
  }

  // The refusal, with the test's directory left out.
  std::string refusal(const MountOptions& asked) {
    const Attempt<CheckedLayers> layers = check_layers(asked);
    if (layers) return "accepted";
    EXPECT_EQ(layers.failure().exit_status, kExitFailure);
    std::string message = layers.failure().message;
    for (std::size_t found = 0; (found = message.find(root_.string() + "/")) != std::string::npos;) {
      message.erase(found, root_.string().size() + 1);
    }
    return message;
  }

  fs::path root_;
};

TEST_F(Layers, SeparateDirectoriesAreAccepted) {
  EXPECT_EQ(refusal(options({"a", "b"}, "u", "w")), "accepted");
  EXPECT_EQ(refusal(options({"b"}, "", "")), "accepted");
}

TEST_F(Layers, EachBadLayerIsNamed) {
  EXPECT_EQ(refusal(options({"missing"}, "", "")), R"(lowerdir "missing": No such file or directory)");
  EXPECT_EQ(refusal(options({"a", "file"}, "", "")), R"(lowerdir "file": Not a directory)");
  EXPECT_EQ(refusal(options({"a"}, "missing", "w")), R"(upperdir "missing": No such file or directory)");
  EXPECT_EQ(refusal(options({"a"}, "u", "file")), R"(workdir "file": Not a directory)");
}

TEST_F(Layers, OneDirectoryTwiceIsRefused) {
  EXPECT_EQ(refusal(options({"a", "b", "a"}, "", "")), R"(lowerdir "a" and lowerdir "a" are the same directory)");
  EXPECT_EQ(refusal(options({"u"}, "u", "w")), R"(upperdir "u" and lowerdir "u" are the same directory)");
  EXPECT_EQ(refusal(options({"a"}, "u", "u")), R"(upperdir "u" and workdir "u" are the same directory)");
}

TEST_F(Layers, ASymlinkToALayerIsThatLayer) {
  fs::create_directory_symlink(root_ / "a", root_ / "link");
  EXPECT_EQ(refusal(options({"a", "link"}, "", "")), R"(lowerdir "a" and lowerdir "link" are the same directory)");
}

TEST_F(Layers, ALayerInsideAnotherIsRefused) {
  EXPECT_EQ(refusal(options({"a", "a/inside"}, "", "")), R"(lowerdir "a/inside" lies inside lowerdir "a")");
  EXPECT_EQ(refusal(options({"u/inside"}, "u", "w")), R"(lowerdir "u/inside" lies inside upperdir "u")");
  EXPECT_EQ(refusal(options({"a"}, "a/inside", "w")), R"(upperdir "a/inside" lies inside lowerdir "a")");
  EXPECT_EQ(refusal(options({"b"}, "u", "u/inside")), R"(workdir "u/inside" lies inside upperdir "u")");
  EXPECT_EQ(refusal(options({"b"}, "u/inside", "u")), R"(upperdir "u/inside" lies inside workdir "u")");
}

TEST_F(Layers, AStateDirectoryInALayerIsRefused) {
  const auto with_state = [&](const std::string& state) {
    MountOptions asked = options({"a"}, "u", "w");
    asked.state = root_ / state;
    return refusal(asked);
  };
  EXPECT_EQ(with_state("b"), "accepted");
  EXPECT_EQ(with_state("w"), "accepted");
  EXPECT_EQ(with_state("a"), R"(statedir "a" and lowerdir "a" are the same directory)");
  EXPECT_EQ(with_state("a/inside"), R"(statedir "a/inside" lies inside lowerdir "a")");
  EXPECT_EQ(with_state("u/inside"), R"(statedir "u/inside" lies inside upperdir "u")");
  EXPECT_EQ(with_state("missing"), R"(statedir "missing": No such file or directory)");
}

TEST_F(Layers, AWorkDirectoryOnAnotherFileSystemIsRefused) {
  const fs::path elsewhere = "/dev/shm";
  struct stat here {};
  struct stat there {};
  if (stat(root_.c_str(), &here) != 0 || stat(elsewhere.c_str(), &there) != 0 || here.st_dev == there.st_dev) {
    GTEST_SKIP() << "there is no second file system at " << elsewhere;
  }
  std::string pattern = (elsewhere / "ovlspec-work-XXXXXX").string();
  MountOptions asked = options({"a"}, "u", "w");
  asked.work = mkdtemp(pattern.data());
  EXPECT_EQ(refusal(asked), "workdir \"" + asked.work + "\" is on another file system than upperdir \"u\"");
  fs::remove(asked.work);
}

TEST_F(Layers, AnUpperIsTakenByOneMountAtATime) {
  {
    const Attempt<CheckedLayers> first = check_layers(options({"a"}, "u", "w"));
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(refusal(options({"a"}, "u", "b")), R"(upperdir "u" is in use by another mount)");
    EXPECT_EQ(refusal(options({"a"}, "b", "w")), R"(workdir "w" is in use by another mount)");
    EXPECT_EQ(refusal(options({"a"}, "", "")), "accepted");
  }
  EXPECT_EQ(refusal(options({"a"}, "u", "w")), "accepted");
}

TEST_F(Layers, CheckingWritesNothing) {
  const fs::file_time_type before = fs::last_write_time(root_ / "w");
  EXPECT_EQ(refusal(options({"a"}, "u", "w")), "accepted");
  EXPECT_TRUE(fs::is_empty(root_ / "w"));
  EXPECT_EQ(fs::last_write_time(root_ / "w"), before);
}

}  // namespace
}  // namespace ovlspec::fuse
