// Open files beyond reading and writing: allocation, holes, copies of ranges, mappings; passed through and not.
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

constexpr off_t kPage = 4096;

// The parameter is what the options add.
class OpenFiles : public MountTest, public testing::WithParamInterface<const char*> {
 protected:
  // A file `name` in the lower and one in the upper layer.
  void write_both(const std::string& content, mode_t mode = 0644) {
    write_file(lower("lower"), content, mode);
    write_file(upper("upper"), content, mode);
  }
  void mount_both() { mount_writable(GetParam()); }
  static constexpr std::array<const char*, 2> kBoth = {"lower", "upper"};
};

INSTANTIATE_TEST_SUITE_P(Ways, OpenFiles, testing::Values(",passthrough=auto", ",passthrough=off"),
                         [](const auto& way) { return way.index == 0 ? "PassedThrough" : "Cached"; });

long allocate(const File& file, int mode, off_t offset, off_t length) {
  return fallocate(file.number(), mode, offset, length);
}

TEST_P(OpenFiles, AllocationGrowsFilesAtOnceAndForEverybody) {
  write_both("content");
  mount_both();
  for (const char* name : kBoth) {
    const struct stat before = status_of_path(at(name));
    const File reader(at(name), O_RDONLY);
    EXPECT_EQ(reader.read(100), "content");
    const File writer(at(name), O_RDWR);
    ASSERT_EQ(allocate(writer, 0, 0, 3 * kPage), 0);
    const struct stat after = status_of_path(at(name));
    EXPECT_EQ(after.st_size, 3 * kPage) << name;
    EXPECT_EQ(after.st_blocks, 24) << name;
    EXPECT_GT(after.st_mtim.tv_sec * 1'000'000'000 + after.st_mtim.tv_nsec,
              before.st_mtim.tv_sec * 1'000'000'000 + before.st_mtim.tv_nsec);
    EXPECT_EQ(reader.read(9), std::string("content\0\0", 9));
    EXPECT_EQ(reader.read(2 * kPage, 2 * kPage), std::string(kPage, '\0'));
    ASSERT_EQ(allocate(writer, FALLOC_FL_KEEP_SIZE, 0, 8 * kPage), 0);
    EXPECT_EQ(status_of_path(at(name)).st_size, 3 * kPage) << name;
    EXPECT_EQ(status_of_path(at(name)).st_blocks, 64) << name;
  }
  EXPECT_EQ(read_file(lower("lower")), "content");
}

TEST_P(OpenFiles, APunchedHoleIsSeenByReadersThatHadTheData) {
  write_both(std::string(4 * kPage, 'x'));
  mount_both();
  for (const char* name : kBoth) {
    const File reader(at(name), O_RDONLY);
    EXPECT_EQ(reader.read(4 * kPage), std::string(4 * kPage, 'x'));
    const File writer(at(name), O_WRONLY);
    ASSERT_EQ(allocate(writer, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kPage - 1, kPage + 2), 0);
    EXPECT_EQ(reader.read(4 * kPage),
              std::string(kPage - 1, 'x') + std::string(kPage + 2, '\0') + std::string(2 * kPage - 1, 'x'));
    EXPECT_EQ(status_of_path(at(name)).st_blocks, 24) << name;
    EXPECT_EQ(lseek(reader.number(), 0, SEEK_HOLE), kPage);
    EXPECT_EQ(lseek(reader.number(), kPage, SEEK_DATA), 2 * kPage);
  }
}

TEST_P(OpenFiles, RangesThatTheLayersOrTheProtocolDoNotChangeAreRefused) {
  write_both(std::string(4 * kPage, 'x'));
  mount_both();
  const int backing = error_of([&] { return allocate(File(upper("upper"), O_RDWR), FALLOC_FL_ZERO_RANGE, 0, kPage); });
  for (const char* name : kBoth) {
    const File file(at(name), O_RDWR);
    EXPECT_EQ(error_of([&] { return allocate(file, FALLOC_FL_ZERO_RANGE, 0, kPage); }), backing);
    EXPECT_EQ(error_of([&] { return allocate(file, FALLOC_FL_COLLAPSE_RANGE, 0, kPage); }), EOPNOTSUPP);
    EXPECT_EQ(error_of([&] { return allocate(file, FALLOC_FL_INSERT_RANGE, 0, kPage); }), EOPNOTSUPP);
    EXPECT_EQ(error_of([&] { return allocate(file, 0, 0, 0); }), EINVAL);
    EXPECT_EQ(error_of([&] { return allocate(File(at(name), O_RDONLY), 0, 0, kPage); }), EBADF);
  }
}

TEST_P(OpenFiles, ChangedRangesTakeSetIdBitsAndCapabilitiesAway) {
  // cap_net_raw, version 2.
  constexpr std::array<unsigned char, 20> kCapability = {1, 0, 0, 2, 0, 0x20};
  write_both(std::string(kPage, 'x'), 06777);
  for (const std::string& path : {lower("lower"), upper("upper")}) {
    ASSERT_EQ(setxattr(path.c_str(), "security.capability", kCapability.data(), kCapability.size(), 0), 0);
  }
  mount_both();
  for (const char* name : kBoth) {
    EXPECT_EQ(getxattr(at(name).c_str(), "security.capability", nullptr, 0), 20);
    EXPECT_EQ(chmod(at(name).c_str(), 06777), 0);
    EXPECT_EQ(getxattr(at(name).c_str(), "security.capability", nullptr, 0), 20) << "kept by the copy up";
    as_user(1234, 1234, [&] { EXPECT_EQ(allocate(File(at(name), O_WRONLY), 0, 0, 2 * kPage), 0); });
    EXPECT_EQ(status_of_path(at(name)).st_mode & 07777U, 0777U) << name;
    EXPECT_EQ(error_of([&] { return getxattr(at(name).c_str(), "security.capability", nullptr, 0); }), ENODATA);
  }
}

TEST_P(OpenFiles, ADataWriteTakesCapabilitiesAwayWhoeverWrites) {
  constexpr std::array<unsigned char, 20> kCapability = {1, 0, 0, 2, 0, 0x20};
  write_both("content");
  for (const std::string& path : {lower("lower"), upper("upper")}) {
    ASSERT_EQ(setxattr(path.c_str(), "security.capability", kCapability.data(), kCapability.size(), 0), 0);
  }
  mount_both();
  for (const char* name : kBoth) {
    File(at(name), O_WRONLY).write("C");
    EXPECT_EQ(error_of([&] { return getxattr(at(name).c_str(), "security.capability", nullptr, 0); }), ENODATA) << name;
  }
}

// A page of data between two of holes.
void write_sparse(const std::string& path) {
  const File file(path, O_RDWR | O_CREAT);
  file.write(std::string(kPage, 'x'), kPage);
  EXPECT_EQ(ftruncate(file.number(), 3 * kPage), 0);
}

void expect_sparse(const File& file) {
  EXPECT_EQ(lseek(file.number(), 0, SEEK_DATA), kPage);
  EXPECT_EQ(lseek(file.number(), kPage, SEEK_HOLE), 2 * kPage);
  EXPECT_EQ(lseek(file.number(), 2 * kPage + 7, SEEK_HOLE), 2 * kPage + 7);
  EXPECT_EQ(error_of([&] { return lseek(file.number(), 2 * kPage, SEEK_DATA); }), ENXIO);
  EXPECT_EQ(error_of([&] { return lseek(file.number(), 3 * kPage, SEEK_HOLE); }), ENXIO);
  EXPECT_EQ(error_of([&] { return lseek(file.number(), -1, SEEK_DATA); }), ENXIO);
  EXPECT_EQ(lseek(file.number(), 0, SEEK_END), 3 * kPage);
}

TEST_P(OpenFiles, HolesAreFoundInLowerUpperAndCopiedUpFiles) {
  write_sparse(lower("lower"));
  write_sparse(upper("upper"));
  mount_both();
  const File lower_file(at("lower"), O_RDONLY);
  const File upper_file(at("upper"), O_RDONLY);
  expect_sparse(lower_file);
  expect_sparse(upper_file);
  const File copied(at("lower"), O_RDWR);
  expect_sparse(lower_file);
  expect_sparse(copied);
  EXPECT_EQ(status_of_path(at("lower")).st_blocks, 8);
  copied.write("y", 0);
  EXPECT_EQ(lseek(lower_file.number(), 0, SEEK_DATA), 0);
  EXPECT_EQ(lseek(lower_file.number(), 0, SEEK_HOLE), 2 * kPage);
}

TEST_P(OpenFiles, HolesAreFoundOnAReadOnlyStack) {
  write_sparse(lower("lower"));
  mount_read_only(GetParam());
  expect_sparse(File(at("lower"), O_RDONLY));
}

ssize_t copy(const File& from, off_t from_offset, const File& to, off_t to_offset, std::size_t size) {
  return copy_file_range(from.number(), &from_offset, to.number(), &to_offset, size, 0);
}

TEST_P(OpenFiles, RangesAreCopiedBetweenAnyTwoFiles) {
  write_both("0123456789");
  mount_both();
  for (const char* name : kBoth) {
    const File from(at(name), O_RDONLY);
    const File to(at("to"), O_RDWR | O_CREAT | O_TRUNC);
    EXPECT_EQ(to.read(100), "");
    ASSERT_EQ(copy(from, 2, to, 0, 5), 5) << name;
    EXPECT_EQ(to.read(100), "23456");
    EXPECT_EQ(status_of_path(at("to")).st_size, 5);
    ASSERT_EQ(copy(from, 5, to, 4, 100), 5);
    EXPECT_EQ(to.read(100), "234556789");
    EXPECT_EQ(copy(from, 10, to, 0, 100), 0);
    ASSERT_EQ(copy(to, 0, to, 9, 3), 3);
    EXPECT_EQ(to.read(100), "234556789234");
    EXPECT_EQ(error_of([&] { return copy(to, 0, to, 1, 3); }), EINVAL);
    EXPECT_EQ(error_of([&] { return copy(to, 0, from, 0, 3); }), EBADF);
    EXPECT_EQ(status_of_path(at("to")).st_size, 12);
  }
  EXPECT_EQ(names_in(upper("")), (std::vector<std::string>{"to", "upper"}));
}

TEST_P(OpenFiles, ARangeThatIsCopiedOntoALowerFileIsSeenByItsReaders) {
  write_both(std::string(2 * kPage, 'x'));
  mount_both();
  const File reader(at("lower"), O_RDONLY);
  EXPECT_EQ(reader.read(2 * kPage), std::string(2 * kPage, 'x'));
  const File source(at("source"), O_RDWR | O_CREAT);
  source.write("source");
  const File writer(at("lower"), O_WRONLY);
  ASSERT_EQ(copy(source, 0, writer, kPage - 3, 6), 6);
  EXPECT_EQ(reader.read(10, kPage - 5), "xxsourcexx");
  EXPECT_EQ(status_of_path(at("lower")).st_size, 2 * kPage);
  EXPECT_EQ(read_file(lower("lower")), std::string(2 * kPage, 'x'));
}

TEST_P(OpenFiles, ARangeIsCopiedBetweenLayersOfTwoFileSystems) {
  ASSERT_EQ(::mount("test", lower("").c_str(), "tmpfs", 0, nullptr), 0);
  write_file(lower("lower"), std::string(100'000, 'x'));
  mount_both();
  {
    const File from(at("lower"), O_RDONLY);
    const File to(at("to"), O_RDWR | O_CREAT);
    EXPECT_EQ(copy(from, 0, to, 0, 100'000), 100'000);
    EXPECT_TRUE(to.read(200'000) == std::string(100'000, 'x'));
  }
  unmount();
  EXPECT_EQ(umount2(lower("").c_str(), MNT_DETACH), 0);
}

TEST_P(OpenFiles, APrivateMappingKeepsItsOwnBytesAndReadersSeeTheFile) {
  write_both("old content");
  mount_both();
  in_another_process([this] {
    for (const char* name : kBoth) {
      const File reader(at(name), O_RDONLY);
      Mapping mapped(reader, PROT_READ | PROT_WRITE, MAP_PRIVATE);
      mapped.set(0, 'O');
      const File writer(at(name), O_RDWR);
      writer.write("NEW");
      EXPECT_EQ(mapped.text(11), "Old content") << name;
      EXPECT_EQ(reader.read(11), "NEW content") << name;
      EXPECT_EQ(Mapping(reader, PROT_READ, MAP_PRIVATE).text(11), "NEW content") << name;
    }
  });
  EXPECT_EQ(read_file(upper("lower")), "NEW content");
  EXPECT_EQ(read_file(lower("lower")), "old content");
}

TEST_P(OpenFiles, SharedMappingsAndDescriptorsSeeEachOther) {
  write_both("old content");
  mount_both();
  in_another_process([this] {
    for (const char* name : kBoth) {
      const File reader(at(name), O_RDONLY);
      const Mapping before(reader, PROT_READ);
      EXPECT_EQ(before.text(3), "old");
      const File writer(at(name), O_RDWR);
      Mapping changed(writer, PROT_READ | PROT_WRITE);
      changed.set(0, 'O');
      EXPECT_EQ(reader.read(3), "Old") << name;
      writer.write("NEW");
      EXPECT_EQ(changed.text(3), "NEW") << name;
      EXPECT_EQ(before.text(3), "NEW") << name;
    }
  });
  for (const char* name : kBoth) EXPECT_EQ(read_file(at(name)), "NEW content");
}

TEST_P(OpenFiles, WhatAMappingWroteIsThereAfterMsyncAndAfterTheUnmount) {
  write_both("old content");
  mount_both();
  in_another_process([this] {
    for (const char* name : kBoth) {
      const File writer(at(name), O_RDWR);
      Mapping changed(writer, PROT_READ | PROT_WRITE);
      changed.set(0, 'O');
      EXPECT_EQ(changed.synchronise(), 0);
      EXPECT_EQ(read_file(upper(name)), "Old content");
      changed.set(0, 'M');
    }
  });
  unmount();
  for (const char* name : kBoth) EXPECT_EQ(read_file(upper(name)), "Mld content");
}

TEST_P(OpenFiles, AnUnnamedFileIsNotToBeHad) {
  mount_both();
  EXPECT_EQ(error_of([&] { return open(at("").c_str(), O_TMPFILE | O_RDWR, 0600); }), EOPNOTSUPP);
}

}  // namespace
}  // namespace ovlspec::fuse
