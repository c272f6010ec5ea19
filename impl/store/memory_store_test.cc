// What holds of the memory store alone.
#include "impl/store/memory_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

namespace ovlspec::impl {
namespace {

MemoryStoreOptions options(MemoryNumbers::Reuse reuse, InodeNumber first = 2) {
  MemoryStoreOptions chosen;
  chosen.reuse = reuse;
  chosen.first_number = first;
  return chosen;
}

InodeRef make(MemoryStore& store, const InodeRef& directory, std::string_view name,
              FileType type = FileType::kRegular) {
  const NewInode inode{.type = type, .mode = 0755, .uid = 0, .gid = 0, .device = {}, .symlink_target = "target"};
  const Result<FoundInode> made = store.create(directory, name, inode);
  EXPECT_TRUE(made) << name;
  return made ? made->inode : nullptr;
}

InodeNumber number(MemoryStore& store, const InodeRef& inode) { return store.attributes(inode)->number; }

TEST(MemoryStore, ANumberIsNeverGivenAwayAgainByDefault) {
  MemoryStore store;
  InodeNumber last = number(store, store.root());
  for (int i = 0; i < 100; ++i) {
    const InodeNumber next = number(store, make(store, store.root(), "a"));
    EXPECT_GT(next, last);
    last = next;
    ASSERT_TRUE(store.unlink(store.root(), "a"));
  }
}

TEST(MemoryStore, AFreedNumberIsGivenAwayAtOnceWithAnotherGeneration) {
  MemoryStore store(options(MemoryNumbers::Reuse::kAtOnce));
  InodeRef held = make(store, store.root(), "a");
  const InodeNumber freed = number(store, held);
  const std::uint32_t generation = MemoryStore::inode_of(held)->generation;
  ASSERT_TRUE(store.unlink(store.root(), "a"));
  EXPECT_NE(number(store, make(store, store.root(), "while held")), freed);
  held.reset();
  const InodeRef next = make(store, store.root(), "b");
  EXPECT_EQ(number(store, next), freed);
  EXPECT_NE(MemoryStore::inode_of(next)->generation, generation);
}

TEST(MemoryStore, AHandleNeverOpensTheNextInodeOfItsNumber) {
  MemoryStore store(options(MemoryNumbers::Reuse::kAtOnce));
  const BackingHandle handle = *store.handle(make(store, store.root(), "a"));
  ASSERT_TRUE(store.unlink(store.root(), "a"));
  const InodeRef next = make(store, store.root(), "b");
  ASSERT_EQ(store.handle(next)->bytes.substr(0, 4), handle.bytes.substr(0, 4));
  EXPECT_EQ(store.by_handle(store.root(), handle).error(), Errno::kESTALE);
}

TEST(MemoryStore, AHandleWithoutGenerationOpensAnyInodeOfItsNumber) {
  MemoryStore store;
  const InodeRef file = make(store, store.root(), "a");
  BackingHandle handle = *store.handle(file);
  handle.bytes.replace(4, 4, 4, '\0');
  EXPECT_EQ(store.by_handle(store.root(), handle)->inode, file);
}

TEST(MemoryStore, NumbersOfMoreThan32BitsHaveWiderHandles) {
  MemoryStore store(options(MemoryNumbers::Reuse::kNever, (1ULL << 40) + 5));
  const InodeRef file = make(store, store.root(), "a");
  const BackingHandle handle = *store.handle(file);
  EXPECT_EQ(handle.type, 0x81);
  EXPECT_EQ(handle.bytes.size(), 12U);
  EXPECT_EQ(number(store, file), (1ULL << 40) + 6);
  EXPECT_EQ(store.by_handle(store.root(), handle)->inode, file);
  EXPECT_EQ(store.handle(make(store, store.root(), "b"))->type, 0x81);
}

TEST(MemoryStore, NothingGoesFromOneStoreToAnother) {
  MemoryStore first;
  MemoryStore second;
  const InodeRef file = make(first, first.root(), "a");
  EXPECT_EQ(first.link(file, second.root(), "b").error(), Errno::kEXDEV);
  EXPECT_EQ(first.rename(first.root(), "a", second.root(), "b", StoreRename::kReplace).error(), Errno::kEXDEV);
  EXPECT_EQ(first.attributes(file)->links, 1U);
}

TEST(MemoryStore, ItsClockGoesOnWithEveryChangeAndIsTheSameInEveryRun) {
  const auto run = [] {
    MemoryStore store;
    const Time made = store.attributes(make(store, store.root(), "a"))->modify_time;
    const Time later = store.attributes(make(store, store.root(), "b"))->modify_time;
    EXPECT_GT(later, made);
    return later;
  };
  EXPECT_EQ(run(), run());
}

TEST(MemoryStore, StoresThatShareAClockShareTheOrderOfTime) {
  MemoryStoreOptions shared;
  MemoryStore first(shared);
  MemoryStore second(shared);
  const Time before = first.attributes(make(first, first.root(), "a"))->change_time;
  EXPECT_GT(second.attributes(make(second, second.root(), "a"))->change_time, before);
}

TEST(MemoryStore, AFileOfAHugeSizeTakesNoMemory) {
  MemoryStore store;
  const InodeRef file = make(store, store.root(), "a");
  StoreChange change;
  change.size = MemoryContent::kSizeMax;
  ASSERT_TRUE(store.change(file, change));
  ASSERT_EQ(*store.write(*store.open(file, Access::kWrite), "end", MemoryContent::kSizeMax - 3), 3U);
  EXPECT_EQ(store.attributes(file)->size, MemoryContent::kSizeMax);
  EXPECT_EQ(store.attributes(file)->blocks, 8U);
}

// Every inode of one tree beside that of the same path in another.
void expect_same(const MemoryInode& first, const MemoryInode& second) {
  EXPECT_EQ(first.attributes, second.attributes);
  EXPECT_EQ(first.generation, second.generation);
  EXPECT_EQ(first.symlink_target, second.symlink_target);
  EXPECT_EQ(first.content.all(), second.content.all());
  ASSERT_EQ(first.xattrs.size(), second.xattrs.size());
  ASSERT_EQ(first.entries.size(), second.entries.size());
  for (std::size_t i = 0; i < first.entries.size(); ++i) {
    EXPECT_EQ(first.entries[i].name, second.entries[i].name);
    EXPECT_NE(first.entries[i].inode, second.entries[i].inode);
    expect_same(*first.entries[i].inode, *second.entries[i].inode);
  }
}

void fill(MemoryStore& store) {
  const InodeRef directory = make(store, store.root(), "directory", FileType::kDirectory);
  const InodeRef file = make(store, directory, "file");
  ASSERT_TRUE(store.write(*store.open(file, Access::kWrite), "data", 0));
  ASSERT_TRUE(store.set_xattr(file, "user.a", "value", XattrMode::kAny));
  ASSERT_TRUE(store.link(file, store.root(), "link"));
  make(store, store.root(), "symlink", FileType::kSymlink);
}

TEST(MemoryStore, ACloneIsEqualAndApart) {
  MemoryStore store;
  fill(store);
  const std::unique_ptr<MemoryStore> clone = store.clone();
  expect_same(*store.root(), *clone->root());
  EXPECT_EQ(*store.file_system(store.root()), *clone->file_system(clone->root()));
  const InodeRef link = clone->lookup(clone->root(), "link")->inode;
  const InodeRef directory = clone->lookup(clone->root(), "directory")->inode;
  EXPECT_EQ(clone->lookup(directory, "file")->inode, link);
  ASSERT_TRUE(clone->write(*clone->open(link, Access::kWrite), "other", 0));
  ASSERT_TRUE(clone->unlink(directory, "file"));
  EXPECT_EQ(store.lookup(store.root(), "link")->attributes.size, 4U);
  EXPECT_EQ(store.lookup(store.root(), "link")->attributes.links, 2U);
}

TEST(MemoryStore, HandlesOfTheOriginalOpenTheSameObjectsInAClone) {
  MemoryStore store;
  fill(store);
  const BackingHandle handle = *store.handle(store.lookup(store.root(), "link")->inode);
  const std::unique_ptr<MemoryStore> clone = store.clone();
  EXPECT_EQ(clone->by_handle(clone->root(), handle)->inode, clone->lookup(clone->root(), "link")->inode);
  EXPECT_GT(number(*clone, make(*clone, clone->root(), "new")),
            number(store, store.lookup(store.root(), "link")->inode));
}

TEST(MemoryStore, NumbersOfInodesThatACloneDoesNotHaveAreFreeInIt) {
  MemoryStore store(options(MemoryNumbers::Reuse::kAtOnce));
  const InodeRef held = make(store, store.root(), "a");
  ASSERT_TRUE(store.unlink(store.root(), "a"));
  const std::unique_ptr<MemoryStore> clone = store.clone();
  EXPECT_EQ(number(*clone, make(*clone, clone->root(), "b")), number(store, held));
}

TEST(MemoryStore, ACopiedImageHasAnotherDeviceEverywhere) {
  MemoryStore store;
  fill(store);
  const std::unique_ptr<MemoryStore> copy = store.clone_as(store.file_system(store.root())->uuid, 99);
  EXPECT_EQ(copy->file_system(copy->root())->device, 99U);
  EXPECT_EQ(copy->file_system(copy->root())->uuid, store.file_system(store.root())->uuid);
  EXPECT_EQ(copy->lookup(copy->root(), "link")->attributes.file_system, 99U);
  EXPECT_EQ(copy->attributes(make(*copy, copy->root(), "new"))->file_system, 99U);
}

TEST(MemoryStore, AnInodeOutlivesItsStore) {
  MemoryInodeRef inode;
  {
    MemoryStore store(options(MemoryNumbers::Reuse::kAtOnce));
    fill(store);
    inode = MemoryStore::inode_of(store.lookup(store.root(), "directory")->inode);
  }
  EXPECT_EQ(inode->entries.size(), 1U);
  EXPECT_TRUE(inode->is_removed());
}

TEST(MemoryStore, InodesAreFoundByHandleWhileOthersLetThemGo) {
  MemoryStore store(options(MemoryNumbers::Reuse::kAtOnce));
  std::vector<BackingHandle> handles;
  handles.reserve(200);
  for (int i = 0; i < 200; ++i) handles.push_back(*store.handle(make(store, store.root(), std::to_string(i))));
  std::thread remover([&] {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(store.unlink(store.root(), std::to_string(i)));
  });
  for (const BackingHandle& handle : handles) {
    const Result<FoundInode> found = store.by_handle(store.root(), handle);
    EXPECT_EQ(found ? handle : *store.handle(store.root()), *store.handle(found ? found->inode : store.root()));
  }
  remover.join();
  for (const BackingHandle& handle : handles) {
    EXPECT_EQ(store.by_handle(store.root(), handle).error(), Errno::kESTALE);
  }
}

// A file as plain bytes beside MemoryContent.
struct PlainFile {
  std::string bytes;
  std::vector<bool> written;  // for each block: whether something was written there since it last was a hole

  void write(FileSize offset, std::string_view data) {
    if (bytes.size() < offset + data.size()) resize(offset + data.size());
    bytes.replace(offset, data.size(), data);
    for (FileSize block = offset / MemoryContent::kBlock; block * MemoryContent::kBlock < offset + data.size(); ++block)
      written[block] = true;
  }
  void resize(FileSize size) {
    bytes.resize(size);
    written.resize((size + MemoryContent::kBlock - 1) / MemoryContent::kBlock);
  }
  std::uint64_t blocks() const {
    return 8 * static_cast<std::uint64_t>(std::count(written.begin(), written.end(), true));
  }
};

TEST(MemoryContent, AnySequenceOfWritesAndSizesReadsAsPlainBytesWithTheSameHoles) {
  std::mt19937 random(20240501);
  for (int round = 0; round < 300; ++round) {
    MemoryContent content;
    PlainFile plain;
    for (int step = 0; step < 25; ++step) {
      const FileSize offset = random() % 60000;
      if (random() % 4 == 0) {
        content.resize(offset);
        plain.resize(offset);
      } else {
        const std::string data(1 + random() % (random() % 2 == 0 ? 20 : 9000), static_cast<char>('a' + step));
        content.write(offset, data);
        plain.write(offset, data);
      }
      ASSERT_EQ(content.all(), plain.bytes);
      ASSERT_EQ(content.blocks(), plain.blocks());
    }
    const FileSize from = random() % 60000;
    std::string part(5000, '?');
    part.resize(content.read(part.data(), part.size(), from));
    ASSERT_EQ(part, from < plain.bytes.size() ? plain.bytes.substr(from, 5000) : "");
  }
}

TEST(MemoryContent, DataEndsWithTheBlockOrTheFile) {
  MemoryContent content;
  content.write(2 * MemoryContent::kBlock + 10, "x");
  content.resize(5 * MemoryContent::kBlock);
  const auto data = content.next_data(0);
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(data->begin, 2 * MemoryContent::kBlock);
  EXPECT_EQ(data->end, 3 * MemoryContent::kBlock);
  EXPECT_FALSE(content.next_data(3 * MemoryContent::kBlock).has_value());
  content.resize(2 * MemoryContent::kBlock + 11);
  EXPECT_EQ(content.next_data(0)->end, 2 * MemoryContent::kBlock + 11);
}

}  // namespace
}  // namespace ovlspec::impl
