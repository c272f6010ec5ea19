// A mounted overlay as processes see it. What the merge is, is the engine's affair and its tests'; here it is that
// every operation arrives, comes back right, and that the kernel's caches are never stale.
#include <dirent.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

using Names = std::vector<std::string>;

class Mount : public MountTest {};

TEST_F(Mount, ShowsTheMergeOfItsLayers) {
  write_file(lower("a"), "lower");
  write_file(deeper("a"), "hidden");
  write_file(deeper("b"), "deeper");
  write_file(upper("c"), "upper");
  mount_writable();
  EXPECT_EQ(names_in(at("")), (Names{"a", "b", "c"}));
  EXPECT_EQ(read_file(at("a")) + read_file(at("b")) + read_file(at("c")), "lowerdeeperupper");
}

TEST_F(Mount, EveryObjectShowsTheMountsDevice) {
  mkdir(lower("d").c_str(), 0755);
  write_file(lower("d/f"), "x");
  write_file(upper("u"), "x");
  mount_writable();
  const dev_t device = status_of_path(at("")).st_dev;
  for (const char* name : {"d", "d/f", "u"}) EXPECT_EQ(status_of_path(at(name)).st_dev, device) << name;
  EXPECT_NE(status_of_path(upper("")).st_dev, device);
}

TEST_F(Mount, NumbersOfStatAndReaddirAgree) {
  mkdir(lower("d").c_str(), 0755);
  mkdir(deeper("d").c_str(), 0755);
  for (const std::string name : {"d/one", "d/two"}) write_file(lower(name), "x");
  write_file(deeper("d/three"), "x");
  mount_writable();
  write_file(at("d/four"), "x");
  DIR* directory = opendir(at("d").c_str());
  ASSERT_NE(directory, nullptr);
  int entries = 0;
  while (const dirent* entry = readdir(directory)) {
    ++entries;
    EXPECT_EQ(entry->d_ino, status_of_path(at("d/") + entry->d_name).st_ino) << entry->d_name;
  }
  closedir(directory);
  EXPECT_EQ(entries, 6);
}

TEST_F(Mount, ALargeDirectoryIsListedOnceEachAndAgainAfterRewinding) {
  constexpr int kFiles = 3000;
  for (int i = 0; i < kFiles; ++i) write_file((i % 2 == 0 ? lower("f") : deeper("f")) + std::to_string(i), "");
  mount_writable();
  DIR* directory = opendir(at("").c_str());
  ASSERT_NE(directory, nullptr);
  for (int round = 0; round < 2; ++round) {
    std::map<std::string, int> seen;
    while (const dirent* entry = readdir(directory)) ++seen[entry->d_name];
    EXPECT_EQ(seen.size(), kFiles + 2U);
    for (const auto& [name, count] : seen) EXPECT_EQ(count, 1) << name;
    rewinddir(directory);
  }
  closedir(directory);
}

TEST_F(Mount, AListingThatIsCachedIsNotStale) {
  write_file(lower("a"), "");
  mount_writable();
  EXPECT_EQ(names_in(at("")), Names{"a"});
  write_file(at("b"), "");
  EXPECT_EQ(names_in(at("")), (Names{"a", "b"}));
  EXPECT_EQ(unlink(at("a").c_str()), 0);
  EXPECT_EQ(names_in(at("")), Names{"b"});
  EXPECT_EQ(rename(at("b").c_str(), at("c").c_str()), 0);
  EXPECT_EQ(names_in(at("")), Names{"c"});
}

TEST_F(Mount, ANameThatWasMissingIsFoundOnceItIsMade) {
  mount_writable();
  EXPECT_EQ(error_of([&] { return access(at("n").c_str(), F_OK); }), ENOENT);
  EXPECT_EQ(error_of([&] { return access(at("n").c_str(), F_OK); }), ENOENT);
  write_file(at("n"), "here");
  EXPECT_EQ(read_file(at("n")), "here");
  EXPECT_EQ(unlink(at("n").c_str()), 0);
  EXPECT_EQ(error_of([&] { return access(at("n").c_str(), F_OK); }), ENOENT);
}

TEST_F(Mount, LinkCountsFollowLinkAndUnlink) {
  write_file(lower("a"), "x");
  mount_writable();
  EXPECT_EQ(status_of_path(at("a")).st_nlink, 1U);
  ASSERT_EQ(link(at("a").c_str(), at("b").c_str()), 0);
  EXPECT_EQ(status_of_path(at("a")).st_nlink, 2U);
  EXPECT_EQ(status_of_path(at("b")).st_ino, status_of_path(at("a")).st_ino);
  write_file(at("c"), "y");
  ASSERT_EQ(rename(at("c").c_str(), at("b").c_str()), 0);
  EXPECT_EQ(status_of_path(at("a")).st_nlink, 1U);
}

TEST_F(Mount, LinkCountsOfNewDirectoriesFollowTheirSubdirectories) {
  mount_writable();
  mkdir(at("a").c_str(), 0755);
  mkdir(at("b").c_str(), 0755);
  // As the upper's file system counts them, whether it does or not.
  const auto expect_counted = [&] {
    for (const char* name : {"a", "b"}) {
      EXPECT_EQ(status_of_path(at(name)).st_nlink, status_of_path(upper(name)).st_nlink) << name;
    }
  };
  mkdir(at("a/d").c_str(), 0755);
  expect_counted();
  ASSERT_EQ(rename(at("a/d").c_str(), at("b/d").c_str()), 0);
  expect_counted();
  ASSERT_EQ(rmdir(at("b/d").c_str()), 0);
  expect_counted();
}

TEST_F(Mount, AWriteThroughOneNameIsSeenThroughTheOther) {
  mount_writable();
  write_file(at("a"), "1");
  ASSERT_EQ(link(at("a").c_str(), at("b").c_str()), 0);
  EXPECT_EQ(read_file(at("b")), "1");
  write_file(at("a"), "22");
  EXPECT_EQ(read_file(at("b")), "22");
  EXPECT_EQ(status_of_path(at("b")).st_size, 2);
}

TEST_F(Mount, ParentTimesAdvanceWithTheirEntries) {
  mkdir(lower("d").c_str(), 0755);
  const std::array<timespec, 2> past = {timespec{1, 0}, timespec{1, 0}};
  utimensat(AT_FDCWD, lower("d").c_str(), past.data(), 0);
  mount_writable();
  EXPECT_EQ(status_of_path(at("d")).st_mtime, 1);
  write_file(at("d/f"), "");
  EXPECT_GT(status_of_path(at("d")).st_mtime, 1);
}

TEST_F(Mount, RenameTakesEachOfItsFlags) {
  write_file(lower("a"), "a");
  write_file(lower("b"), "b");
  mount_writable();
  const auto renamed = [&](const char* from, const char* to, unsigned flags) {
    return error_of([&] { return renameat2(AT_FDCWD, at(from).c_str(), AT_FDCWD, at(to).c_str(), flags); });
  };
  EXPECT_EQ(renamed("a", "b", RENAME_NOREPLACE), EEXIST);
  EXPECT_EQ(renamed("a", "c", RENAME_NOREPLACE), 0);
  EXPECT_EQ(renamed("c", "b", RENAME_EXCHANGE), 0);
  EXPECT_EQ(read_file(at("b")) + read_file(at("c")), "ab");
  EXPECT_EQ(renamed("c", "d", RENAME_WHITEOUT), EINVAL);
  EXPECT_EQ(renamed("c", "b", 0), 0);
  EXPECT_EQ(read_file(at("b")), "b");
  EXPECT_EQ(names_in(at("")), Names{"b"});
}

TEST_F(Mount, MakesEachKindOfObjectButWhiteouts) {
  mount_writable();
  EXPECT_EQ(mknod(at("fifo").c_str(), S_IFIFO | 0600, 0), 0);
  EXPECT_EQ(mknod(at("socket").c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_EQ(mknod(at("null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  EXPECT_EQ(mknod(at("plain").c_str(), S_IFREG | 0600, 0), 0);
  EXPECT_EQ(symlink("a target", at("link").c_str()), 0);
  EXPECT_EQ(error_of([&] { return mknod(at("whiteout").c_str(), S_IFCHR, makedev(0, 0)); }), EPERM);
  EXPECT_TRUE(S_ISFIFO(status_of_path(at("fifo")).st_mode));
  EXPECT_TRUE(S_ISSOCK(status_of_path(at("socket")).st_mode));
  EXPECT_EQ(status_of_path(at("null")).st_rdev, makedev(1, 3));
  EXPECT_TRUE(S_ISREG(status_of_path(at("plain")).st_mode));
  std::array<char, 64> target{};
  ASSERT_EQ(readlink(at("link").c_str(), target.data(), target.size()), 8);
  EXPECT_EQ(std::string(target.data()), "a target");
}

TEST_F(Mount, ExtendedAttributesAreSetReadListedAndRemoved) {
  write_file(lower("f"), "x");
  mount_writable();
  const std::string path = at("f");
  EXPECT_EQ(setxattr(path.c_str(), "user.one", "first", 5, 0), 0);
  EXPECT_EQ(error_of([&] { return setxattr(path.c_str(), "user.one", "", 0, XATTR_CREATE); }), EEXIST);
  EXPECT_EQ(error_of([&] { return setxattr(path.c_str(), "user.two", "", 0, XATTR_REPLACE); }), ENODATA);
  std::array<char, 16> value{};
  EXPECT_EQ(getxattr(path.c_str(), "user.one", nullptr, 0), 5);
  EXPECT_EQ(getxattr(path.c_str(), "user.one", value.data(), value.size()), 5);
  EXPECT_EQ(std::string(value.data()), "first");
  EXPECT_EQ(error_of([&] { return getxattr(path.c_str(), "user.one", value.data(), 2); }), ERANGE);
  EXPECT_EQ(listxattr(path.c_str(), value.data(), value.size()), 9);
  EXPECT_EQ(std::string(value.data()), "user.one");
  EXPECT_EQ(removexattr(path.c_str(), "user.one"), 0);
  EXPECT_EQ(error_of([&] { return getxattr(path.c_str(), "user.one", nullptr, 0); }), ENODATA);
}

TEST_F(Mount, PrivateExtendedAttributesAreOutOfReach) {
  write_file(lower("f"), "x");
  mount_writable();
  EXPECT_EQ(chmod(at("f").c_str(), 0600), 0);
  EXPECT_GE(getxattr(upper("f").c_str(), "trusted.overlay.origin", nullptr, 0), 0) << "nothing to hide";
  EXPECT_EQ(listxattr(at("f").c_str(), nullptr, 0), 0);
  EXPECT_EQ(error_of([&] { return getxattr(at("f").c_str(), "trusted.overlay.origin", nullptr, 0); }), ENODATA);
  EXPECT_EQ(setxattr(at("f").c_str(), "trusted.overlay.origin", "y", 1, 0), 0);
  EXPECT_GT(getxattr(upper("f").c_str(), "trusted.overlay.origin", nullptr, 0), 1) << "a caller's stands apart";
  EXPECT_EQ(getxattr(at("f").c_str(), "trusted.overlay.origin", nullptr, 0), 1);
}

TEST_F(Mount, AppendingWritersOfOneFileLoseNothing) {
  write_file(lower("log"), "0");
  mount_writable();
  const int one = open(at("log").c_str(), O_WRONLY | O_APPEND);
  const int two = open(at("log").c_str(), O_WRONLY | O_APPEND);
  for (const int file : {one, two, one}) EXPECT_EQ(write(file, "ab", 2), 2);
  EXPECT_EQ(status_of_path(at("log")).st_size, 7);
  EXPECT_EQ(truncate(at("log").c_str(), 1), 0);
  EXPECT_EQ(write(two, "z", 1), 1);
  close(one);
  close(two);
  EXPECT_EQ(read_file(at("log")), "0z");
}

TEST_F(Mount, AnUnlinkedOpenFileLivesOn) {
  write_file(lower("f"), "content");
  mount_writable();
  const int file = open(at("f").c_str(), O_RDWR);
  ASSERT_GE(file, 0);
  const ino_t number = status_of_path(at("f")).st_ino;
  EXPECT_EQ(unlink(at("f").c_str()), 0);
  EXPECT_EQ(pwrite(file, "C", 1, 0), 1);
  std::array<char, 8> content{};
  EXPECT_EQ(pread(file, content.data(), 7, 0), 7);
  EXPECT_EQ(std::string(content.data()), "Content");
  struct stat status {};
  EXPECT_EQ(fstat(file, &status), 0);
  EXPECT_EQ(status.st_nlink, 0U);
  EXPECT_EQ(status.st_ino, number);
  EXPECT_EQ(ftruncate(file, 3), 0);
  EXPECT_EQ(fchmod(file, 0600), 0);
  EXPECT_EQ(fsync(file), 0);
  close(file);
}

TEST_F(Mount, NamesThatAreTooLongAreRefused) {
  mount_writable();
  const std::string name(256, 'n');
  EXPECT_EQ(error_of([&] { return access(at(name).c_str(), F_OK); }), ENAMETOOLONG);
  EXPECT_EQ(error_of([&] { return mkdir(at(name).c_str(), 0755); }), ENAMETOOLONG);
  EXPECT_EQ(mkdir(at(name.substr(1)).c_str(), 0755), 0);
}

TEST_F(Mount, AReadOnlyStackTakesNoChange) {
  write_file(lower("f"), "x");
  mount_read_only();
  EXPECT_EQ(read_file(at("f")), "x");
  EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_WRONLY); }), EROFS);
  EXPECT_EQ(error_of([&] { return mkdir(at("d").c_str(), 0755); }), EROFS);
  EXPECT_EQ(error_of([&] { return unlink(at("f").c_str()); }), EROFS);
  EXPECT_EQ(error_of([&] { return chmod(at("f").c_str(), 0600); }), EROFS);
}

TEST_F(Mount, TheReadOnlyOptionTakesNoChangeEither) {
  mount_writable(",ro");
  EXPECT_EQ(error_of([&] { return mkdir(at("d").c_str(), 0755); }), EROFS);
}

TEST_F(Mount, StatfsShowsTheUppersSpace) {
  mount_writable();
  struct statfs shown {};
  struct statfs behind {};
  ASSERT_EQ(statfs(at("").c_str(), &shown), 0);
  ASSERT_EQ(statfs(upper("").c_str(), &behind), 0);
  EXPECT_EQ(shown.f_type, 0x65735546);
  EXPECT_EQ(shown.f_namelen, 255);
  EXPECT_EQ(shown.f_blocks * shown.f_frsize, behind.f_blocks * behind.f_frsize);
}

TEST_F(Mount, SyncReachesFilesAndDirectories) {
  mount_writable();
  write_file(at("f"), "x");
  for (const char* name : {"f", "."}) {
    const int file = open(at(name).c_str(), O_RDONLY);
    ASSERT_GE(file, 0);
    EXPECT_EQ(fsync(file), 0) << name;
    EXPECT_EQ(fdatasync(file), 0) << name;
    close(file);
  }
}

TEST_F(Mount, ObjectsKeepTheirNumbersOverARemount) {
  mkdir(lower("d").c_str(), 0755);
  write_file(lower("d/f"), "x");
  write_file(lower("changed"), "x");
  mount_writable();
  write_file(at("made"), "x");
  const auto numbers = [&] {
    std::map<std::string, ino_t> found;
    for (const char* name : {"", "d", "d/f", "changed", "made"}) found[name] = status_of_path(at(name)).st_ino;
    return found;
  };
  const std::map<std::string, ino_t> before = numbers();
  EXPECT_EQ(chmod(at("changed").c_str(), 0600), 0);
  EXPECT_EQ(numbers(), before);
  unmount();
  mount_writable();
  EXPECT_EQ(numbers(), before);
}

// The number of what was looked up, copied up and made, in each strategy but `volatile`, whatever was looked up first.
TEST_F(Mount, AMapKeepsNumbersOverARemount) {
  mkdir(lower("d").c_str(), 0755);
  for (const std::string name : {"a", "b", "d/c"}) write_file(lower(name), "x");
  for (const std::string strategy : {",identity=upfront", ",identity=on-lookup"}) {
    std::map<std::string, ino_t> numbers;
    mount_writable(strategy);
    write_file(at("made"), "x");
    write_file(at("b"), "changed");
    for (const std::string name : {"a", "b", "d", "d/c", "made"}) numbers[name] = status_of_path(at(name)).st_ino;
    unmount();
    mount_writable(strategy);
    for (auto name = numbers.rbegin(); name != numbers.rend(); ++name)
      EXPECT_EQ(status_of_path(at(name->first)).st_ino, name->second) << strategy << ' ' << name->first;
    unmount();
  }
  EXPECT_TRUE(std::filesystem::exists(root() + "/work/identity.map"));
  mount_read_only(",identity=on-lookup,statedir=" + root());
  const ino_t number = status_of_path(at("a")).st_ino;
  unmount();
  mount_read_only(",identity=on-lookup,statedir=" + root());
  status_of_path(at("d"));
  EXPECT_EQ(status_of_path(at("a")).st_ino, number);
}

TEST_F(Mount, IsShownWithItsTypeAndSource) {
  mount_read_only();
  const std::string mounts = read_file("/proc/self/mounts");
  EXPECT_NE(mounts.find("test " + root() + "/mount fuse.fuse-ovlspec ro,"), std::string::npos) << mounts;
}

TEST_F(Mount, EndsOnceSomebodyElseUnmountsIt) {
  mount_writable();
  EXPECT_EQ(system(("umount " + root() + "/mount").c_str()), 0);
  mounted().ended().wait();
  EXPECT_FALSE(is_mount_point(root() + "/mount"));
}

TEST_F(Mount, StopsWhileFilesAreOpen) {
  write_file(lower("f"), std::string(100'000, 'x'));
  mount_writable();
  const int file = open(at("f").c_str(), O_RDONLY);
  const int directory = open(at("").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_GE(file, 0);
  ASSERT_GE(directory, 0);
  unmount();
  EXPECT_FALSE(is_mount_point(root() + "/mount"));
  EXPECT_NE(error_of([&] { return openat(directory, "f", O_RDONLY); }), 0);
  close(file);
  close(directory);
}

TEST_F(Mount, ForgottenNodesAreLetGo) {
  for (int i = 0; i < 200; ++i) write_file(lower("f") + std::to_string(i), "");
  mount_writable();
  names_in(at(""));
  for (int i = 0; i < 200; ++i) status_of_path(at("f") + std::to_string(i));
  EXPECT_GE(mounted().engine().nodes(), 200U);
  std::ofstream drop("/proc/sys/vm/drop_caches");
  if (!(drop << "2" << std::flush)) GTEST_SKIP() << "the kernel's caches cannot be dropped";
  EXPECT_TRUE(eventually([&] { return mounted().engine().nodes() <= 2; })) << mounted().engine().nodes();
}

TEST_F(Mount, RenamesNoMergedDirectoryWhereRedirectsAreOnlyFollowed) {
  ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
  mount_writable(",redirect_dir=off");
  EXPECT_EQ(error_of([&] { return rename(at("d").c_str(), at("e").c_str()); }), EXDEV);
  EXPECT_EQ(mkdir(at("own").c_str(), 0755), 0);
  EXPECT_EQ(rename(at("own").c_str(), at("e").c_str()), 0);
}

}  // namespace
}  // namespace ovlspec::fuse
