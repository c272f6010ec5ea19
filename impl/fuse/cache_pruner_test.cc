// More nodes than descriptors: the kernel is asked to let some go.
#include "impl/fuse/cache_pruner.h"

#include <fcntl.h>
#include <unistd.h>

#include "impl/fuse/mount_fixture.h"
#include "impl/store/posix_store.h"

namespace ovlspec::fuse {
namespace {

constexpr std::size_t kDescriptors = 500;

class FewDescriptors : public MountTest {
 protected:
  void mount_with_few() { mount_writable(",descriptors=" + std::to_string(kDescriptors)); }
};

TEST_F(FewDescriptors, AreEnoughForATreeOfManyFiles) {
  constexpr int kDirectories = 30, kFiles = 100;
  for (int d = 0; d < kDirectories; ++d) {
    const std::string directory = "d" + std::to_string(d);
    ASSERT_EQ(mkdir(lower(directory).c_str(), 0755), 0);
    for (int f = 0; f < kFiles; ++f) write_file(lower(directory + "/f" + std::to_string(f)), "");
  }
  mount_with_few();
  for (int round = 0; round < 3; ++round) {
    int failures = 0;
    for (int d = 0; d < kDirectories; ++d) {
      const std::string directory = "d" + std::to_string(d);
      EXPECT_EQ(names_in(at(directory)).size(), static_cast<std::size_t>(kFiles));
      for (int f = 0; f < kFiles; ++f) {
        struct stat status {};
        failures += lstat(at(directory + "/f" + std::to_string(f)).c_str(), &status) != 0 ? 1 : 0;
      }
    }
    EXPECT_EQ(failures, 0);
  }
  EXPECT_TRUE(eventually([] { return impl::held_descriptors() <= kDescriptors; }));
}

// Directories keep their descriptors, so here the kernel has to forget some.
TEST_F(FewDescriptors, AreEnoughForATreeOfManyDirectories) {
  constexpr int kDirectories = 2000;
  for (int d = 0; d < kDirectories; ++d) ASSERT_EQ(mkdir(lower("d" + std::to_string(d)).c_str(), 0755), 0);
  mount_with_few();
  for (int round = 0; round < 2; ++round) {
    int failures = 0;
    for (int d = 0; d < kDirectories; ++d) {
      struct stat status {};
      failures += lstat(at("d" + std::to_string(d)).c_str(), &status) != 0 ? 1 : 0;
    }
    EXPECT_EQ(failures, 0);
  }
  EXPECT_TRUE(eventually([] { return impl::held_descriptors() <= kDescriptors; }));
}

TEST_F(FewDescriptors, DoNotTouchWhatIsInUse) {
  for (int f = 0; f < 2000; ++f) write_file(lower("f" + std::to_string(f)), "");
  ASSERT_EQ(mkdir(lower("held").c_str(), 0755), 0);
  write_file(lower("held/file"), "content");
  mount_with_few();
  const int directory = open(at("held").c_str(), O_PATH | O_DIRECTORY);
  const int file = open(at("held/file").c_str(), O_RDONLY);
  ASSERT_GE(directory, 0);
  ASSERT_GE(file, 0);
  for (int f = 0; f < 2000; ++f) status_of_path(at("f" + std::to_string(f)));
  EXPECT_TRUE(eventually([] { return impl::held_descriptors() <= kDescriptors; }));
  EXPECT_EQ(faccessat(directory, "file", R_OK, 0), 0);
  char link[4096] = {};
  const std::string self = "/proc/self/fd/" + std::to_string(file);
  EXPECT_GT(readlink(self.c_str(), link, sizeof link - 1), 0);
  EXPECT_EQ(std::string(link), at("held/file")) << "the name is still the open file's";
  char content[8] = {};
  EXPECT_EQ(read(file, content, sizeof content), 7);
  close(file);
  close(directory);
}

}  // namespace
}  // namespace ovlspec::fuse
