// The contract of rename.
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

using Names = std::vector<std::string>;

TEST_P(StoreContract, RenameMovesANameWithItsInode) {
  const InodeRef file = make_file(root(), "file", "data");
  const InodeRef directory = make_directory(root(), "directory");
  ASSERT_TRUE(store().rename(root(), "file", directory, "moved", StoreRename::kReplace));
  EXPECT_EQ(lookup_error(root(), "file"), Errno::kENOENT);
  EXPECT_EQ(number_at(directory, "moved"), attributes(file).number);
  EXPECT_EQ(attributes(file).links, 1U);
}

TEST_P(StoreContract, RenameReplacesAFileAndAnEmptyDirectory) {
  const InodeRef old_file = make_file(root(), "file", "old");
  const InodeRef old_directory = make_directory(root(), "directory");
  const InodeRef new_file = make_file(root(), "new file", "new");
  const InodeRef new_directory = make_directory(root(), "new directory");
  make_file(new_directory, "inside");
  ASSERT_TRUE(store().rename(root(), "new file", root(), "file", StoreRename::kReplace));
  ASSERT_TRUE(store().rename(root(), "new directory", root(), "directory", StoreRename::kReplace));
  EXPECT_EQ(names(root()), (Names{"directory", "file"}));
  EXPECT_EQ(number_at(root(), "file"), attributes(new_file).number);
  EXPECT_EQ(number_at(root(), "directory"), attributes(new_directory).number);
  EXPECT_EQ(attributes(old_file).links, 0U);
  EXPECT_EQ(content(old_file), "old");
  EXPECT_EQ(store().entries(old_directory).error(), Errno::kENOENT);
}

TEST_P(StoreContract, RenameErrorsAreThoseOfLinux) {
  const InodeRef full = make_directory(root(), "full");
  make_file(full, "inside");
  make_directory(root(), "empty");
  make_file(root(), "file");
  const auto error = [&](std::string_view from, std::string_view to) {
    return store().rename(root(), from, root(), to, StoreRename::kReplace).error();
  };
  EXPECT_EQ(error("missing", "file"), Errno::kENOENT);
  EXPECT_EQ(error("file", "empty"), Errno::kEISDIR);
  EXPECT_EQ(error("file", "full"), Errno::kEISDIR);
  EXPECT_EQ(error("empty", "file"), Errno::kENOTDIR);
  EXPECT_EQ(error("empty", "full"), Errno::kENOTEMPTY);
  EXPECT_EQ(names(root()), (Names{"empty", "file", "full"}));
}

TEST_P(StoreContract, ADirectoryIsNeverMovedBelowItself) {
  const InodeRef top = make_directory(root(), "top");
  const InodeRef middle = make_directory(top, "middle");
  const InodeRef bottom = make_directory(middle, "bottom");
  for (const StoreRename mode : {StoreRename::kReplace, StoreRename::kNoReplace}) {
    EXPECT_EQ(store().rename(root(), "top", bottom, "a", mode).error(), Errno::kEINVAL);
    EXPECT_EQ(store().rename(root(), "top", top, "a", mode).error(), Errno::kEINVAL);
  }
  EXPECT_EQ(store().rename(middle, "bottom", root(), "top", StoreRename::kReplace).error(), Errno::kENOTEMPTY);
  EXPECT_EQ(store().rename(middle, "bottom", root(), "top", StoreRename::kExchange).error(), Errno::kEINVAL);
  EXPECT_EQ(store().rename(root(), "top", middle, "bottom", StoreRename::kExchange).error(), Errno::kEINVAL);
  EXPECT_TRUE(store().rename(middle, "bottom", root(), "bottom", StoreRename::kReplace));
  EXPECT_TRUE(store().rename(root(), "top", bottom, "top", StoreRename::kReplace));
}

TEST_P(StoreContract, RenameBetweenTwoNamesOfOneInodeDoesNothing) {
  const InodeRef file = make_file(root(), "file");
  ASSERT_TRUE(store().link(file, root(), "link"));
  EXPECT_TRUE(store().rename(root(), "file", root(), "link", StoreRename::kReplace));
  EXPECT_TRUE(store().rename(root(), "file", root(), "file", StoreRename::kReplace));
  EXPECT_EQ(names(root()), (Names{"file", "link"}));
  EXPECT_EQ(attributes(file).links, 2U);
}

TEST_P(StoreContract, NoReplaceIsEexistOverAnyNameAndElseARename) {
  const InodeRef file = make_file(root(), "file");
  make_directory(root(), "directory");
  EXPECT_EQ(store().rename(root(), "file", root(), "directory", StoreRename::kNoReplace).error(), Errno::kEEXIST);
  EXPECT_EQ(store().rename(root(), "file", root(), "file", StoreRename::kNoReplace).error(), Errno::kEEXIST);
  EXPECT_EQ(store().rename(root(), "missing", root(), "file", StoreRename::kNoReplace).error(), Errno::kENOENT);
  ASSERT_TRUE(store().rename(root(), "file", root(), "moved", StoreRename::kNoReplace));
  EXPECT_EQ(number_at(root(), "moved"), attributes(file).number);
}

TEST_P(StoreContract, ExchangeSwapsAnyTwoTypes) {
  const InodeRef file = make_file(root(), "a");
  const InodeRef parent = make_directory(root(), "parent");
  const InodeRef directory = make_directory(parent, "b");
  make_file(directory, "inside");
  ASSERT_TRUE(store().rename(root(), "a", parent, "b", StoreRename::kExchange));
  EXPECT_EQ(number_at(root(), "a"), attributes(directory).number);
  EXPECT_EQ(number_at(parent, "b"), attributes(file).number);
  EXPECT_EQ(names(directory), Names{"inside"});
  if (counts_subdirectories()) {
    EXPECT_EQ(attributes(parent).links, 2U);
  }
  EXPECT_EQ(store().remove_directory(root(), "a").error(), Errno::kENOTEMPTY);
}

TEST_P(StoreContract, ExchangeNeedsBothNames) {
  make_file(root(), "file");
  EXPECT_EQ(store().rename(root(), "file", root(), "missing", StoreRename::kExchange).error(), Errno::kENOENT);
  EXPECT_EQ(store().rename(root(), "missing", root(), "file", StoreRename::kExchange).error(), Errno::kENOENT);
}

TEST_P(StoreContract, WhiteoutRenameLeavesAWhiteoutAtTheOldName) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef file = make_file(root(), "file");
  const InodeRef directory = make_directory(root(), "directory");
  make_file(directory, "replaced");
  ASSERT_TRUE(store().rename(root(), "file", directory, "replaced", StoreRename::kWhiteout));
  EXPECT_EQ(number_at(directory, "replaced"), attributes(file).number);
  const Result<FoundInode> whiteout = store().lookup(root(), "file");
  ASSERT_TRUE(whiteout);
  EXPECT_EQ(whiteout->attributes.type, FileType::kCharDevice);
  EXPECT_EQ(whiteout->attributes.device, Device{});
  EXPECT_EQ(whiteout->attributes.mode, 0U);
  EXPECT_EQ(store().rename(root(), "missing", root(), "a", StoreRename::kWhiteout).error(), Errno::kENOENT);
}

TEST_P(StoreContract, WhiteoutRenameMovesADirectoryAndItsLinkCount) {
  OVLSPEC_NEEDS_PRIVILEGE();
  const InodeRef from = make_directory(root(), "from");
  const InodeRef moved = make_directory(from, "moved");
  make_file(moved, "inside");
  ASSERT_TRUE(store().rename(from, "moved", root(), "moved", StoreRename::kWhiteout));
  EXPECT_EQ(names(moved), Names{"inside"});
  EXPECT_EQ(names(from), Names{"moved"});
  if (counts_subdirectories()) {
    EXPECT_EQ(attributes(from).links, 2U);
  }
}

TEST_P(StoreContract, ARefusedRenameChangesNothing) {
  const InodeRef full = make_directory(root(), "full");
  make_file(full, "inside");
  make_directory(root(), "empty");
  const Attributes before = attributes(root());
  tick();
  EXPECT_FALSE(store().rename(root(), "empty", root(), "full", StoreRename::kReplace));
  EXPECT_EQ(attributes(root()).modify_time, before.modify_time);
  EXPECT_EQ(attributes(root()).change_time, before.change_time);
}

}  // namespace
}  // namespace ovlspec::impl
