// The node cache: what is held, what is forgotten, and that neither shows.
#include "oracle/vfs/nodes.h"

#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class NodeCache : public VfsFixture {
 protected:
  void SetUp() override {
    lower("d", directory());
    lower("d/f", file("x"));
    lower("g", file("y"));
  }
  void mount_with(VfsOptions::Caching caching) {
    VfsOptions options;
    options.caching = caching;
    mount(Upper::kPresent, options);
  }
};

TEST_F(NodeCache, NamesAreHeldUntilCachesAreDropped) {
  mount_with(VfsOptions::Caching::kDentries);
  stat("d/f");
  EXPECT_EQ(engine().nodes(), 3U);
  vfs().drop_caches();
  EXPECT_LE(engine().nodes(), 1U);
}

TEST_F(NodeCache, WithoutACacheNothingIsHeldBetweenOperations) {
  mount_with(VfsOptions::Caching::kNone);
  stat("d/f");
  EXPECT_LE(engine().nodes(), 1U);
  EXPECT_EQ(error(Mkdir{"d/e", 0755}), Errno::kOk);
  EXPECT_EQ(error(Link{"g", "d/h"}), Errno::kOk);
  EXPECT_LE(engine().nodes(), 1U);
}

TEST_F(NodeCache, OpenSlotHoldsItsNodeOverDroppedCaches) {
  mount_with(VfsOptions::Caching::kDentries);
  EXPECT_EQ(error(Open{"d/f", read_only(), 0, 0}), Errno::kOk);
  EXPECT_EQ(error(Open{"d/f", read_only(), 0, 1}), Errno::kOk);
  const InodeNumber number = stat("d/f").number;
  vfs().drop_caches();
  vfs().drop_caches();
  EXPECT_EQ(error(Close{0}), Errno::kOk);
  const Outcome outcome = root(Stat{Target::of(1)});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(std::get<Attributes>(outcome.payload).number, number);
  EXPECT_EQ(stat("d/f").number, number);
  EXPECT_EQ(error(Close{1}), Errno::kOk);
  vfs().drop_caches();
  EXPECT_LE(engine().nodes(), 1U);
}

TEST_F(NodeCache, WithoutACacheAnOpenSlotHoldsItsNodeToo) {
  mount_with(VfsOptions::Caching::kNone);
  EXPECT_EQ(error(Open{"g", read_only(), 0, 0}), Errno::kOk);
  stat("g");
  EXPECT_EQ(error(Unlink{"g"}), Errno::kOk);
  EXPECT_EQ(root(Read{0, 0, 9}).payload, Outcome::Payload(std::string("y")));
  EXPECT_EQ(error(Close{0}), Errno::kOk);
  EXPECT_LE(engine().nodes(), 1U);
}

TEST_F(NodeCache, RemovedNameIsNotFoundAgain) {
  mount_with(VfsOptions::Caching::kDentries);
  stat("g");
  EXPECT_EQ(error(Unlink{"g"}), Errno::kOk);
  EXPECT_EQ(error(Stat{Target::at("g")}), Errno::kENOENT);
}

TEST_F(NodeCache, CacheFollowsMovesAndExchanges) {
  mount_with(VfsOptions::Caching::kDentries);
  const InodeNumber f = stat("d/f").number;
  const InodeNumber g = stat("g").number;
  EXPECT_EQ(error(Rename{"d/f", "g", RenameMode::kExchange}), Errno::kOk);
  EXPECT_EQ(stat("g").number, f);
  EXPECT_EQ(stat("d/f").number, g);
  EXPECT_EQ(error(Rename{"g", "d/f"}), Errno::kOk);
  EXPECT_EQ(stat("d/f").number, f);
  EXPECT_EQ(error(Stat{Target::at("g")}), Errno::kENOENT);
}

TEST_F(NodeCache, MovedDirectoryKeepsItsCachedChildren) {
  mount_with(VfsOptions::Caching::kDentries);
  const InodeNumber f = stat("d/f").number;
  EXPECT_EQ(error(Rename{"d", "e"}), Errno::kOk);
  EXPECT_EQ(stat("e/f").number, f);
  EXPECT_EQ(error(Mkdir{"d", 0755}), Errno::kOk);
  EXPECT_EQ(error(Stat{Target::at("d/f")}), Errno::kENOENT);
}

}  // namespace
}  // namespace ovlspec::oracle
