// Inodes without descriptors: the contract suite where no inode keeps one, and what becomes of the last name.
#include "impl/store/posix_inode.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "impl/store/posix_store.h"
#include "impl/store/private_mounts.h"
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

// Where every inode but the directories gives its descriptor up as soon as it can.
class SparingPlace final : public Place {
 public:
  explicit SparingPlace(std::unique_ptr<Place> place) : place_(std::move(place)) { want_descriptors(0); }
  ~SparingPlace() override { want_descriptors(SIZE_MAX); }
  LayerStore& store() override { return place_->store(); }
  InodeRef root() override { return place_->root(); }
  void tick() override { place_->tick(); }
  bool is_privileged() const override { return place_->is_privileged(); }

 private:
  std::unique_ptr<Place> place_;
};

std::unique_ptr<Place> sparing_place(std::string& reason) {
  reason = mounts().reason();
  std::unique_ptr<Place> place = mounts().path().empty() ? nullptr : posix_place(mounts().path(), reason);
  return place == nullptr ? nullptr : std::make_unique<SparingPlace>(std::move(place));
}

std::unique_ptr<Place> sparing_temporary_place(std::string& reason) {
  std::unique_ptr<Place> place = posix_place(temporary_directory(), reason);
  return place == nullptr ? nullptr : std::make_unique<SparingPlace>(std::move(place));
}

INSTANTIATE_TEST_SUITE_P(Sparing, StoreContract,
                         ::testing::Values(ContractPlace{"Tmpfs", sparing_place},
                                           ContractPlace{"Temporary", sparing_temporary_place}),
                         place_name);

class SparedInodes : public ::testing::Test {
 protected:
  static constexpr int kFiles = 200;
  static constexpr std::size_t kWanted = 50;

  void SetUp() override {
    std::string reason = mounts().reason();
    if (!mounts().path().empty()) place_ = posix_place(mounts().path(), reason);
    if (place_ == nullptr || !place_->is_privileged()) GTEST_SKIP() << "needs the privileges of root " << reason;
    want_descriptors(kWanted);
    for (int i = 0; i < kFiles; ++i) {
      NewInode file;
      file.mode = static_cast<Mode>(i);
      files_.push_back(store().create(place_->root(), name(i), file)->inode);
    }
  }
  void TearDown() override { want_descriptors(SIZE_MAX); }

  LayerStore& store() { return place_->store(); }
  InodeRef root() { return place_->root(); }
  static std::string name(int i) { return "f" + std::to_string(i); }
  // The files are told by their modes.
  Mode mode(int i) {
    const Result<Attributes> attributes = store().attributes(files_[static_cast<std::size_t>(i)]);
    return attributes ? attributes->mode : 07777;
  }
  std::uint32_t links(int i) {
    const Result<Attributes> attributes = store().attributes(files_[static_cast<std::size_t>(i)]);
    return attributes ? attributes->links : 9999;
  }

  std::unique_ptr<Place> place_;
  std::vector<InodeRef> files_;
};

TEST_F(SparedInodes, AreTheOnesTheyWereAndHoldFewDescriptors) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_LE(held_descriptors(), kWanted + kFiles / 4);
    for (int i = 0; i < kFiles; ++i) {
      EXPECT_EQ(mode(i), static_cast<Mode>(i));
      static_cast<void>(store().lookup(root(), name(i)));
    }
  }
}

TEST_F(SparedInodes, OutliveTheirLastName) {
  for (int i = 0; i < kFiles; i += 2) ASSERT_TRUE(store().unlink(root(), name(i)));
  for (int i = 1; i + 2 < kFiles; i += 4) {
    ASSERT_TRUE(store().rename(root(), name(i), root(), name(i + 2), StoreRename::kReplace));
  }
  for (int i = 0; i < kFiles; ++i) EXPECT_EQ(mode(i), static_cast<Mode>(i));
  for (int i = 0; i < kFiles; i += 2) EXPECT_EQ(links(i), 0U);
  EXPECT_EQ(links(1), 1U);
  EXPECT_EQ(links(3), 0U);
}

TEST_F(SparedInodes, OutliveTheirLastNameWhereTwoReferencesAreHeld) {
  std::vector<InodeRef> others;
  for (int i = 0; i < kFiles; ++i) others.push_back(store().lookup(root(), name(i))->inode);
  for (int i = 0; i < kFiles; ++i) ASSERT_TRUE(store().unlink(root(), name(i)));
  for (int i = 0; i < kFiles; ++i) {
    EXPECT_EQ(mode(i), static_cast<Mode>(i));
    EXPECT_TRUE(store().attributes(others[static_cast<std::size_t>(i)]));
  }
}

TEST_F(SparedInodes, KeepADescriptorThatIsInUse) {
  const Result<PosixInode::Use> use = static_cast<PosixInode&>(*files_[0]).use();
  ASSERT_TRUE(use);
  for (int round = 0; round < 2; ++round) {
    for (int i = 1; i < kFiles; ++i) EXPECT_EQ(mode(i), static_cast<Mode>(i));
    for (int i = 1; i < kFiles; ++i) static_cast<void>(store().lookup(root(), name(i)));
  }
  EXPECT_EQ(syscalls::attributes(use->get())->mode, 0U);
}

TEST_F(SparedInodes, AreUsedByManyThreadsWhileTheirNamesGo) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < kFiles; ++i) EXPECT_EQ(mode(i), static_cast<Mode>(i));
        // Each thread removes some names of its own.
        for (int i = t; i < kFiles; i += 4) {
          const bool removes = i / 4 == round;
          EXPECT_TRUE(!removes || store().unlink(root(), name(i)));
          static_cast<void>(store().lookup(root(), name(i)));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kFiles; ++i) EXPECT_EQ(mode(i), static_cast<Mode>(i));
}

}  // namespace
}  // namespace ovlspec::impl
