// Whiteouts that are files, as tar layers of container images have them.
#include "impl/store/file_whiteouts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "impl/store/memory_store.h"

namespace ovlspec::impl {
namespace {

class FileWhiteouts : public ::testing::Test {
 protected:
  void make(const InodeRef& directory, std::string_view name, FileType type = FileType::kRegular) {
    ASSERT_TRUE(memory_.create(directory, name, {.type = type, .mode = 0644})) << name;
  }
  InodeRef root() { return memory_.root(); }
  FileWhiteoutStore& store() { return store_; }

  std::vector<std::string> names() {
    std::vector<std::string> names;
    const Result<std::vector<StoredEntry>> entries = store_.entries(root());
    for (const StoredEntry& entry : *entries) {
      EXPECT_TRUE(entry.type_known);
      names.push_back((entry.type == FileType::kCharDevice ? "whiteout " : "") + entry.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  MemoryStore memory_;
  FileWhiteoutStore store_{memory_};
};

TEST_F(FileWhiteouts, AreCharacterDevicesToTheReader) {
  make(root(), ".wh.gone");
  make(root(), "kept");
  const Result<FoundInode> gone = store().lookup(root(), "gone");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->attributes.type, FileType::kCharDevice);
  EXPECT_EQ(gone->attributes.device, Device{});
  EXPECT_EQ(store().lookup(root(), "kept")->attributes.type, FileType::kRegular);
  EXPECT_EQ(store().lookup(root(), "other").error(), Errno::kENOENT);
  EXPECT_EQ(names(), (std::vector<std::string>{"kept", "whiteout gone"}));
}

TEST_F(FileWhiteouts, DoNotShowThemselves) {
  make(root(), ".wh.gone");
  make(root(), ".wh..wh.plnk", FileType::kDirectory);
  make(root(), ".wh.");
  EXPECT_EQ(store().lookup(root(), ".wh.gone").error(), Errno::kENOENT);
  EXPECT_EQ(names(), (std::vector<std::string>{"whiteout gone"}));
}

TEST_F(FileWhiteouts, GiveWayToANameBesideThem) {
  make(root(), ".wh.both");
  make(root(), "both");
  EXPECT_EQ(store().lookup(root(), "both")->attributes.type, FileType::kRegular);
  EXPECT_EQ(names(), (std::vector<std::string>{"both"}));
}

TEST_F(FileWhiteouts, OfTheOpaqueKindMarkTheirDirectory) {
  make(root(), "d", FileType::kDirectory);
  const InodeRef directory = store().lookup(root(), "d")->inode;
  EXPECT_EQ(store().xattr(directory, "trusted.overlay.opaque").error(), Errno::kENODATA);
  make(directory, ".wh..wh..opq");
  EXPECT_EQ(*store().xattr(directory, "trusted.overlay.opaque"), "y");
  EXPECT_EQ(*store().xattr(directory, "user.overlay.opaque"), "y");
  EXPECT_EQ(store().xattr(directory, "user.overlay.redirect").error(), Errno::kENODATA);
  EXPECT_EQ(store().xattr(directory, "user.opaque").error(), Errno::kENODATA);
  EXPECT_TRUE(store().entries(directory)->empty());
}

TEST_F(FileWhiteouts, OfANameThatIsTooLongForThemAreNone) {
  EXPECT_EQ(store().lookup(root(), std::string(255, 'n')).error(), Errno::kENOENT);
  EXPECT_EQ(store().lookup(root(), std::string(256, 'n')).error(), Errno::kENAMETOOLONG);
}

}  // namespace
}  // namespace ovlspec::impl
