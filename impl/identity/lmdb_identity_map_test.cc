// The map in a file: what was added is there again, and what is no map is refused.
#include "impl/identity/lmdb_identity_map.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ovlspec::impl {
namespace {

namespace fs = std::filesystem;

constexpr MappedInode kOne{.file_system = 1, .inode = 2, .generation = 3};
constexpr MappedInode kOther{.file_system = 1, .inode = 2, .generation = 4};

class LmdbMap : public testing::Test {
 protected:
  LmdbMap() : directory_(fs::temp_directory_path() / "ovlspec-map-XXXXXX") {
    std::string path = directory_.string();
    directory_ = ::mkdtemp(path.data());
  }
  ~LmdbMap() override { fs::remove_all(directory_); }

  std::string path() const { return (directory_ / "map").string(); }
  std::unique_ptr<IdentityMap> open() const {
    OpenedIdentityMap opened = open_identity_map(path());
    EXPECT_EQ(opened.refusal, "");
    return std::move(opened.map);
  }
  void write(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

 private:
  fs::path directory_;
};

TEST_F(LmdbMap, HoldsWhatWasAddedOverReopening) {
  InodeNumber one = 0;
  {
    const auto map = open();
    EXPECT_FALSE(map->find(kOne)->has_value());
    one = *map->add(kOne);
    EXPECT_NE(*map->add(kOther), one);
    EXPECT_EQ(**map->find(kOne), one);
    EXPECT_EQ(map->writes(), 3U) << "the format, and two numbers";
  }
  const auto map = open();
  EXPECT_EQ(**map->find(kOne), one);
  EXPECT_GT(*map->add({.file_system = 9, .inode = 9, .generation = 9}), one + 1);
}

TEST_F(LmdbMap, AddsAllOrNothingBetweenBeginAndCommit) {
  {
    const auto map = open();
    ASSERT_TRUE(map->begin().ok());
    ASSERT_TRUE(map->add(kOne).ok());
    EXPECT_TRUE(map->find(kOne)->has_value());
  }
  {
    const auto map = open();
    EXPECT_FALSE(map->find(kOne)->has_value());
    ASSERT_TRUE(map->begin().ok());
    ASSERT_TRUE(map->add(kOne).ok());
    ASSERT_TRUE(map->set_seal("seal").ok());
    ASSERT_TRUE(map->commit().ok());
  }
  const auto map = open();
  EXPECT_TRUE(map->find(kOne)->has_value());
  EXPECT_EQ(*map->seal(), "seal");
}

TEST_F(LmdbMap, IsOneProcessesAtATime) {
  const auto map = open();
  EXPECT_EQ(open_identity_map(path()).refusal, path() + " is in use by another mount");
}

TEST_F(LmdbMap, RefusesWhatIsNoMap) {
  write(std::string(20000, 'x'));
  const auto refusal = open_identity_map(path()).refusal;
  EXPECT_EQ(refusal, path() + " is damaged or no identity map; remove it, and the next mount makes it anew");
  EXPECT_EQ(fs::file_size(path()), 20000U) << "it is left as it is";
}

TEST_F(LmdbMap, RefusesATruncatedMap) {
  {
    const auto map = open();
    ASSERT_TRUE(map->begin().ok());
    for (InodeNumber inode = 1; inode < 5000; ++inode)
      ASSERT_TRUE(map->add({.file_system = 1, .inode = inode, .generation = 0}).ok());
    ASSERT_TRUE(map->commit().ok());
  }
  const auto size = fs::file_size(path());
  for (const auto kept : {size / 2, size - 4096, std::uintmax_t{8192}, std::uintmax_t{100}}) {
    fs::resize_file(path(), kept);
    EXPECT_NE(open_identity_map(path()).refusal, "") << kept;
  }
}

}  // namespace
}  // namespace ovlspec::impl
