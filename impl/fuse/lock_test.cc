// Locks, leases and notification between the processes of one mount. The kernel keeps them by node, so that a copy up
// changes nothing for them.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

class Locks : public MountTest, public testing::WithParamInterface<const char*> {
 protected:
  void mount_file() {
    write_file(lower("f"), "content");
    mount_writable(GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, Locks, testing::Values(",passthrough=auto", ",passthrough=off"),
                         [](const auto& way) { return way.index == 0 ? "PassedThrough" : "Cached"; });

long set_lock(const File& file, int command, short type) {
  struct flock wanted {};
  wanted.l_type = type;
  wanted.l_whence = SEEK_SET;
  wanted.l_len = 4;
  return fcntl(file.number(), command, &wanted);
}

TEST_P(Locks, AProcessLockOnALowerFileExcludesAWriterThatCopiesItUp) {
  mount_file();
  const File reader(at("f"), O_RDONLY);
  ASSERT_EQ(set_lock(reader, F_SETLK, F_RDLCK), 0);
  in_another_process([this] {
    const File writer(at("f"), O_RDWR);
    EXPECT_EQ(error_of([&] { return set_lock(writer, F_SETLK, F_WRLCK); }), EAGAIN);
    EXPECT_EQ(set_lock(writer, F_SETLK, F_RDLCK), 0);
  });
  ASSERT_TRUE(status_of_path(upper("f")).st_size == 7) << "it was copied up";
  ASSERT_EQ(set_lock(reader, F_SETLK, F_UNLCK), 0);
  in_another_process([this] { EXPECT_EQ(set_lock(File(at("f"), O_RDWR), F_SETLK, F_WRLCK), 0); });
}

TEST_P(Locks, AProcessLockOfAWriterExcludesReadersFromBeforeTheCopyUp) {
  mount_file();
  const File reader(at("f"), O_RDONLY);
  const File writer(at("f"), O_RDWR);
  ASSERT_EQ(set_lock(writer, F_SETLK, F_WRLCK), 0);
  in_another_process([&] { EXPECT_EQ(error_of([&] { return set_lock(reader, F_SETLK, F_RDLCK); }), EAGAIN); });
}

TEST_P(Locks, AnOpenFileLockExcludesOtherOpenFilesAcrossTheCopyUp) {
  mount_file();
  const File reader(at("f"), O_RDONLY);
  ASSERT_EQ(set_lock(reader, F_OFD_SETLK, F_RDLCK), 0);
  const File writer(at("f"), O_RDWR);
  EXPECT_EQ(error_of([&] { return set_lock(writer, F_OFD_SETLK, F_WRLCK); }), EAGAIN);
  ASSERT_EQ(set_lock(reader, F_OFD_SETLK, F_UNLCK), 0);
  EXPECT_EQ(set_lock(writer, F_OFD_SETLK, F_WRLCK), 0);
  EXPECT_EQ(error_of([&] { return set_lock(reader, F_OFD_SETLK, F_RDLCK); }), EAGAIN);
}

TEST_P(Locks, AWholeFileLockExcludesOthersAcrossTheCopyUpAndItsSecondName) {
  write_file(lower("f"), "content");
  ASSERT_EQ(link(lower("f").c_str(), lower("g").c_str()), 0);
  mount_writable(GetParam());
  const File reader(at("f"), O_RDONLY);
  ASSERT_EQ(flock(reader.number(), LOCK_EX), 0);
  const File writer(at("g"), O_RDWR);
  EXPECT_EQ(error_of([&] { return flock(writer.number(), LOCK_SH | LOCK_NB); }), EAGAIN);
  in_another_process([this] {
    EXPECT_EQ(error_of([&] { return flock(File(at("f"), O_RDONLY).number(), LOCK_SH | LOCK_NB); }), EAGAIN);
  });
  ASSERT_EQ(flock(reader.number(), LOCK_UN), 0);
  EXPECT_EQ(flock(writer.number(), LOCK_EX | LOCK_NB), 0);
}

TEST_P(Locks, ALeaseOnALowerFileIsBrokenByAWriter) {
  mount_file();
  std::signal(SIGIO, SIG_IGN);
  const File reader(at("f"), O_RDONLY);
  ASSERT_EQ(fcntl(reader.number(), F_SETLEASE, F_RDLCK), 0);
  in_another_process([this] {
    close(open(at("f").c_str(), O_RDONLY));
    EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_WRONLY | O_NONBLOCK); }), EAGAIN);
  });
  EXPECT_EQ(fcntl(reader.number(), F_GETLEASE), F_UNLCK) << "it is being broken";
  ASSERT_EQ(fcntl(reader.number(), F_SETLEASE, F_UNLCK), 0);
  const File writer(at("f"), O_WRONLY | O_NONBLOCK);
  EXPECT_EQ(error_of([&] { return fcntl(reader.number(), F_SETLEASE, F_RDLCK); }), EAGAIN) << "there is a writer";
}

TEST_P(Locks, AWatcherOfALowerFileIsToldOfChangesAfterTheCopyUp) {
  mount_file();
  const int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(watcher, 0);
  ASSERT_GE(inotify_add_watch(watcher, at("f").c_str(), IN_MODIFY | IN_ATTRIB), 0);
  File(at("f"), O_WRONLY).write("C");
  EXPECT_EQ(chmod(at("f").c_str(), 0600), 0);
  inotify_event events[4] = {};
  EXPECT_EQ(read(watcher, events, sizeof events), static_cast<ssize_t>(2 * sizeof(inotify_event)));
  EXPECT_EQ(events[0].mask, static_cast<unsigned>(IN_MODIFY));
  EXPECT_EQ(events[1].mask, static_cast<unsigned>(IN_ATTRIB));
  close(watcher);
}

}  // namespace
}  // namespace ovlspec::fuse
