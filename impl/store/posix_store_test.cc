// What holds of the POSIX store alone, in a private mount namespace; and the contract suite on tmpfs, plain and cloned.
#include "impl/store/posix_store.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "impl/store/inode_numbers.h"
#include "impl/store/private_mounts.h"
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Place> tmpfs_place(std::string& reason) {
  reason = mounts().reason();
  return mounts().path().empty() ? nullptr : posix_place(mounts().path(), reason);
}

std::unique_ptr<Place> tmpfs_clone_place(std::string& reason) {
  reason = mounts().reason();
  return mounts().path().empty() ? nullptr : cloned_place(mounts().path(), reason);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(ContractPlace{"Tmpfs", tmpfs_place},
                                           ContractPlace{"Clone", tmpfs_clone_place}),
                         place_name);

class PosixStoreOnMounts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (mounts().path().empty()) GTEST_SKIP() << mounts().reason();
    base_ = mounts().path() + "/base";
    fs::create_directory(base_);
  }
  void TearDown() override {
    for (auto it = mounted_.rbegin(); it != mounted_.rend(); ++it) umount2(it->c_str(), MNT_DETACH);
    if (!base_.empty()) fs::remove_all(base_);
  }

  std::string directory(const std::string& name) {
    fs::create_directories(base_ + "/" + name);
    return base_ + "/" + name;
  }
  std::string file(const std::string& name, const std::string& content = "") {
    std::ofstream(base_ + "/" + name) << content;
    return base_ + "/" + name;
  }
  void mount_tmpfs(const std::string& path) {
    ASSERT_EQ(mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr), 0) << std::strerror(errno);
    mounted_.push_back(path);
  }
  void bind(const std::string& from, const std::string& to) {
    ASSERT_EQ(mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr), 0) << std::strerror(errno);
    mounted_.push_back(to);
  }
  InodeRef plain(const std::string& path) {
    const Result<InodeRef> opened = store_.open_plain(path);
    EXPECT_EQ(opened.error(), Errno::kOk);
    return opened ? *opened : nullptr;
  }
  OpenedLayer lower(const std::string& path) {
    const Result<OpenedLayer> opened = store_.open_lower(path);
    EXPECT_EQ(opened.error(), Errno::kOk);
    return opened ? *opened : OpenedLayer();
  }
  static Time access_time(const std::string& path) {
    struct stat stat;
    EXPECT_EQ(lstat(path.c_str(), &stat), 0);
    return {.seconds = stat.st_atim.tv_sec, .nanoseconds = static_cast<std::uint32_t>(stat.st_atim.tv_nsec)};
  }
  // So that relatime, too, has a reason to update it.
  static void make_access_time_old(const std::string& path) {
    const timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 2, .tv_nsec = 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }

  std::string base_;
  std::vector<std::string> mounted_;
  PosixStore store_;
};

TEST_F(PosixStoreOnMounts, AMountPointInAPlainLayerIsEremoteAndCannotBeRemoved) {
  mount_tmpfs(directory("layer/point"));
  directory("layer/other");
  const InodeRef root = plain(base_ + "/layer");
  EXPECT_EQ(store_.lookup(root, "point").error(), Errno::kEREMOTE);
  EXPECT_EQ(store_.remove_directory(root, "point").error(), Errno::kEBUSY);
  EXPECT_EQ(store_.rename(root, "other", root, "point", StoreRename::kReplace).error(), Errno::kEBUSY);
  EXPECT_EQ(store_.entries(root)->size(), 2U);
}

TEST_F(PosixStoreOnMounts, AMountedFileInAPlainLayerIsEremoteToo) {
  directory("layer");
  bind(file("outside"), file("layer/point"));
  EXPECT_EQ(store_.lookup(plain(base_ + "/layer"), "point").error(), Errno::kEREMOTE);
}

TEST_F(PosixStoreOnMounts, ALowersCloneShowsWhatLiesUnderAMountPoint) {
  directory("layer/point");
  file("layer/point/under");
  mount_tmpfs(base_ + "/layer/point");
  file("layer/point/over");
  const OpenedLayer layer = lower(base_ + "/layer");
  ASSERT_EQ(layer.view, LayerView::kPrivateClone);
  const Result<FoundInode> point = store_.lookup(layer.root, "point");
  ASSERT_TRUE(point);
  EXPECT_TRUE(store_.lookup(point->inode, "under"));
  EXPECT_EQ(store_.lookup(point->inode, "over").error(), Errno::kENOENT);
}

TEST_F(PosixStoreOnMounts, ALowersCloneRefusesEveryChange) {
  directory("layer/directory");
  file("layer/file", "data");
  const OpenedLayer layer = lower(base_ + "/layer");
  ASSERT_EQ(layer.view, LayerView::kPrivateClone);
  EXPECT_TRUE(store_.status(layer.root)->read_only);
  const InodeRef inode = store_.lookup(layer.root, "file")->inode;
  StoreChange change;
  change.mode = 0600;
  EXPECT_EQ(store_.create(layer.root, "new", {}).error(), Errno::kEROFS);
  EXPECT_EQ(store_.link(inode, layer.root, "link").error(), Errno::kEROFS);
  EXPECT_EQ(store_.unlink(layer.root, "file").error(), Errno::kEROFS);
  EXPECT_EQ(store_.remove_directory(layer.root, "directory").error(), Errno::kEROFS);
  EXPECT_EQ(store_.rename(layer.root, "file", layer.root, "b", StoreRename::kReplace).error(), Errno::kEROFS);
  EXPECT_EQ(store_.change(inode, change).error(), Errno::kEROFS);
  EXPECT_EQ(store_.set_xattr(inode, "user.a", "", XattrMode::kAny).error(), Errno::kEROFS);
  EXPECT_EQ(store_.remove_xattr(inode, "user.a").error(), Errno::kEROFS);
  EXPECT_EQ(store_.open(inode, Access::kWrite).error(), Errno::kEROFS);
  EXPECT_TRUE(store_.open(inode, Access::kRead));
  file("layer/made outside");
  EXPECT_TRUE(store_.lookup(layer.root, "made outside"));
}

TEST_F(PosixStoreOnMounts, ReadingALowersCloneTouchesNoAccessTime) {
  const std::string layer = directory("layer");
  const std::string data = file("layer/file", "data");
  const std::string symlink = layer + "/symlink";
  fs::create_symlink("file", symlink);
  for (const std::string& path : {layer, data, symlink}) make_access_time_old(path);
  PosixStore store(AccessTimes::kUpdate);
  const Result<OpenedLayer> opened = store.open_lower(layer);
  ASSERT_TRUE(opened && opened->view == LayerView::kPrivateClone);
  char byte = 0;
  EXPECT_EQ(*store.read(*store.open(store.lookup(opened->root, "file")->inode, Access::kRead), &byte, 1, 0), 1U);
  EXPECT_EQ(store.entries(opened->root)->size(), 2U);
  EXPECT_EQ(*store.symlink_target(store.lookup(opened->root, "symlink")->inode), "file");
  for (const std::string& path : {layer, data, symlink}) EXPECT_EQ(access_time(path), (Time{.seconds = 1})) << path;
}

TEST_F(PosixStoreOnMounts, AStoreThatKeepsAccessTimesDoesSoWithoutAClone) {
  const std::string layer = directory("layer");
  const std::string data = file("layer/file", "data");
  for (const std::string& path : {layer, data}) make_access_time_old(path);
  const InodeRef root = plain(layer);
  char byte = 0;
  EXPECT_EQ(*store_.read(*store_.open(store_.lookup(root, "file")->inode, Access::kRead), &byte, 1, 0), 1U);
  EXPECT_EQ(store_.entries(root)->size(), 1U);
  EXPECT_EQ(access_time(data), (Time{.seconds = 1}));
  EXPECT_EQ(access_time(layer), (Time{.seconds = 1}));
  PosixStore updating(AccessTimes::kUpdate);
  EXPECT_EQ(*updating.read(*updating.open(updating.lookup(root, "file")->inode, Access::kRead), &byte, 1, 0), 1U);
  EXPECT_GT(access_time(data), (Time{.seconds = 1}));
}

TEST_F(PosixStoreOnMounts, UpperAndWorkShareOneCloneSoThatRenamesGoBetweenThem) {
  directory("deep/upper");
  directory("deep/er/work");
  const Result<OpenedUpper> opened = store_.open_upper(base_ + "/deep/upper", base_ + "/deep/er/work");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view, LayerView::kPrivateClone);
  ASSERT_TRUE(store_.create(opened->work, "a", {}));
  EXPECT_TRUE(store_.rename(opened->work, "a", opened->upper, "b", StoreRename::kReplace));
  EXPECT_TRUE(store_.link(store_.lookup(opened->upper, "b")->inode, opened->work, "c"));
  EXPECT_TRUE(fs::exists(base_ + "/deep/upper/b"));
  EXPECT_FALSE(store_.status(opened->upper)->read_only);
}

TEST_F(PosixStoreOnMounts, WorkMayLieBesideOrBelowAPrefixOfTheUppersName) {
  for (const auto& [upper, work] :
       {std::pair("up", "upper"), std::pair("a", "a.work"), std::pair("b/c", "b"), std::pair("d", "d/e")}) {
    directory(upper);
    directory(work);
    const Result<OpenedUpper> opened = store_.open_upper(base_ + "/" + upper, base_ + "/" + work);
    ASSERT_TRUE(opened) << upper;
    EXPECT_EQ(opened->view, LayerView::kPrivateClone) << upper;
    EXPECT_EQ(store_.attributes(opened->upper)->number, store_.attributes(plain(base_ + "/" + upper))->number);
    EXPECT_EQ(store_.attributes(opened->work)->number, store_.attributes(plain(base_ + "/" + work))->number);
  }
}

TEST_F(PosixStoreOnMounts, AnUppersCloneDoesNotSeeMountsInsideIt) {
  directory("upper/point");
  directory("work");
  mount_tmpfs(base_ + "/upper/point");
  const Result<OpenedUpper> opened = store_.open_upper(base_ + "/upper", base_ + "/work");
  ASSERT_TRUE(opened);
  EXPECT_TRUE(store_.lookup(opened->upper, "point"));
}

TEST_F(PosixStoreOnMounts, UpperAndWorkOnTwoMountsAreExdev) {
  const std::string upper = directory("upper");
  mount_tmpfs(directory("other"));
  bind(directory("bound"), directory("point"));
  EXPECT_EQ(store_.open_upper(upper, directory("other/work")).error(), Errno::kEXDEV);
  EXPECT_EQ(store_.open_upper(upper, base_ + "/point").error(), Errno::kEXDEV);
}

TEST_F(PosixStoreOnMounts, AnUpperThatIsItselfAMountPointIsClonedAsSuch) {
  directory("upper");
  mount_tmpfs(base_ + "/upper");
  directory("upper/files");
  directory("upper/work");
  const Result<OpenedUpper> opened = store_.open_upper(base_ + "/upper/files", base_ + "/upper/work");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view, LayerView::kPrivateClone);
}

TEST_F(PosixStoreOnMounts, RootsThatAreNoDirectoriesAreRefused) {
  const std::string data = file("file");
  const std::string layer = directory("layer");
  EXPECT_EQ(store_.open_plain(data).error(), Errno::kENOTDIR);
  EXPECT_EQ(store_.open_lower(data).error(), Errno::kENOTDIR);
  EXPECT_EQ(store_.open_lower(base_ + "/missing").error(), Errno::kENOENT);
  EXPECT_EQ(store_.open_upper(data, layer).error(), Errno::kENOTDIR);
  EXPECT_EQ(store_.open_upper(layer, data).error(), Errno::kENOTDIR);
  fs::create_symlink(layer, base_ + "/symlink");
  EXPECT_TRUE(store_.open_lower(base_ + "/symlink"));
}

TEST_F(PosixStoreOnMounts, ACloneOutlivesTheMountItWasMadeOf) {
  const std::string layer = directory("layer");
  mount_tmpfs(layer);
  file("layer/file", "data");
  const OpenedLayer opened = lower(layer);
  ASSERT_EQ(opened.view, LayerView::kPrivateClone);
  ASSERT_EQ(umount2(layer.c_str(), 0), 0) << std::strerror(errno);
  EXPECT_TRUE(store_.lookup(opened.root, "file"));
}

TEST_F(PosixStoreOnMounts, AHandleOutlivesTheMountThatItWasTakenThrough) {
  if (!is_privileged_in(base_)) GTEST_SKIP() << "needs the privileges of root";
  const std::string layer = directory("layer");
  file("layer/file", "data");
  OpenedLayer first = lower(layer);
  const BackingHandle handle = *store_.handle(store_.lookup(first.root, "file")->inode);
  const InodeNumber number = store_.lookup(first.root, "file")->attributes.number;
  first = OpenedLayer();
  fs::rename(base_ + "/layer/file", base_ + "/moved");
  const OpenedLayer second = lower(layer);
  const Result<FoundInode> found = store_.by_handle(second.root, handle);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attributes.number, number);
  StoreChange change;
  change.mode = 0600;
  EXPECT_EQ(store_.change(found->inode, change).error(), Errno::kEROFS);
}

// A file system whose subvolumes each count their inodes from 256 on.
TEST_F(PosixStoreOnMounts, NumbersAreThoseOfTheLayersSubvolume) {
  const std::string layer = directory("layer");
  const std::string image = base_ + "/image";
  const std::string make = "truncate -s 256M " + image + " && mkfs.btrfs -q " + image + " && mount -o loop " + image +
                           " " + layer + " && btrfs -q subvolume create " + layer + "/nested";
  if (std::system(("(" + make + ") >/dev/null 2>&1").c_str()) != 0) GTEST_SKIP() << "no btrfs can be made here";
  mounted_.push_back(layer);
  for (int i = 0; i < 9; ++i) file("layer/file" + std::to_string(i));
  const InodeRef root = plain(layer);
  const InodeRef nested = store_.lookup(root, "nested")->inode;
  // The first directory of a mount that handles are opened through is the one that they are first asked of.
  ASSERT_TRUE(store_.by_handle(nested, *store_.handle(nested)));
  const FoundInode last = *store_.lookup(root, "file8");
  const auto names = store_.names_of(root, last.attributes.number);
  ASSERT_TRUE(names) << names.error();
  EXPECT_EQ(*names, std::vector<std::string>{"file8"});
  EXPECT_EQ(store_.names_of(nested, last.attributes.number).error(), Errno::kESTALE);
  EXPECT_EQ(store_.content_seal(root).error(), Errno::kEOPNOTSUPP) << "it can be written to";
  ASSERT_EQ(std::system(("btrfs property set " + layer + "/nested ro true").c_str()), 0);
  const auto seal = store_.content_seal(nested);
  ASSERT_TRUE(seal) << seal.error();
  EXPECT_EQ(*store_.content_seal(nested), *seal);
  EXPECT_EQ(store_.content_seal(root).error(), Errno::kEOPNOTSUPP);
  const std::string change = "btrfs property set " + layer + "/nested ro false && touch " + layer +
                             "/nested/made && btrfs property set " + layer + "/nested ro true";
  ASSERT_EQ(std::system(change.c_str()), 0);
  EXPECT_NE(*store_.content_seal(nested), *seal);
}

TEST(PosixStore, NamesBelowADirectoryAreThoseBehindItsOwn) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(*names_below("/a", "/a/b/c"), (Names{"b", "c"}));
  EXPECT_EQ(*names_below("/", "/b"), Names{"b"});
  EXPECT_EQ(*names_below("/a", "/a"), Names{});
  EXPECT_EQ(*names_below("/", "/"), Names{});
  for (const char* elsewhere : {"/ab/c", "/", "/b/a", "(unreachable)/a/b"})
    EXPECT_EQ(names_below("/a", elsewhere).error(), Errno::kENOENT) << elsewhere;
}

TEST_F(PosixStoreOnMounts, TwoFileSystemsAreToldApartAndOneIsTheSameThroughEveryMount) {
  mount_tmpfs(directory("first"));
  mount_tmpfs(directory("second"));
  bind(base_ + "/first", directory("again"));
  const BackingFileSystem first = *store_.file_system(plain(base_ + "/first"));
  EXPECT_TRUE(first.stable);
  EXPECT_NE(first.uuid, store_.file_system(plain(base_ + "/second"))->uuid);
  EXPECT_EQ(first, *store_.file_system(plain(base_ + "/again")));
  EXPECT_EQ(first, *store_.file_system(lower(base_ + "/first").root));
}

TEST_F(PosixStoreOnMounts, AFileSystemWithoutAUuidIsIdentifiedAndMarkedUnstable) {
  if (!is_privileged_in(base_)) GTEST_SKIP() << "needs the privileges of root";
  const std::string point = directory("proc");
  ASSERT_EQ(mount("proc", point.c_str(), "proc", 0, nullptr), 0) << std::strerror(errno);
  mounted_.push_back(point);
  const Result<BackingFileSystem> proc = store_.file_system(plain(point));
  ASSERT_TRUE(proc);
  EXPECT_EQ(proc->uuid.size(), 16U);
  EXPECT_FALSE(proc->stable);
}

TEST_F(PosixStoreOnMounts, ADefaultAccessControlListDoesNotChangeTheMode) {
  const std::string layer = directory("layer");
  // Version 2; user::rwx, group::r-x, other::---.
  const std::string list("\2\0\0\0\1\0\7\0\xff\xff\xff\xff\4\0\5\0\xff\xff\xff\xff\40\0\0\0\xff\xff\xff\xff", 28);
  if (setxattr(layer.c_str(), "system.posix_acl_default", list.data(), list.size(), 0) != 0) {
    GTEST_SKIP() << "no access control lists here: " << std::strerror(errno);
  }
  const Result<FoundInode> made = store_.create(plain(layer), "file", {.type = FileType::kRegular, .mode = 0666});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->attributes.mode, 0666U);
}

TEST_F(PosixStoreOnMounts, ModeAndOwnerAreExactUnderAnyUmask) {
  if (!is_privileged_in(base_)) GTEST_SKIP() << "needs the privileges of root";
  const InodeRef root = plain(directory("layer"));
  const mode_t before = umask(077);
  for (const FileType type : {FileType::kRegular, FileType::kDirectory}) {
    const NewInode inode{.type = type, .mode = 0777, .uid = 8, .gid = 9, .device = {}, .symlink_target = {}};
    const Result<FoundInode> made = store_.create(root, type == FileType::kRegular ? "file" : "directory", inode);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->attributes.mode, 0777U);
    EXPECT_EQ(made->attributes.uid, 8U);
  }
  umask(before);
}

TEST_F(PosixStoreOnMounts, MakingSomethingForAnotherOwnerLeavesThisProcessItsRights) {
  if (!is_privileged_in(base_)) GTEST_SKIP() << "needs the privileges of root";
  const InodeRef root = plain(directory("layer"));
  const NewInode theirs{
      .type = FileType::kDirectory, .mode = 0, .uid = 8, .gid = 9, .device = {}, .symlink_target = {}};
  const Result<FoundInode> made = store_.create(root, "theirs", theirs);
  ASSERT_TRUE(made);
  ASSERT_TRUE(store_.create(made->inode, "inside", theirs));
  const Result<FoundInode> ours = store_.create(made->inode, "ours", {.type = FileType::kRegular, .mode = 0600});
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->attributes.uid, 0U);
  std::ofstream(base_ + "/layer/theirs/direct") << "x";
  EXPECT_EQ(store_.lookup(made->inode, "direct")->attributes.uid, 0U);
}

TEST_F(PosixStoreOnMounts, ANewNameOnAFullDiskIsEnospcAndNotThere) {
  const std::string layer = directory("layer");
  ASSERT_EQ(mount("tmpfs", layer.c_str(), "tmpfs", 0, "size=64k,nr_inodes=3"), 0) << std::strerror(errno);
  mounted_.push_back(layer);
  const InodeRef root = plain(layer);
  const Result<FoundInode> first = store_.create(root, "a", {.type = FileType::kRegular, .mode = 0600});
  ASSERT_TRUE(first);
  ASSERT_TRUE(store_.create(root, "b", {.type = FileType::kRegular, .mode = 0600}));
  EXPECT_EQ(store_.create(root, "c", {.type = FileType::kRegular, .mode = 0600}).error(), Errno::kENOSPC);
  EXPECT_EQ(store_.lookup(root, "c").error(), Errno::kENOENT);
  const FileRef file = *store_.open(first->inode, Access::kWrite);
  const std::string data(1 << 20, 'x');
  const Result<std::size_t> written = store_.write(file, data, 0);
  ASSERT_TRUE(written);
  EXPECT_LT(*written, data.size());
  EXPECT_EQ(store_.attributes(first->inode)->size, *written);
  EXPECT_EQ(store_.write(file, data, *written).error(), Errno::kENOSPC);
}

TEST(PosixStore, AnOpenFileHasADescriptorThatReadsItsData) {
  const std::string path = temporary_directory() + "/descriptor.XXXXXX";
  std::string base = path;
  ASSERT_NE(mkdtemp(base.data()), nullptr);
  std::ofstream(base + "/file") << "data";
  PosixStore store;
  const FileRef file = *store.open(store.lookup(*store.open_plain(base), "file")->inode, Access::kRead);
  ASSERT_TRUE(store.descriptor(file).has_value());
  char bytes[4];
  EXPECT_EQ(pread(*store.descriptor(file), bytes, 4, 0), 4);
  EXPECT_EQ(std::string(bytes, 4), "data");
  fs::remove_all(base);
}

TEST(PosixStore, DescriptorsAreClosedWithTheirReferences) {
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  std::string base = temporary_directory() + "/descriptors.XXXXXX";
  ASSERT_NE(mkdtemp(base.data()), nullptr);
  const auto before = open_descriptors();
  {
    PosixStore store;
    const InodeRef root = *store.open_plain(base);
    const NewInode own{.type = FileType::kRegular, .mode = 0600, .uid = geteuid(), .gid = getegid()};
    const Result<FoundInode> made = store.create(root, "file", own);
    ASSERT_TRUE(made);
    const FileRef file = *store.open(made->inode, Access::kReadWrite);
    if (const Result<BackingHandle> handle = store.handle(made->inode))
      static_cast<void>(store.by_handle(root, *handle));
    static_cast<void>(store.file_system(root));
    static_cast<void>(store.open_lower(base));
    static_cast<void>(store.entries(root));
    static_cast<void>(store.sync_inode(root));
    EXPECT_GT(open_descriptors(), before);
  }
  EXPECT_EQ(open_descriptors(), before);
  fs::remove_all(base);
}

TEST(PosixStore, PreparingTheProcessClearsTheUmaskAndRaisesTheLimit) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const Result<std::uint64_t> limit = prepare_process();
  ASSERT_TRUE(limit);
  rlimit after;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, *limit);
  EXPECT_GE(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(umask(022), 0U);
}

}  // namespace
}  // namespace ovlspec::impl
