// The contract of names: lookup, create, link, unlink, remove_directory, entries.
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

TEST_P(StoreContract, LookupFindsWhatCreateMade) {
  const InodeRef file = make_file(root(), "file", "data");
  const Result<FoundInode> found = store().lookup(root(), "file");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attributes, attributes(file));
  EXPECT_EQ(found->attributes.type, FileType::kRegular);
  EXPECT_EQ(found->attributes.size, 4U);
  EXPECT_EQ(found->attributes.file_system, attributes(root()).file_system);
}

TEST_P(StoreContract, LookingAtANameTellsTheAttributesThatItsLookupTells) {
  make_file(root(), "file", "content");
  make_directory(root(), "directory");
  for (const std::string_view name : {"file", "directory"}) {
    const Result<Attributes> seen = store().look_at(root(), name);
    ASSERT_TRUE(seen) << name;
    EXPECT_EQ(*seen, store().lookup(root(), name)->attributes) << name;
  }
  EXPECT_EQ(store().look_at(root(), "missing").error(), Errno::kENOENT);
  EXPECT_EQ(store().look_at(root(), ".").error(), Errno::kEINVAL);
}

TEST_P(StoreContract, AMadeWhiteoutIsOneAndTakesNoOtherName) {
  ASSERT_TRUE(store().make_whiteout(root(), "gone"));
  const Result<Attributes> made = store().look_at(root(), "gone");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->type, FileType::kCharDevice);
  EXPECT_EQ(made->device, Device{});
  EXPECT_EQ(store().make_whiteout(root(), "gone").error(), Errno::kEEXIST);
}

TEST_P(StoreContract, LookupOfAMissingNameIsEnoent) { EXPECT_EQ(lookup_error(root(), "missing"), Errno::kENOENT); }

TEST_P(StoreContract, WhatIsNoComponentIsEinvalEverywhere) {
  const InodeRef file = make_file(root(), "file");
  for (const std::string_view name : {std::string_view(""), std::string_view("."), std::string_view(".."),
                                      std::string_view("a/b"), std::string_view("a\0b", 3)}) {
    EXPECT_EQ(lookup_error(root(), name), Errno::kEINVAL);
    EXPECT_EQ(store().create(root(), name, wanted(FileType::kRegular, 0644)).error(), Errno::kEINVAL);
    EXPECT_EQ(store().link(file, root(), name).error(), Errno::kEINVAL);
    EXPECT_EQ(store().unlink(root(), name).error(), Errno::kEINVAL);
    EXPECT_EQ(store().remove_directory(root(), name).error(), Errno::kEINVAL);
    EXPECT_EQ(store().rename(root(), name, root(), "b", StoreRename::kReplace).error(), Errno::kEINVAL);
    EXPECT_EQ(store().rename(root(), "file", root(), name, StoreRename::kReplace).error(), Errno::kEINVAL);
  }
}

TEST_P(StoreContract, ANameOf255BytesIsTakenAndOneMoreIsEnametoolong) {
  const std::string longest(255, 'n');
  const std::string longer(256, 'n');
  const InodeRef file = make_file(root(), longest);
  EXPECT_EQ(names(root()), Names{longest});
  EXPECT_EQ(lookup_error(root(), longer), Errno::kENAMETOOLONG);
  EXPECT_EQ(store().create(root(), longer, wanted(FileType::kRegular, 0644)).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(store().link(file, root(), longer).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(store().unlink(root(), longer).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(store().remove_directory(root(), longer).error(), Errno::kENAMETOOLONG);
  EXPECT_EQ(store().rename(root(), longest, root(), longer, StoreRename::kReplace).error(), Errno::kENAMETOOLONG);
}

TEST_P(StoreContract, NamesInWhatIsNoDirectoryAreEnotdir) {
  const InodeRef file = make_file(root(), "file");
  const InodeRef symlink = make_symlink(root(), "symlink", "..");
  for (const InodeRef& parent : {file, symlink}) {
    EXPECT_EQ(lookup_error(parent, "a"), Errno::kENOTDIR);
    EXPECT_EQ(store().entries(parent).error(), Errno::kENOTDIR);
    EXPECT_EQ(store().create(parent, "a", wanted(FileType::kRegular, 0644)).error(), Errno::kENOTDIR);
    EXPECT_EQ(store().link(file, parent, "a").error(), Errno::kENOTDIR);
    EXPECT_EQ(store().unlink(parent, "a").error(), Errno::kENOTDIR);
    EXPECT_EQ(store().remove_directory(parent, "a").error(), Errno::kENOTDIR);
    EXPECT_EQ(store().rename(parent, "a", root(), "b", StoreRename::kReplace).error(), Errno::kENOTDIR);
    EXPECT_EQ(store().rename(root(), "file", parent, "b", StoreRename::kReplace).error(), Errno::kENOTDIR);
  }
}

TEST_P(StoreContract, CreateMakesEveryTypeWithItsExactMode) {
  const std::vector<std::pair<std::string, FileType>> kinds = {{"regular", FileType::kRegular},
                                                               {"directory", FileType::kDirectory},
                                                               {"fifo", FileType::kFifo},
                                                               {"socket", FileType::kSocket}};
  for (const auto& [name, type] : kinds) {
    for (const Mode mode : {Mode{0}, Mode{0777}, Mode{0666}, Mode{04711}, Mode{02755}, Mode{01777}, Mode{07777}}) {
      const std::string path = name + std::to_string(mode);
      const Result<FoundInode> made = store().create(root(), path, wanted(type, mode));
      ASSERT_TRUE(made) << path;
      EXPECT_EQ(made->attributes.type, type) << path;
      EXPECT_EQ(made->attributes.mode, mode) << path;
      EXPECT_EQ(made->attributes, attributes(made->inode)) << path;
      EXPECT_EQ(made->attributes.size, type == FileType::kDirectory ? made->attributes.size : 0U);
    }
  }
}

TEST_P(StoreContract, CreateGivesTheExactOwner) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const std::vector<std::pair<std::string, FileType>> kinds = {{"regular", FileType::kRegular},
                                                               {"directory", FileType::kDirectory},
                                                               {"symlink", FileType::kSymlink},
                                                               {"fifo", FileType::kFifo}};
  for (const auto& [name, type] : kinds) {
    const NewInode inode{
        .type = type, .mode = 06750, .uid = 1234, .gid = 4321, .device = {}, .symlink_target = "target"};
    const Result<FoundInode> made = store().create(root(), name, inode);
    ASSERT_TRUE(made) << name;
    EXPECT_EQ(made->attributes.uid, 1234U) << name;
    EXPECT_EQ(made->attributes.gid, 4321U) << name;
    EXPECT_EQ(made->attributes.mode, type == FileType::kSymlink ? Mode{0777} : Mode{06750}) << name;
  }
  EXPECT_EQ(attributes(make_file(root(), "own")).uid, wanted(FileType::kRegular, 0).uid);
}

TEST_P(StoreContract, ASetGroupIdDirectoryGivesNothingToWhatIsMadeInIt) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef parent = make_directory(root(), "parent");
  ASSERT_TRUE(
      store().change(parent, {.mode = 02777, .uid = {}, .gid = 77, .size = {}, .access_time = {}, .modify_time = {}}));
  for (const FileType type : {FileType::kRegular, FileType::kDirectory, FileType::kFifo}) {
    const NewInode inode{.type = type, .mode = 0711, .uid = 5, .gid = 6, .device = {}, .symlink_target = {}};
    const Result<FoundInode> made = store().create(parent, "a" + std::to_string(static_cast<int>(type)), inode);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->attributes.uid, 5U);
    EXPECT_EQ(made->attributes.gid, 6U);
    EXPECT_EQ(made->attributes.mode, 0711U);
  }
}

TEST_P(StoreContract, AWhiteoutCanBeMadeAndOtherDevicesKeepTheirNumbers) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const Result<FoundInode> whiteout = store().create(root(), "whiteout", wanted(FileType::kCharDevice, 0));
  ASSERT_TRUE(whiteout);
  EXPECT_EQ(whiteout->attributes.type, FileType::kCharDevice);
  EXPECT_EQ(whiteout->attributes.device, (Device{.major = 0, .minor = 0}));
  NewInode wide = wanted(FileType::kBlockDevice, 0600);
  wide.device = Device{.major = 259, .minor = 70000};
  const Result<FoundInode> device = store().create(root(), "device", wide);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->attributes.type, FileType::kBlockDevice);
  EXPECT_EQ(device->attributes.device, wide.device);
}

TEST_P(StoreContract, CreateOverAnyNameIsEexist) {
  make_file(root(), "file");
  make_directory(root(), "directory");
  make_symlink(root(), "dangling", "nowhere");
  for (const std::string_view name : {"file", "directory", "dangling"}) {
    for (const FileType type : {FileType::kRegular, FileType::kDirectory, FileType::kFifo}) {
      EXPECT_EQ(store().create(root(), name, wanted(type, 0644)).error(), Errno::kEEXIST);
    }
  }
  EXPECT_EQ(names(root()), (Names{"dangling", "directory", "file"}));
}

TEST_P(StoreContract, ASymlinkKeepsItsTargetAndIsNeverFollowed) {
  make_file(root(), "file", "data");
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  EXPECT_EQ(attributes(symlink).type, FileType::kSymlink);
  EXPECT_EQ(attributes(symlink).size, 4U);
  const Result<FoundInode> found = store().lookup(root(), "symlink");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attributes.type, FileType::kSymlink);
  EXPECT_EQ(*store().symlink_target(found->inode), "file");
  const std::string longest(4095, 't');
  EXPECT_EQ(*store().symlink_target(make_symlink(root(), "longest", longest)), longest);
}

TEST_P(StoreContract, ASymlinkTargetIsNeitherEmptyNorBeyondPathMax) {
  NewInode inode = wanted(FileType::kSymlink, 0777);
  EXPECT_EQ(store().create(root(), "symlink", inode).error(), Errno::kENOENT);
  inode.symlink_target = std::string(4096, 't');
  EXPECT_EQ(store().create(root(), "symlink", inode).error(), Errno::kENAMETOOLONG);
}

TEST_P(StoreContract, SymlinkTargetOfWhatIsNoSymlinkIsEinval) {
  EXPECT_EQ(store().symlink_target(root()).error(), Errno::kEINVAL);
  EXPECT_EQ(store().symlink_target(make_file(root(), "file")).error(), Errno::kEINVAL);
}

TEST_P(StoreContract, EntriesAreEveryNameOnceWithNumberAndType) {
  for (int i = 0; i < 1500; ++i) make_file(root(), "file" + std::to_string(i));
  make_directory(root(), "directory");
  make_symlink(root(), "symlink", "file1");
  make(root(), "fifo", FileType::kFifo);
  const Result<std::vector<StoredEntry>> entries = store().entries(root());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1503U);
  for (const StoredEntry& entry : *entries) {
    const Result<FoundInode> found = store().lookup(root(), entry.name);
    ASSERT_TRUE(found) << entry.name;
    EXPECT_EQ(entry.number, found->attributes.number) << entry.name;
    if (entry.type_known) {
      EXPECT_EQ(entry.type, found->attributes.type) << entry.name;
    }
  }
}

TEST_P(StoreContract, ALinkIsAnotherNameOfTheSameInode) {
  const InodeRef file = make_file(root(), "file", "data");
  const InodeRef directory = make_directory(root(), "directory");
  ASSERT_TRUE(store().link(file, directory, "link"));
  EXPECT_EQ(number_at(directory, "link"), attributes(file).number);
  EXPECT_EQ(attributes(file).links, 2U);
  ASSERT_TRUE(store().unlink(root(), "file"));
  EXPECT_EQ(attributes(file).links, 1U);
  EXPECT_EQ(content(store().lookup(directory, "link")->inode), "data");
}

TEST_P(StoreContract, SymlinksAndSpecialFilesCanBeLinkedWithoutBeingFollowed) {
  make_file(root(), "file");
  const InodeRef symlink = make_symlink(root(), "symlink", "file");
  const InodeRef fifo = make(root(), "fifo", FileType::kFifo);
  ASSERT_TRUE(store().link(symlink, root(), "symlink2"));
  ASSERT_TRUE(store().link(fifo, root(), "fifo2"));
  EXPECT_EQ(number_at(root(), "symlink2"), attributes(symlink).number);
  EXPECT_EQ(number_at(root(), "fifo2"), attributes(fifo).number);
}

TEST_P(StoreContract, LinkErrorsAreThoseOfLinux) {
  const InodeRef file = make_file(root(), "file");
  const InodeRef directory = make_directory(root(), "directory");
  EXPECT_EQ(store().link(file, root(), "directory").error(), Errno::kEEXIST);
  EXPECT_EQ(store().link(directory, root(), "file").error(), Errno::kEEXIST);
  EXPECT_EQ(store().link(directory, root(), "link").error(), Errno::kEPERM);
  ASSERT_TRUE(store().unlink(root(), "file"));
  EXPECT_EQ(store().link(file, root(), "link").error(), Errno::kENOENT);
  EXPECT_EQ(names(root()), Names{"directory"});
}

TEST_P(StoreContract, UnlinkErrorsAreThoseOfLinux) {
  make_directory(root(), "directory");
  EXPECT_EQ(store().unlink(root(), "missing").error(), Errno::kENOENT);
  EXPECT_EQ(store().unlink(root(), "directory").error(), Errno::kEISDIR);
}

TEST_P(StoreContract, RemoveDirectoryErrorsAreThoseOfLinux) {
  const InodeRef directory = make_directory(root(), "directory");
  make_file(directory, "inside");
  make_file(root(), "file");
  make_symlink(root(), "symlink", "directory");
  EXPECT_EQ(store().remove_directory(root(), "missing").error(), Errno::kENOENT);
  EXPECT_EQ(store().remove_directory(root(), "file").error(), Errno::kENOTDIR);
  EXPECT_EQ(store().remove_directory(root(), "symlink").error(), Errno::kENOTDIR);
  EXPECT_EQ(store().remove_directory(root(), "directory").error(), Errno::kENOTEMPTY);
  ASSERT_TRUE(store().unlink(directory, "inside"));
  EXPECT_TRUE(store().remove_directory(root(), "directory"));
  EXPECT_EQ(lookup_error(root(), "directory"), Errno::kENOENT);
}

TEST_P(StoreContract, AnUnlinkedInodeLivesAsLongAsItIsHeld) {
  const InodeRef file = make_file(root(), "file", "data");
  ASSERT_TRUE(store().unlink(root(), "file"));
  EXPECT_EQ(lookup_error(root(), "file"), Errno::kENOENT);
  EXPECT_EQ(attributes(file).links, 0U);
  EXPECT_EQ(content(file), "data");
  EXPECT_TRUE(write(file, "more", 4));
  EXPECT_EQ(content(file), "datamore");
  StoreChange change;
  change.mode = 0600;
  EXPECT_TRUE(store().change(file, change));
  EXPECT_EQ(attributes(file).mode, 0600U);
}

TEST_P(StoreContract, ARemovedDirectoryTakesNoNamesAndHasNone) {
  const InodeRef directory = make_directory(root(), "directory");
  const InodeRef file = make_file(root(), "file");
  ASSERT_TRUE(store().remove_directory(root(), "directory"));
  EXPECT_EQ(lookup_error(directory, "a"), Errno::kENOENT);
  EXPECT_EQ(store().entries(directory).error(), Errno::kENOENT);
  EXPECT_EQ(store().create(directory, "a", wanted(FileType::kRegular, 0644)).error(), Errno::kENOENT);
  EXPECT_EQ(store().create(directory, "a", wanted(FileType::kDirectory, 0755)).error(), Errno::kENOENT);
  EXPECT_EQ(store().link(file, directory, "a").error(), Errno::kENOENT);
  EXPECT_EQ(store().rename(root(), "file", directory, "a", StoreRename::kReplace).error(), Errno::kENOENT);
  EXPECT_EQ(store().unlink(directory, "a").error(), Errno::kENOENT);
  EXPECT_EQ(store().remove_directory(directory, "a").error(), Errno::kENOENT);
  EXPECT_EQ(attributes(directory).type, FileType::kDirectory);
}

TEST_P(StoreContract, ADirectoryHasTwoLinksAndOneForEachSubdirectory) {
  if (!counts_subdirectories()) GTEST_SKIP() << "this file system counts no subdirectories";
  const InodeRef directory = make_directory(root(), "directory");
  EXPECT_EQ(attributes(directory).links, 2U);
  make_directory(directory, "a");
  make_directory(directory, "b");
  make_file(directory, "c");
  EXPECT_EQ(attributes(directory).links, 4U);
  ASSERT_TRUE(store().rename(directory, "a", root(), "a", StoreRename::kReplace));
  EXPECT_EQ(attributes(directory).links, 3U);
  ASSERT_TRUE(store().remove_directory(directory, "b"));
  EXPECT_EQ(attributes(directory).links, 2U);
  ASSERT_TRUE(store().unlink(directory, "c"));
  ASSERT_TRUE(store().remove_directory(root(), "directory"));
  EXPECT_EQ(attributes(directory).links, 0U);
}

TEST_P(StoreContract, EveryChangeOfNamesAdvancesTheDirectorysTimes) {
  const InodeRef directory = make_directory(root(), "directory");
  const InodeRef file = make_file(root(), "file");
  const std::vector<std::function<Status()>> changes = {
      [&] { return Status(store().create(directory, "a", wanted(FileType::kRegular, 0644)).error()); },
      [&] { return store().link(file, directory, "b"); },
      [&] { return store().rename(directory, "b", directory, "c", StoreRename::kReplace); },
      [&] { return store().unlink(directory, "c"); },
      [&] { return Status(store().create(directory, "d", wanted(FileType::kDirectory, 0755)).error()); },
      [&] { return store().remove_directory(directory, "d"); },
      [&] { return store().rename(directory, "a", root(), "e", StoreRename::kReplace); }};
  for (const auto& change : changes) {
    const Attributes before = attributes(directory);
    tick();
    ASSERT_TRUE(change());
    EXPECT_GT(attributes(directory).modify_time, before.modify_time);
    EXPECT_GT(attributes(directory).change_time, before.change_time);
  }
}

TEST_P(StoreContract, AChangeOfLinksAdvancesTheInodesChangeTimeAlone) {
  const InodeRef file = make_file(root(), "file");
  const std::vector<std::function<Status()>> changes = {
      [&] { return store().link(file, root(), "link"); }, [&] { return store().unlink(root(), "link"); },
      [&] { return store().rename(root(), "file", root(), "moved", StoreRename::kReplace); }};
  for (const auto& change : changes) {
    const Attributes before = attributes(file);
    tick();
    ASSERT_TRUE(change());
    EXPECT_GT(attributes(file).change_time, before.change_time);
    EXPECT_EQ(attributes(file).modify_time, before.modify_time);
  }
}

}  // namespace
}  // namespace ovlspec::impl
