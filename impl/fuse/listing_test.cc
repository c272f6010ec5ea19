// Listings that the kernel keeps, while names come and go: read piece by piece, several at once.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "impl/fuse/mount_fixture.h"
#include "impl/store/posix_store.h"

namespace ovlspec::fuse {
namespace {

// One opening of a directory, read in pieces as small as the kernel gives them.
class Stream {
 public:
  explicit Stream(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_DIRECTORY)) {
    EXPECT_GE(descriptor_, 0);
  }
  ~Stream() { close(descriptor_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The next few names; none at the end.
  std::vector<std::string> next() {
    alignas(dirent64) std::array<char, 256> buffer;
    const ssize_t count = getdents64(descriptor_, buffer.data(), buffer.size());
    EXPECT_GE(count, 0);
    std::vector<std::string> names;
    for (ssize_t at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      names.emplace_back(entry->d_name);
      if (names.back() == "..") parent_ = entry->d_ino;
      at += entry->d_reclen;
    }
    for (const std::string& name : names) ++seen_[name];
    return names;
  }
  int error_of_next() {
    alignas(dirent64) std::array<char, 256> buffer;
    return getdents64(descriptor_, buffer.data(), buffer.size()) < 0 ? errno : 0;
  }
  void read_to_end() {
    while (!next().empty()) continue;
  }
  void rewind() {
    lseek(descriptor_, 0, SEEK_SET);
    seen_.clear();
  }
  const std::map<std::string, int>& seen() const { return seen_; }
  ino_t parent() const { return parent_; }

 private:
  int descriptor_;
  std::map<std::string, int> seen_;
  ino_t parent_ = 0;
};

class KeptListing : public MountTest {
 protected:
  static constexpr int kLasting = 100;

  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    mkdir(lower("d").c_str(), 0755);
    for (int i = 0; i < kLasting; ++i) write_file(lower("d/lasting" + std::to_string(i)), "");
    mount_writable();
  }
  void change_something() {
    const std::string name = at("d/passing" + std::to_string(random_() % 40));
    const std::string other = at("d/passing" + std::to_string(random_() % 40));
    if (random_() % 4 == 0 && rename(name.c_str(), other.c_str()) == 0) return;
    if (unlink(name.c_str()) != 0) write_file(name, "");
  }
  // What was there all the time is told once, what was not at most once.
  static void expect_each_once(const Stream& stream) {
    int lasting = 0;
    for (const auto& [name, count] : stream.seen()) {
      EXPECT_EQ(count, 1) << name;
      lasting += name.rfind("lasting", 0) == 0 ? 1 : 0;
    }
    EXPECT_EQ(lasting, kLasting);
  }
  std::set<std::string> passing_names() {
    std::set<std::string> names;
    for (int i = 0; i < 40; ++i) {
      const std::string name = "passing" + std::to_string(i);
      if (access(at("d/" + name).c_str(), F_OK) == 0) names.insert(name);
    }
    return names;
  }
  std::mt19937 random_{20};
};

TEST_F(KeptListing, TellsEachNameOnceToStreamsThatGoOnAfterChanges) {
  for (int round = 0; round < 60; ++round) {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 4; ++i) streams.push_back(std::make_unique<Stream>(at("d")));
    for (int step = 0; step < 30; ++step) {
      if (random_() % 3 == 0) change_something();
      Stream& stream = *streams[random_() % streams.size()];
      random_() % 20 == 0 ? stream.rewind() : static_cast<void>(stream.next());
    }
    for (const auto& stream : streams) {
      stream->read_to_end();
      expect_each_once(*stream);
    }
  }
}

TEST_F(KeptListing, IsWhatIsThereWhenReadFromTheBeginning) {
  for (int round = 0; round < 200; ++round) {
    Stream before(at("d"));
    for (int i = static_cast<int>(random_() % 10); i > 0; --i) before.next();
    for (int i = static_cast<int>(random_() % 3); i > 0; --i) change_something();
    if (random_() % 2 == 0) before.read_to_end();
    Stream stream(at("d"));
    stream.read_to_end();
    expect_each_once(stream);
    std::set<std::string> passing;
    for (const auto& [name, count] : stream.seen())
      if (name.rfind("passing", 0) == 0) passing.insert(name);
    EXPECT_EQ(passing, passing_names());
  }
}

TEST_F(KeptListing, ShowsTheNewParentOfADirectoryThatWasMoved) {
  mkdir(at("other").c_str(), 0755);
  const auto parent_seen = [&](const std::string& path) {
    Stream stream(at(path));
    stream.read_to_end();
    return stream.parent();
  };
  mkdir(at("d/sub").c_str(), 0755);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(parent_seen("d/sub"), status_of_path(at("d")).st_ino);
  ASSERT_EQ(rename(at("d/sub").c_str(), at("other/sub").c_str()), 0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(parent_seen("other/sub"), status_of_path(at("other")).st_ino);
  ASSERT_EQ(rename(at("other/sub").c_str(), at("d/sub").c_str()), 0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(parent_seen("d/sub"), status_of_path(at("d")).st_ino);
}

using Listing = MountTest;

// An empty file could be a whiteout where its directory is marked: only there it has to be opened.
TEST_F(Listing, OfEmptyLowerFilesHoldsNoDescriptors) {
  for (int i = 0; i < 200; ++i) write_file(lower("d-" + std::to_string(i)), "");
  mount_writable();
  write_file(lower("first"), "tries whether handles can be opened");
  EXPECT_EQ(status_of_path(at("first")).st_size, 35);
  const std::size_t before = impl::held_descriptors();
  for (const std::string& name : names_in(at(""))) EXPECT_GE(status_of_path(at(name)).st_size, 0);
  EXPECT_LT(impl::held_descriptors(), before + 50);
}

TEST_F(KeptListing, OfADirectoryThatIsGoneIsRefused) {
  mkdir(at("gone").c_str(), 0755);
  Stream stream(at("gone"));
  stream.read_to_end();
  ASSERT_EQ(rmdir(at("gone").c_str()), 0);
  stream.rewind();
  EXPECT_EQ(stream.error_of_next(), ENOENT);
}

}  // namespace
}  // namespace ovlspec::fuse
