// Owners and link counts that the mount shows otherwise than the layers hold them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class Owners : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    write_file(lower("f"), "lower", 0666);
    ASSERT_EQ(chown(lower("f").c_str(), 3, 4), 0);
  }
};

using Ids = std::pair<uid_t, gid_t>;

Ids owner(const std::string& path) {
  const struct stat status = status_of_path(path);
  return {status.st_uid, status.st_gid};
}

constexpr const char* kMapped = ",uidmapping=0:100:10,gidmapping=0:200:10";

TEST_F(Owners, AreMappedAndCopyUpKeepsThemOnDisk) {
  mount_writable(kMapped);
  EXPECT_EQ(owner(at("f")), Ids(103, 204));
  EXPECT_EQ(owner(at("")), Ids(100, 200));
  write_file(at("f"), "changed", 0600);
  EXPECT_EQ(owner(at("f")), Ids(103, 204));
  EXPECT_EQ(owner(upper("f")), Ids(3, 4));
}

TEST_F(Owners, OfNewObjectsAreStoredAsTheCallersIdsMapBack) {
  ASSERT_EQ(chmod(upper("").c_str(), 0777), 0);
  mount_writable(kMapped);
  as_user(105, 206, [&] {
    write_file(at("new"), "new");
    EXPECT_EQ(mkdir(at("d").c_str(), 0755), 0);
    EXPECT_EQ(symlink("f", at("s").c_str()), 0);
    EXPECT_EQ(mknod(at("p").c_str(), S_IFIFO | 0644, 0), 0);
  });
  for (const char* name : {"new", "d", "s", "p"}) {
    EXPECT_EQ(owner(at(name)), Ids(105, 206)) << name;
    EXPECT_EQ(owner(upper(name)), Ids(5, 6)) << name;
  }
}

TEST_F(Owners, ChangeToMappedIdsAlone) {
  mount_writable(kMapped);
  EXPECT_EQ(chown(at("f").c_str(), 107, 208), 0);
  EXPECT_EQ(owner(at("f")), Ids(107, 208));
  EXPECT_EQ(owner(upper("f")), Ids(7, 8));
  EXPECT_EQ(error_of([&] { return chown(at("f").c_str(), 7, -1); }), EOVERFLOW);
  EXPECT_EQ(owner(upper("f")), Ids(7, 8));
}

// The caller is root, whom no range shows.
TEST_F(Owners, OfWhatACallerWithoutAMappingMakesAreNobody) {
  mount_writable(kMapped);
  EXPECT_EQ(mkdir(at("d").c_str(), 0755), 0);
  EXPECT_EQ(owner(upper("d")), Ids(kOverflowId, kOverflowId));
  EXPECT_EQ(owner(at("d")), Ids(kOverflowId, kOverflowId));
}

TEST_F(Owners, ThatAreNotMappedShowTheOverflowId) {
  ASSERT_EQ(chown(lower("f").c_str(), 10, 4), 0);
  mount_writable(kMapped);
  EXPECT_EQ(owner(at("f")), Ids(kOverflowId, 204));
}

TEST_F(Owners, SquashedToRootAreRootsWhateverTheLayersSay) {
  mount_writable(",squash_to_root");
  EXPECT_EQ(owner(at("f")), Ids(0, 0));
  EXPECT_EQ(chown(at("f").c_str(), 8, 9), 0);
  EXPECT_EQ(owner(at("f")), Ids(0, 0));
  EXPECT_EQ(owner(upper("f")), Ids(8, 9));
}

TEST_F(Owners, SquashedDecideWhoMayDoWhat) {
  ASSERT_EQ(chmod(lower("f").c_str(), 0600), 0);
  mount_writable(",squash_to_uid=1000,squash_to_gid=1001");
  EXPECT_EQ(owner(at("f")), Ids(1000, 1001));
  as_user(1000, 1000, [&] { EXPECT_EQ(read_file(at("f")), "lower"); });
  as_user(3, 4, [&] { EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_RDONLY); }), EACCES); });
  as_user(1000, 1000, [&] { write_file(at("new"), "new"); });
  EXPECT_EQ(owner(at("new")), Ids(1000, 1001));
  EXPECT_EQ(owner(upper("new")), Ids(1000, 1000));
}

TEST_F(Owners, StaticLinkCountsAreOneForDirectories) {
  ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
  ASSERT_EQ(mkdir(lower("d/e").c_str(), 0755), 0);
  ASSERT_EQ(link(lower("f").c_str(), lower("g").c_str()), 0);
  mount_writable(",static_nlink");
  EXPECT_EQ(status_of_path(at("")).st_nlink, 1U);
  EXPECT_EQ(status_of_path(at("d")).st_nlink, 1U);
  EXPECT_EQ(status_of_path(at("f")).st_nlink, 2U);
}

}  // namespace
}  // namespace ovlspec::fuse
