// The contract of attributes, extended attributes, handles and what tells file systems apart.
#include <algorithm>

#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

StoreChange mode_change(Mode mode) {
  StoreChange change;
  change.mode = mode;
  return change;
}

StoreChange size_change(FileSize size) {
  StoreChange change;
  change.size = size;
  return change;
}

TEST_P(StoreContract, ModeIsSetExactlyWhateverTheType) {
  for (const InodeRef& inode :
       {make_file(root(), "file"), make_directory(root(), "directory"), make(root(), "fifo", FileType::kFifo)}) {
    for (const Mode mode : {Mode{0}, Mode{0640}, Mode{07777}}) {
      ASSERT_TRUE(store().change(inode, mode_change(mode)));
      EXPECT_EQ(attributes(inode).mode, mode);
    }
  }
}

TEST_P(StoreContract, ASymlinkHasNoModeToSet) {
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  EXPECT_EQ(store().change(symlink, mode_change(0600)).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(attributes(symlink).mode, 0777U);
}

TEST_P(StoreContract, AChangeOfOwnerKeepsSetIdBits) {
  OVLSPEC_NEEDS_PRIVILEGE();
  for (const InodeRef& inode : {make_file(root(), "file"), make_directory(root(), "directory")}) {
    ASSERT_TRUE(store().change(inode, mode_change(06755)));
    StoreChange change;
    change.uid = 100;
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).uid, 100U);
    EXPECT_EQ(attributes(inode).mode, 06755U);
    change = {};
    change.gid = 200;
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).uid, 100U);
    EXPECT_EQ(attributes(inode).gid, 200U);
    EXPECT_EQ(attributes(inode).mode, 06755U);
    change.uid = 0;
    change.mode = 0700;
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).mode, 0700U);
  }
}

TEST_P(StoreContract, ASymlinksOwnerIsItsOwn) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file");
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  const Uid owner = attributes(file).uid;
  StoreChange change;
  change.uid = 100;
  change.gid = 200;
  ASSERT_TRUE(store().change(symlink, change));
  EXPECT_EQ(attributes(symlink).uid, 100U);
  EXPECT_EQ(attributes(symlink).gid, 200U);
  EXPECT_EQ(attributes(file).uid, owner);
}

TEST_P(StoreContract, TimesAreSetToTheNanosecondAndSeparately) {
  make_file(root(), "target");
  const Time first{.seconds = 1'000'000'001, .nanoseconds = 123'456'789};
  const Time second{.seconds = 1'500'000'000, .nanoseconds = 999'999'999};
  for (const InodeRef& inode : {make_file(root(), "file"), make_directory(root(), "directory"),
                                make_symlink(root(), "symlink", "target"), make(root(), "fifo", FileType::kFifo)}) {
    StoreChange change;
    change.access_time = {.kind = TimeChange::Kind::kSet, .value = first};
    change.modify_time = {.kind = TimeChange::Kind::kSet, .value = second};
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).access_time, first);
    EXPECT_EQ(attributes(inode).modify_time, second);
    change.modify_time = {};
    change.access_time.value = second;
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).access_time, second);
    EXPECT_EQ(attributes(inode).modify_time, second);
    change.access_time = {};
    change.modify_time = {.kind = TimeChange::Kind::kNow, .value = {}};
    ASSERT_TRUE(store().change(inode, change));
    EXPECT_EQ(attributes(inode).access_time, second);
    EXPECT_NE(attributes(inode).modify_time, second);
  }
}

TEST_P(StoreContract, ATimeOfAWholeSecondOfNanosecondsIsEinval) {
  StoreChange change;
  change.modify_time = {.kind = TimeChange::Kind::kSet, .value = {.seconds = 1, .nanoseconds = 1'000'000'000}};
  EXPECT_EQ(store().change(root(), change).error(), Errno::kEINVAL);
}

TEST_P(StoreContract, TimesThatAreSetTogetherWithTheRestWin) {
  const InodeRef file = make_file(root(), "file", "data");
  StoreChange change;
  change.size = 2;
  change.mode = 0600;
  change.modify_time = {.kind = TimeChange::Kind::kSet, .value = {.seconds = 5, .nanoseconds = 6}};
  ASSERT_TRUE(store().change(file, change));
  EXPECT_EQ(attributes(file).size, 2U);
  EXPECT_EQ(attributes(file).mode, 0600U);
  EXPECT_EQ(attributes(file).modify_time, (Time{.seconds = 5, .nanoseconds = 6}));
}

TEST_P(StoreContract, AnyChangeAdvancesTheChangeTimeAndNoneDoesNothing) {
  const InodeRef file = make_file(root(), "file", "data");
  StoreChange time;
  time.access_time = {.kind = TimeChange::Kind::kSet, .value = {.seconds = 5, .nanoseconds = 0}};
  for (const StoreChange& change : {mode_change(0600), mode_change(0600), time}) {
    const Attributes before = attributes(file);
    tick();
    ASSERT_TRUE(store().change(file, change));
    EXPECT_GT(attributes(file).change_time, before.change_time);
    EXPECT_EQ(attributes(file).modify_time, before.modify_time);
  }
  const Attributes before = attributes(file);
  tick();
  ASSERT_TRUE(store().change(file, {}));
  EXPECT_EQ(attributes(file), before);
}

TEST_P(StoreContract, SizeCutsAndGrowsWithZeros) {
  const InodeRef file = make_file(root(), "file", "0123456789");
  ASSERT_TRUE(store().change(file, size_change(4)));
  EXPECT_EQ(content(file), "0123");
  const Attributes before = attributes(file);
  tick();
  ASSERT_TRUE(store().change(file, size_change(8)));
  EXPECT_EQ(content(file), std::string("0123\0\0\0\0", 8));
  EXPECT_GT(attributes(file).modify_time, before.modify_time);
  EXPECT_GT(attributes(file).change_time, before.change_time);
  ASSERT_TRUE(store().change(file, size_change(0)));
  EXPECT_EQ(content(file), "");
}

TEST_P(StoreContract, OnlyRegularFilesHaveASizeToSet) {
  EXPECT_EQ(store().change(root(), size_change(0)).error(), Errno::kEISDIR);
  EXPECT_EQ(store().change(make(root(), "fifo", FileType::kFifo), size_change(0)).error(), Errno::kEINVAL);
  make_file(root(), "file", "data");
  EXPECT_EQ(store().change(make_symlink(root(), "symlink", "file"), size_change(0)).error(), Errno::kEINVAL);
  EXPECT_EQ(store().change(make_file(root(), "big"), size_change(~FileSize{0})).error(), Errno::kEFBIG);
}

TEST_P(StoreContract, XattrsAreSetReadListedAndRemoved) {
  for (const InodeRef& inode : {make_file(root(), "file"), make_directory(root(), "directory")}) {
    EXPECT_EQ(store().xattr(inode, "user.a").error(), Errno::kENODATA);
    ASSERT_TRUE(store().set_xattr(inode, "user.a", "value", XattrMode::kAny));
    ASSERT_TRUE(store().set_xattr(inode, "user.empty", "", XattrMode::kAny));
    ASSERT_TRUE(store().set_xattr(inode, "user.binary", std::string_view("\0\1\0", 3), XattrMode::kAny));
    EXPECT_EQ(*store().xattr(inode, "user.a"), "value");
    EXPECT_EQ(*store().xattr(inode, "user.empty"), "");
    EXPECT_EQ(*store().xattr(inode, "user.binary"), std::string("\0\1\0", 3));
    Names list = *store().xattr_names(inode);
    std::sort(list.begin(), list.end());
    EXPECT_EQ(list, (Names{"user.a", "user.binary", "user.empty"}));
    ASSERT_TRUE(store().remove_xattr(inode, "user.a"));
    EXPECT_EQ(store().xattr(inode, "user.a").error(), Errno::kENODATA);
    EXPECT_EQ(store().remove_xattr(inode, "user.a").error(), Errno::kENODATA);
  }
}

TEST_P(StoreContract, XattrModesAreThoseOfLinux) {
  const InodeRef file = make_file(root(), "file");
  EXPECT_EQ(store().set_xattr(file, "user.a", "1", XattrMode::kReplace).error(), Errno::kENODATA);
  EXPECT_TRUE(store().set_xattr(file, "user.a", "1", XattrMode::kCreate));
  EXPECT_EQ(store().set_xattr(file, "user.a", "2", XattrMode::kCreate).error(), Errno::kEEXIST);
  EXPECT_TRUE(store().set_xattr(file, "user.a", "3", XattrMode::kReplace));
  EXPECT_EQ(*store().xattr(file, "user.a"), "3");
}

TEST_P(StoreContract, AnXattrOfSomeThousandBytesComesBackWhole) {
  const InodeRef file = make_file(root(), "file");
  std::string value(3000, 'v');
  value.back() = 'w';
  const std::string name = "user." + std::string(250, 'n');
  ASSERT_TRUE(store().set_xattr(file, name, value, XattrMode::kAny));
  EXPECT_EQ(*store().xattr(file, name), value);
  EXPECT_EQ(*store().xattr_names(file), Names{name});
}

TEST_P(StoreContract, XattrNamesAndValuesAreLimitedAsOnLinux) {
  const InodeRef file = make_file(root(), "file");
  const std::string longer = "user." + std::string(251, 'n');
  EXPECT_EQ(store().set_xattr(file, longer, "", XattrMode::kAny).error(), Errno::kERANGE);
  EXPECT_EQ(store().xattr(file, longer).error(), Errno::kERANGE);
  EXPECT_EQ(store().remove_xattr(file, longer).error(), Errno::kERANGE);
  EXPECT_EQ(store().xattr(file, "").error(), Errno::kERANGE);
  EXPECT_EQ(store().set_xattr(file, std::string_view("user.\0", 6), "", XattrMode::kAny).error(), Errno::kERANGE);
  EXPECT_EQ(store().set_xattr(file, "user.a", std::string(65537, 'v'), XattrMode::kAny).error(), Errno::kE2BIG);
  EXPECT_EQ(store().set_xattr(file, "user.", "", XattrMode::kAny).error(), Errno::kEINVAL);
  EXPECT_EQ(store().set_xattr(file, "unknown.a", "", XattrMode::kAny).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(store().xattr(file, "unknown.a").error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(store().remove_xattr(file, "unknown.a").error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(store().set_xattr(file, "plain", "", XattrMode::kAny).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(*store().xattr_names(file), Names{});
}

TEST_P(StoreContract, UserXattrsAreForRegularFilesAndDirectoriesOnly) {
  make_file(root(), "file");
  for (const InodeRef& inode : {make_symlink(root(), "symlink", "file"), make(root(), "fifo", FileType::kFifo)}) {
    EXPECT_EQ(store().set_xattr(inode, "user.a", "1", XattrMode::kAny).error(), Errno::kEPERM);
    EXPECT_EQ(store().remove_xattr(inode, "user.a").error(), Errno::kEPERM);
    EXPECT_EQ(store().xattr(inode, "user.a").error(), Errno::kENODATA);
  }
}

TEST_P(StoreContract, TrustedXattrsAreForEveryType) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file");
  for (const InodeRef& inode :
       {file, make_directory(root(), "directory"), make_symlink(root(), "symlink", "file"),
        make(root(), "fifo", FileType::kFifo), make(root(), "whiteout", FileType::kCharDevice, 0)}) {
    ASSERT_TRUE(store().set_xattr(inode, "trusted.overlay.a", "1", XattrMode::kCreate));
    EXPECT_EQ(*store().xattr(inode, "trusted.overlay.a"), "1");
    EXPECT_EQ(*store().xattr_names(inode), Names{"trusted.overlay.a"});
    ASSERT_TRUE(store().remove_xattr(inode, "trusted.overlay.a"));
  }
}

TEST_P(StoreContract, AnXattrAdvancesTheChangeTimeAlone) {
  const InodeRef file = make_file(root(), "file");
  const std::vector<std::function<Status()>> changes = {
      [&] { return store().set_xattr(file, "user.a", "1", XattrMode::kAny); },
      [&] { return store().remove_xattr(file, "user.a"); }};
  for (const auto& change : changes) {
    const Attributes before = attributes(file);
    tick();
    ASSERT_TRUE(change());
    EXPECT_GT(attributes(file).change_time, before.change_time);
    EXPECT_EQ(attributes(file).modify_time, before.modify_time);
  }
}

// Revision 2, no flags, one permitted capability.
const std::string& capability_value() {
  static const std::string value("\0\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  return value;
}

TEST_P(StoreContract, FileCapabilitiesAreCheckedForTheirForm) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file");
  EXPECT_EQ(store().set_xattr(file, "security.capability", "x", XattrMode::kAny).error(), Errno::kEINVAL);
  ASSERT_TRUE(store().set_xattr(file, "security.capability", capability_value(), XattrMode::kAny));
  EXPECT_EQ(*store().xattr(file, "security.capability"), capability_value());
}

TEST_P(StoreContract, AChangeOfContentSizeOrOwnerTakesFileCapabilitiesAway) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file", "data");
  StoreChange owner;
  owner.uid = 7;
  const std::vector<std::function<Status()>> changes = {[&] { return write(file, "x", 0); },
                                                        [&] { return store().change(file, size_change(2)); },
                                                        [&] { return store().change(file, owner); }};
  for (const auto& change : changes) {
    ASSERT_TRUE(store().set_xattr(file, "security.capability", capability_value(), XattrMode::kAny));
    ASSERT_TRUE(change());
    EXPECT_EQ(store().xattr(file, "security.capability").error(), Errno::kENODATA);
  }
  ASSERT_TRUE(store().set_xattr(file, "security.capability", capability_value(), XattrMode::kAny));
  ASSERT_TRUE(store().change(file, mode_change(0700)));
  EXPECT_TRUE(store().xattr(file, "security.capability"));
}

TEST_P(StoreContract, AHandleFindsItsInodeWhateverItsName) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file", "data");
  const InodeRef directory = make_directory(root(), "directory");
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  for (const InodeRef& inode : {file, directory, symlink, root()}) {
    const Result<BackingHandle> handle = store().handle(inode);
    ASSERT_TRUE(handle);
    EXPECT_EQ(*handle, *store().handle(inode));
    const Result<FoundInode> found = store().by_handle(root(), *handle);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->attributes.number, attributes(inode).number);
    EXPECT_EQ(found->attributes.type, attributes(inode).type);
  }
  const BackingHandle handle = *store().handle(file);
  EXPECT_NE(handle, *store().handle(directory));
  ASSERT_TRUE(store().rename(root(), "file", directory, "moved", StoreRename::kReplace));
  const Result<FoundInode> found = store().by_handle(root(), handle);
  ASSERT_TRUE(found);
  EXPECT_EQ(content(found->inode), "data");
}

TEST_P(StoreContract, WhatAHandleFoundCanBeUsedAsAnyInode) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef directory = make_directory(root(), "directory");
  make_file(directory, "file", "data");
  const Result<FoundInode> found = store().by_handle(root(), *store().handle(directory));
  ASSERT_TRUE(found);
  EXPECT_EQ(names(found->inode), Names{"file"});
  ASSERT_TRUE(store().rename(found->inode, "file", root(), "moved", StoreRename::kReplace));
  make_file(found->inode, "made");
  EXPECT_EQ(names(directory), Names{"made"});
}

TEST_P(StoreContract, AHandleOfAnInodeThatIsGoneIsEstale) {
  OVLSPEC_NEEDS_PRIVILEGE();
  InodeRef file = make_file(root(), "file");
  const BackingHandle handle = *store().handle(file);
  ASSERT_TRUE(store().unlink(root(), "file"));
  file.reset();
  EXPECT_EQ(store().by_handle(root(), handle).error(), Errno::kESTALE);
  make_file(root(), "next");
  EXPECT_EQ(store().by_handle(root(), handle).error(), Errno::kESTALE);
}

TEST_P(StoreContract, AHandleFindsAnInodeWithoutANameAsLongAsItIsHeld) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file", "data");
  const BackingHandle handle = *store().handle(file);
  ASSERT_TRUE(store().unlink(root(), "file"));
  const Result<FoundInode> found = store().by_handle(root(), handle);
  ASSERT_TRUE(found);
  EXPECT_EQ(content(found->inode), "data");
  EXPECT_EQ(found->attributes.links, 0U);
}

// What cannot be found without a search may be unknown, but what is known is right.
TEST_P(StoreContract, NamesOfANumberLeadToItOrAreNotKnown) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef directory = make_directory(make_directory(root(), "outer"), "inner");
  const InodeRef file = make_file(directory, "file");
  const Result<Names> of_directory = store().names_of(root(), attributes(directory).number);
  if (!of_directory && of_directory.error() == Errno::kEOPNOTSUPP) return;
  ASSERT_TRUE(of_directory) << of_directory.error();
  EXPECT_EQ(*of_directory, (Names{"outer", "inner"}));
  EXPECT_EQ(*store().names_of(root(), attributes(root()).number), Names{});
  EXPECT_EQ(*store().names_of(root(), attributes(file).number), (Names{"outer", "inner", "file"}));
  ASSERT_TRUE(store().rename(directory, "file", root(), "moved", StoreRename::kReplace));
  EXPECT_EQ(*store().names_of(root(), attributes(file).number), Names{"moved"});
  EXPECT_EQ(store().names_of(directory, attributes(file).number).error(), Errno::kENOENT);
}

TEST_P(StoreContract, TheNumberOfWhatIsGoneIsEstale) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file");
  const InodeNumber number = attributes(file).number;
  if (store().names_of(root(), number).error() == Errno::kEOPNOTSUPP) return;
  ASSERT_TRUE(store().unlink(root(), "file"));
  EXPECT_EQ(store().names_of(root(), number).error(), Errno::kESTALE);
  EXPECT_NE(store().names_of(root(), 0x7ffffff0).error(), Errno::kEOPNOTSUPP);
  EXPECT_FALSE(store().names_of(root(), 0x7ffffff0));
}

TEST_P(StoreContract, WhatIsNoHandleIsEstale) {
  OVLSPEC_NEEDS_PRIVILEGE();
  BackingHandle handle = *store().handle(root());
  EXPECT_EQ(store().by_handle(root(), BackingHandle{}).error(), Errno::kESTALE);
  EXPECT_EQ(store().by_handle(root(), {.type = handle.type, .bytes = std::string(200, 'x')}).error(), Errno::kESTALE);
  handle.bytes.assign(handle.bytes.size(), '\x7f');
  EXPECT_EQ(store().by_handle(root(), handle).error(), Errno::kESTALE);
}

TEST_P(StoreContract, OneFileSystemHasOneIdentity) {
  const Result<BackingFileSystem> of_root = store().file_system(root());
  ASSERT_TRUE(of_root);
  EXPECT_EQ(of_root->uuid.size(), 16U);
  EXPECT_EQ(of_root->device, attributes(root()).file_system);
  EXPECT_EQ(*store().file_system(make_directory(root(), "directory")), *of_root);
}

TEST_P(StoreContract, StatusShowsAWritableFileSystem) {
  const Result<FileSystemStatus> status = store().status(root());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->name_max, 255U);
  EXPECT_GT(status->block_size, 0U);
  EXPECT_FALSE(status->read_only);
}

TEST_P(StoreContract, FlagsAreThoseOfFilesAndDirectories) {
  const InodeRef file = make_file(root(), "file");
  const Result<InodeFlags> before = store().flags(file);
  if (before.error() == Errno::kEOPNOTSUPP) GTEST_SKIP() << "this file system has no flags";
  ASSERT_TRUE(before);
  OVLSPEC_NEEDS_PRIVILEGE();
  for (const InodeRef& inode : {file, make_directory(root(), "directory")}) {
    const InodeFlags plain = *store().flags(inode);
    EXPECT_EQ(*store().protection(inode), 0U);
    ASSERT_TRUE(store().set_flags(inode, plain | kImmutable));
    EXPECT_EQ(*store().flags(inode), plain | kImmutable);
    EXPECT_EQ(*store().protection(inode), kImmutable);
    ASSERT_TRUE(store().set_flags(inode, plain | kAppendOnly));
    EXPECT_EQ(*store().protection(inode), kAppendOnly);
    ASSERT_TRUE(store().set_flags(inode, plain));
  }
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  EXPECT_EQ(store().flags(symlink).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(store().set_flags(symlink, 0).error(), Errno::kEOPNOTSUPP);
  EXPECT_EQ(*store().protection(symlink), 0U);
}

}  // namespace
}  // namespace ovlspec::impl
