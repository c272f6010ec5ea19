// Where data flows: past us to a backing file, or through the page cache; and that nobody can tell but by the speed.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class PassthroughTest : public MountTest {
 protected:
  std::uint64_t backings() { return mounted().session().backings_opened(); }
  bool all_closed() {
    return eventually([&] { return mounted().session().open_nodes() == 0; });
  }
};

#define REQUIRE_PASSTHROUGH() \
  if (!passes_through()) GTEST_SKIP() << "no passthrough: the kernel or the privilege is missing"

TEST_F(PassthroughTest, OpensOfOneUpperFileShareOneBackingFile) {
  write_file(upper("f"), "content");
  mount_writable();
  REQUIRE_PASSTHROUGH();
  {
    const File one(at("f"), O_RDONLY);
    const File two(at("f"), O_RDWR);
    const File three(at("f"), O_WRONLY | O_APPEND);
    if (!passes_through()) GTEST_SKIP() << "no passthrough: not for this user";
    EXPECT_EQ(backings(), 1U);
    two.write("C");
    EXPECT_EQ(one.read(7), "Content");
    EXPECT_EQ(::write(three.number(), "!", 1), 1);
    EXPECT_EQ(one.read(9), "Content!");
    EXPECT_EQ(status_of_path(at("f")).st_size, 8);
  }
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(read_file(upper("f")), "Content!");
}

TEST_F(PassthroughTest, ANewFileIsPassedThroughFromItsCreation) {
  mount_writable();
  REQUIRE_PASSTHROUGH();
  const File file(at("f"), O_RDWR | O_CREAT | O_EXCL);
  file.write("new");
  EXPECT_EQ(file.read(3), "new");
  EXPECT_EQ(status_of_path(at("f")).st_size, 3);
  EXPECT_EQ(backings(), 1U);
}

TEST_F(PassthroughTest, LowerFilesOfAReadOnlyStackArePassedThrough) {
  write_file(lower("f"), "content");
  mount_read_only();
  REQUIRE_PASSTHROUGH();
  EXPECT_EQ(read_file(at("f")), "content");
  EXPECT_EQ(backings(), 1U);
}

TEST_F(PassthroughTest, LowerFilesOfAWritableStackAreNot) {
  write_file(lower("f"), "content");
  mount_writable();
  EXPECT_EQ(read_file(at("f")), "content");
  EXPECT_EQ(backings(), 0U);
}

TEST_F(PassthroughTest, TheOptionTurnsItOff) {
  write_file(upper("f"), "content");
  mount_writable(",passthrough=off");
  EXPECT_EQ(read_file(at("f")), "content");
  write_file(at("f"), "other");
  EXPECT_EQ(read_file(at("f")), "other");
  EXPECT_EQ(backings(), 0U);
}

TEST_F(PassthroughTest, AReaderOfALowerFileNeverKeepsAWriterOutAndSeesWhatItWrites) {
  write_file(lower("f"), "old content");
  mount_writable();
  const File reader(at("f"), O_RDONLY);
  EXPECT_EQ(reader.read(3), "old");
  const File writer(at("f"), O_RDWR);
  writer.write("NEW");
  EXPECT_EQ(reader.read(11), "NEW content");
  EXPECT_EQ(writer.read(11), "NEW content");
  EXPECT_EQ(ftruncate(writer.number(), 3), 0);
  EXPECT_EQ(reader.read(11), "NEW");
  EXPECT_EQ(read_file(lower("f")), "old content");
}

TEST_F(PassthroughTest, AMappingOfALowerFileSeesWhatIsWrittenAfterTheCopyUp) {
  write_file(lower("f"), "old content");
  mount_writable();
  in_another_process([this] {
    const File reader(at("f"), O_RDONLY);
    const Mapping seen(reader, PROT_READ);
    EXPECT_EQ(seen.text(3), "old");
    const File writer(at("f"), O_RDWR);
    writer.write("NEW");
    EXPECT_EQ(seen.text(11), "NEW content");
    Mapping changed(writer, PROT_READ | PROT_WRITE);
    changed.set(0, 'n');
    EXPECT_EQ(seen.text(11), "nEW content");
    EXPECT_EQ(reader.read(11), "nEW content");
  });
}

TEST_F(PassthroughTest, MappingsOfAnUpperFileShareItsPages) {
  write_file(upper("f"), "old content");
  mount_writable();
  in_another_process([this] {
    const File file(at("f"), O_RDWR);
    Mapping one(file, PROT_READ | PROT_WRITE);
    const Mapping two(file, PROT_READ);
    one.set(0, 'O');
    EXPECT_EQ(two.text(11), "Old content");
    EXPECT_EQ(file.read(11), "Old content");
    file.write("NEW");
    EXPECT_EQ(one.text(11), "NEW content");
  });
}

TEST_F(PassthroughTest, PagesCachedBeforeTheCopyUpAreNotSeenAgain) {
  write_file(lower("f"), "old content");
  mount_writable();
  EXPECT_EQ(read_file(at("f")), "old content");
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(chmod(at("f").c_str(), 0600), 0);
  File(at("f"), O_WRONLY).write("NEW");
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(read_file(at("f")), "NEW content");
}

TEST_F(PassthroughTest, AFileThatWasReadBeforeItsCopyUpIsPassedThroughAfterItsLastClose) {
  write_file(lower("f"), "old");
  mount_writable();
  REQUIRE_PASSTHROUGH();
  {
    const File reader(at("f"), O_RDONLY);
    File(at("f"), O_WRONLY).write("new");
    EXPECT_EQ(backings(), 0U);
  }
  EXPECT_TRUE(all_closed());
  EXPECT_EQ(read_file(at("f")), "new");
  EXPECT_EQ(backings(), 1U);
}

TEST_F(PassthroughTest, OpeningWithTruncationEmptiesLowerAndUpperFiles) {
  write_file(lower("l"), "old content");
  write_file(upper("u"), "old content");
  mount_writable();
  for (const char* name : {"l", "u"}) {
    const File reader(at(name), O_RDONLY);
    EXPECT_EQ(reader.read(11), "old content");
    const File writer(at(name), O_WRONLY | O_TRUNC);
    EXPECT_EQ(reader.read(11), "");
    writer.write("new");
    EXPECT_EQ(reader.read(11), "new");
    EXPECT_EQ(status_of_path(at(name)).st_size, 3);
  }
  EXPECT_EQ(read_file(lower("l")), "old content");
}

TEST_F(PassthroughTest, LargeFilesComeThroughWholeEitherWay) {
  std::string content(5'000'001, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 2654435761U >> 13);
  write_file(lower("l"), content);
  write_file(upper("u"), content);
  for (const char* more : {"", ",passthrough=off"}) {
    mount_writable(more);
    EXPECT_TRUE(read_file(at("l")) == content) << more;
    EXPECT_TRUE(read_file(at("u")) == content) << more;
    write_file(at("new"), content);
    EXPECT_TRUE(read_file(at("new")) == content) << more;
    unmount();
    EXPECT_TRUE(read_file(upper("new")) == content) << more;
  }
}

}  // namespace
}  // namespace ovlspec::fuse
