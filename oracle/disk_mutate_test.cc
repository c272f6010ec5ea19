// Mutation on disk against the model's.
#include "oracle/disk_mutate.h"

#include <algorithm>
#include <random>

#include "oracle/disk_test_support.h"

namespace ovlspec::oracle {
namespace {

// Small worlds over few names, so that most paths meet something.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(engine_() % end); }

  std::string path() {
    std::string path;
    for (std::uint32_t depth = below(3) + (below(20) == 0 ? 0 : 1); depth != 0; --depth)
      path += std::string(path.empty() ? "" : "/") + static_cast<char>('a' + below(3));
    return path;
  }

  std::pair<model::Inode, model::Marks> object() {
    model::Inode inode;
    model::Marks marks;
    inode.mode = below(010000);
    inode.uid = below(3);
    inode.modify_time = model::FreeTime::at(Time{below(1000), below(1000)});
    switch (below(7)) {
      case 0:
      case 1:
      case 2:
        inode.type = FileType::kDirectory;
        marks.opaque = below(4) == 0;
        if (below(4) == 0) marks.redirect = "/" + path();
        break;
      case 3:
        inode.type = FileType::kSymlink;
        inode.mode = 0777;
        inode.content = model::Content(path() + "x");
        break;
      case 4: marks.whiteout = true; break;
      case 5: inode.type = FileType::kFifo; break;
      default: inode.content = model::Content(std::string(below(9), 'x'));
    }
    if (below(3) == 0 && !marks.whiteout) model::set_xattr(inode, "trusted.t", std::to_string(below(9)));
    return {inode, marks};
  }

  model::Layer layer() {
    LayerBuilder builder;
    for (std::uint32_t i = below(14); i != 0; --i) {
      const std::string at = path();
      if (at.empty()) continue;
      auto [inode, marks] = object();
      // A name that is taken, or without a parent, is left out.
      if (below(4) == 0) {
        (void)builder.link(at, path());
      } else {
        (void)builder.add(at, std::move(inode), std::move(marks));
      }
    }
    return builder.take();
  }

  model::LayerName layer_name() { return {.upper = below(2) == 0, .lower = static_cast<std::uint16_t>(below(3))}; }

  model::Mutation mutation() {
    const model::LayerName in = layer_name();
    const auto small = [this] { return static_cast<std::uint16_t>(below(4)); };
    switch (below(16)) {
      case 0:
      case 1: {
        auto [inode, marks] = object();
        return model::Put{in, path(), inode, marks};
      }
      case 2: return model::Remove{in, path()};
      case 3:
      case 4: return model::Move{in, path(), path()};
      case 5:
      case 6: return model::HardLink{in, path(), path()};
      case 7: return model::ChangeMode{in, path(), below(010000)};
      case 8: return model::ChangeContent{in, path(), "changed"};
      case 9:
      case 10: return model::Copy{in, path(), path()};
      case 11: return model::CopyLayer{in, below(2) == 0 ? model::CopyXattrs::kAll : model::CopyXattrs::kNone};
      case 12: return model::AddLower{small(), static_cast<std::uint8_t>(below(kPlaces)), layer()};
      case 13: return model::RemoveLower{small()};
      case 14: return model::SwapLowers{small(), small()};
      default: return below(2) == 0 ? model::Mutation(model::UpperBecomesLower{}) : model::Mutation(model::WipeWork{});
    }
  }

 private:
  std::mt19937 engine_;
};

class DiskMutate : public MountTest {};

void expect_equal(const model::Layers& seen, const model::Layers& expected) {
  ASSERT_EQ(seen.lowers.size(), expected.lowers.size());
  for (std::size_t i = 0; i < seen.lowers.size(); ++i)
    EXPECT_EQ(layer_difference(seen.lowers[i], expected.lowers[i]), std::nullopt) << "lower " << i;
  ASSERT_EQ(seen.upper.has_value(), expected.upper.has_value());
  if (!seen.upper) return;
  EXPECT_EQ(layer_difference(*seen.upper, *expected.upper), std::nullopt) << "upper";
}

void play(DiskStack& stack, std::uint32_t seeds) {
  std::size_t changes = 0;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::optional<model::Layer> upper;
    if (seed % 5 != 0) upper = random.layer();
    OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({random.layer(), random.layer()}, upper)));
    for (int i = 0; i < 12; ++i) {
      auto before = stack.scan();
      ASSERT_TRUE(before.ok()) << before.failure.what;
      const model::Mutation mutation = random.mutation();
      SCOPED_TRACE("change " + std::to_string(i) + " of kind " + std::to_string(mutation.index()));
      OVLSPEC_ASSERT_DONE(stack.mutate(mutation));
      const auto after = stack.scan();
      ASSERT_TRUE(after.ok()) << after.failure.what;
      expect_equal(after.value->layers, model::mutate(before.value->layers, mutation));
      if (testing::Test::HasFailure()) return;
      ++changes;
    }
  }
  EXPECT_EQ(changes, seeds * 12U);
}

TEST_F(DiskMutate, ScanAfterAChangeOnDiskIsTheModelsChangeOfTheScanBefore) {
  DiskStack stack;
  play(stack, 150);
}

TEST_F(DiskMutate, PlacesThatAreOneFileSystemHoldLayersAsWell) {
  DiskStack stack(DiskStack::Places::kDirectories);
  const auto prepared = stack.prepare(stack_of({model::Layer{}}));
  if (!prepared.ok()) GTEST_SKIP() << prepared.failure.what;
  play(stack, 20);
}

TEST_F(DiskMutate, UnchangedObjectsKeepTheirBackingAndCopiesGetNewOnes) {
  DiskStack stack;
  OVLSPEC_ASSERT_DONE(stack.prepare(stack_of({WorldLayer().file("a", "x").directory("d").done()})));
  const auto backing = [&](const std::string& path) {
    const auto scanned = stack.scan();
    const model::Layer& layer = scanned.value->layers.lowers[0];
    return layer.mark(layer.tree.at(path).value()).backing;
  };
  const model::LayerName lower{.upper = false, .lower = 0};
  const model::Backing a = backing("a");
  OVLSPEC_ASSERT_DONE(stack.mutate(model::ChangeContent{lower, "a", "y"}));
  EXPECT_EQ(backing("a"), a);
  OVLSPEC_ASSERT_DONE(stack.mutate(model::Move{lower, "a", "d/b"}));
  EXPECT_EQ(backing("d/b"), a);
  OVLSPEC_ASSERT_DONE(stack.mutate(model::HardLink{lower, "d/b", "c"}));
  EXPECT_EQ(backing("c"), a);
  OVLSPEC_ASSERT_DONE(stack.mutate(model::Copy{lower, "c", "e"}));
  EXPECT_NE(backing("e"), a);
  OVLSPEC_ASSERT_DONE(stack.mutate(model::CopyLayer{lower, model::CopyXattrs::kAll}));
  EXPECT_NE(backing("c"), a);
  EXPECT_EQ(backing("c"), backing("d/b"));
}

TEST_F(DiskMutate, WholeCopyOfAnUpperKeepsItsHardLinksAndACopiedFileDoesNotGetThem) {
  KernelSubject subject("kernel", {"index=on"});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a").link("b", "a").done()})));
  OVLSPEC_ASSERT_DONE(subject.mount());
  ASSERT_TRUE(subject.apply(superuser(), Chmod{Target::at("a"), 0600}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  const auto linked = [&](const std::string& path) {
    const auto scanned = subject.scan();
    const model::Layer& upper = *scanned.value->layers.upper;
    return upper.mark(upper.tree.at(path).value()).origin.value().linked;
  };
  const model::LayerName upper{.upper = true};
  EXPECT_TRUE(linked("a"));
  OVLSPEC_ASSERT_DONE(subject.mutate(model::Copy{upper, "a", "copy"}));
  EXPECT_TRUE(linked("a"));
  EXPECT_FALSE(linked("copy"));
  OVLSPEC_ASSERT_DONE(subject.mutate(model::CopyLayer{upper, model::CopyXattrs::kAll}));
  EXPECT_TRUE(linked("a"));
}

TEST_F(DiskMutate, CopyOfAFileThatIsThenRemovedIsNotLinked) {
  KernelSubject subject("kernel", {"index=on"});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a").link("b", "a").done()})));
  OVLSPEC_ASSERT_DONE(subject.mount());
  ASSERT_TRUE(subject.apply(superuser(), Chmod{Target::at("a"), 0600}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  const model::LayerName name{.upper = true};
  OVLSPEC_ASSERT_DONE(subject.mutate(model::Copy{name, "a", "copy"}));
  OVLSPEC_ASSERT_DONE(subject.mutate(model::Remove{name, "a"}));
  const auto scanned = subject.scan();
  ASSERT_TRUE(scanned.ok());
  const model::Layer& upper = *scanned.value->layers.upper;
  EXPECT_FALSE(upper.mark(upper.tree.at("copy").value()).origin.value().linked);
  // The index still holds the object for the lower's other name.
  EXPECT_TRUE(scanned.value->leftovers.empty());
}

TEST_F(DiskMutate, WipedWorkDirectoryIsEmptyAndMountsAgain) {
  KernelSubject subject("kernel", {"index=on"});
  OVLSPEC_ASSERT_DONE(subject.prepare(stack_of({WorldLayer().file("a").link("b", "a").done()})));
  OVLSPEC_ASSERT_DONE(subject.mount());
  ASSERT_TRUE(subject.apply(superuser(), Chmod{Target::at("a"), 0600}).ok());
  OVLSPEC_ASSERT_DONE(subject.unmount());
  OVLSPEC_ASSERT_DONE(subject.mutate(model::WipeWork{}));
  const auto scanned = subject.scan();
  ASSERT_TRUE(scanned.ok());
  const model::Layer& upper = *scanned.value->layers.upper;
  EXPECT_FALSE(upper.mark(upper.tree.at("a").value()).origin->linked);
  OVLSPEC_ASSERT_DONE(subject.mount());
  OVLSPEC_ASSERT_DONE(subject.unmount());
}

}  // namespace
}  // namespace ovlspec::oracle
