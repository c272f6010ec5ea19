// Offsets in listings: the same for a name in every listing, and in their order.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "impl/engine/test_world.h"

namespace ovlspec::impl {
namespace {

using Offsets = std::map<std::string, std::uint64_t>;

Offsets offsets_of(Mounted& mounted, const std::string& path) {
  auto directory = mounted.engine().open_directory(*mounted.node(path));
  Offsets offsets;
  std::uint64_t last = 0;
  EXPECT_TRUE(mounted.engine().list(*directory, 0, [&](const ListedEntry& listed) {
    EXPECT_GT(listed.next_offset, last);
    last = listed.next_offset;
    offsets[listed.entry.name] = last;
    return true;
  }));
  return offsets;
}

std::set<std::string> names_after(Mounted& mounted, const std::string& path, std::uint64_t offset) {
  auto directory = mounted.engine().open_directory(*mounted.node(path));
  std::set<std::string> names;
  EXPECT_TRUE(mounted.engine().list(*directory, offset,
                                    [&](const ListedEntry& listed) { return names.insert(listed.entry.name).second; }));
  return names;
}

TEST(ListingOffsets, OfANameAreTheSameWhateverElseIsThere) {
  World world;
  for (int i = 0; i < 100; ++i) world.lower(i % 2).file("d/f" + std::to_string(i), "");
  Mounted mounted(world);
  const Offsets before = offsets_of(mounted, "d");
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(mounted.make_file("d/new" + std::to_string(i)));
    ASSERT_TRUE(mounted.unlink("d/f" + std::to_string(i)));
  }
  ASSERT_TRUE(mounted.rename("d", "e"));
  const Offsets after = offsets_of(mounted, "e");
  EXPECT_EQ(after.size(), before.size());
  for (const auto& [name, offset] : before) {
    const auto same = after.find(name);
    EXPECT_TRUE(same == after.end() || same->second == offset) << name;
  }
  EXPECT_EQ(after.count("f49"), 0U);
  EXPECT_EQ(after.count("f50"), 1U);
}

TEST(ListingOffsets, OfANameThatIsGoneAreWhereTheListingGoesOn) {
  World world;
  for (int i = 0; i < 20; ++i) world.lower().file("d/f" + std::to_string(i), "");
  Mounted mounted(world);
  const Offsets offsets = offsets_of(mounted, "d");
  for (const auto& [name, offset] : offsets) {
    if (name == "." || name == "..") continue;
    ASSERT_TRUE(mounted.unlink("d/" + name));
    std::set<std::string> expected;
    for (const auto& [other, other_offset] : offsets) {
      if (other_offset > offset) expected.insert(other);
    }
    EXPECT_EQ(names_after(mounted, "d", offset), expected);
    ASSERT_TRUE(mounted.make_file("d/" + name));
  }
}

TEST(ListingOffsets, ComeInTheSamePlaceInTheNextMount) {
  World world;
  for (int i = 0; i < 20; ++i) world.lower().file("f" + std::to_string(i), "");
  Offsets offsets;
  {
    Mounted first(world);
    offsets = offsets_of(first, "");
  }
  Mounted second(world);
  EXPECT_EQ(offsets_of(second, ""), offsets);
}

// The kernel keeps one listing of a directory, which any stream may end.
TEST(Listing, ThatGoesOnTellsWhatShowsByThen) {
  World world;
  for (int i = 0; i < 20; ++i) world.lower().file("d/f" + std::to_string(i), "");
  world.lower().file("other", "");
  Mounted mounted(world);
  auto stream = *mounted.engine().open_directory(*mounted.node("d"));
  const auto told = [&](std::uint64_t offset, std::size_t most) {
    Offsets names;
    EXPECT_TRUE(mounted.engine().list(stream, offset, [&](const ListedEntry& listed) {
      names[listed.entry.name] = listed.next_offset;
      return names.size() < most;
    }));
    return names;
  };
  std::uint64_t at = 0;
  for (const auto& [name, offset] : told(0, 8)) at = std::max(at, offset);
  for (int i = 0; i < 20; i += 2) ASSERT_TRUE(mounted.unlink("d/f" + std::to_string(i)));
  Offsets rest = offsets_of(mounted, "d");
  std::erase_if(rest, [&](const auto& one) { return one.second <= at; });
  EXPECT_EQ(told(at, 100), rest);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(mounted.make_file("d/new" + std::to_string(i)));
  ASSERT_TRUE(mounted.rename("d/f1", "d/moved"));
  ASSERT_TRUE(mounted.rename("other", "d/f3"));
  rest = offsets_of(mounted, "d");
  std::erase_if(rest, [&](const auto& one) { return one.second <= at; });
  EXPECT_EQ(told(at, 100), rest);
}

TEST(Listing, IsNotToBeKeptOfADirectoryThatWasMoved) {
  World world;
  world.lower().directory("a/d").directory("b");
  Mounted mounted(world);
  const auto may_keep = [&](const std::string& path) {
    return mounted.engine().may_keep_listing(*mounted.engine().open_directory(*mounted.node(path)));
  };
  EXPECT_TRUE(may_keep("a/d"));
  ASSERT_TRUE(mounted.rename("a/d", "a/e"));
  EXPECT_TRUE(may_keep("a/e")) << "its parent is the same";
  ASSERT_TRUE(mounted.rename("a/e", "b/d"));
  EXPECT_FALSE(may_keep("b/d"));
  EXPECT_TRUE(may_keep("b"));
}

}  // namespace
}  // namespace ovlspec::impl
