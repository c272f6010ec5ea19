// Layers that somebody made to do harm: the mount shows an object or an errno, serves on, and leads nowhere else.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "impl/fuse/hostile_fixture.h"

namespace ovlspec::fuse {
namespace {

using Names = std::vector<std::string>;

void make_socket(const std::string& directory, const std::string& name) {
  const int place = open(directory.c_str(), O_PATH | O_CLOEXEC);
  ASSERT_GE(place, 0);
  const std::string path = "/proc/self/fd/" + std::to_string(place) + "/" + name;  // longer ones do not fit
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
  close(made);
  close(place);
}

// Whiteouts that are files: what has such a name counts, whatever it is.
TEST_F(HostileLayer, WhiteoutNamesOfAnyTypeHideTheNameAndNothingElse) {
  for (const char* name : {"a", "b", "c", "d", "e"}) write_file(deeper(name), "below");
  ASSERT_EQ(mkdir(lower(".wh.a").c_str(), 0755), 0);
  write_file(lower(".wh.a/inside"), "inside");
  ASSERT_EQ(symlink(secret("file").c_str(), lower(".wh.b").c_str()), 0);
  ASSERT_EQ(mkfifo(lower(".wh.c").c_str(), 0666), 0);
  make_socket(lower(""), ".wh.d");
  write_file(lower(".wh."), "nothing behind the prefix");
  ASSERT_EQ(mkdir(lower(".wh..wh.").c_str(), 0755), 0);
  serve(",whiteouts=files");
  EXPECT_EQ(names_in(at("")), (Names{"e", "f"}));
  for (const char* name : {"a", "b", "c", "d", ".wh.", ".wh.a", ".wh.a/inside", ".wh..wh."}) {
    EXPECT_EQ(error_of([&] { return access(at(name).c_str(), F_OK); }), ENOENT) << name;
  }
  expect_harmless();
  write_file(at("a"), "again");
  EXPECT_EQ(mkdir(at("b").c_str(), 0755), 0);
  serve_again(",whiteouts=files");
  EXPECT_EQ(walk(), (Walked{{"a", "again"}, {"b", ""}, {"e", "below"}, {"f", "lower"}}));
}

TEST_F(HostileLayer, OpaqueMarksOfAnyTypeHideWhatLiesBelow) {
  for (const std::string& name : {std::string("x"), std::string("y"), std::string("z")}) {
    ASSERT_EQ(mkdir(deeper(name).c_str(), 0755), 0);
    write_file(deeper(name + "/below"), "below");
    ASSERT_EQ(mkdir(lower(name).c_str(), 0755), 0);
  }
  ASSERT_EQ(mkdir(lower("x/.wh..wh..opq").c_str(), 0755), 0);
  ASSERT_EQ(symlink(secret("").c_str(), lower("y/.wh..wh..opq").c_str()), 0);
  ASSERT_EQ(mkfifo(lower("z/.wh..wh..opq").c_str(), 0666), 0);
  serve(",whiteouts=files");
  EXPECT_EQ(walk(), (Walked{{"f", "lower"}, {"x", ""}, {"y", ""}, {"z", ""}}));
  expect_harmless();
}

// Names that leave no room for the prefix of a whiteout's name.
TEST_F(HostileLayer, NamesOfTheGreatestLengthAreOrdinaryOnes) {
  const std::string long_name(255, 'n');
  const std::string no_prefix(252, 'p');
  write_file(deeper(long_name), "long");
  write_file(deeper(no_prefix), "too long with a prefix");
  write_file(lower(".wh." + std::string(251, 'q')), "");
  write_file(deeper(std::string(251, 'q')), "hidden");
  serve(",whiteouts=files");
  EXPECT_EQ(walk(), (Walked{{"f", "lower"}, {long_name, "long"}, {no_prefix, "too long with a prefix"}}));
  EXPECT_EQ(error_of([&] { return access(at(std::string(256, 'x')).c_str(), F_OK); }), ENAMETOOLONG);
  EXPECT_EQ(unlink(at(long_name).c_str()), 0);
  EXPECT_EQ(rename(at(no_prefix).c_str(), at(std::string(251, 'q')).c_str()), 0);
  serve_again(",whiteouts=files");
  EXPECT_EQ(walk(), (Walked{{"f", "lower"}, {std::string(251, 'q'), "too long with a prefix"}}));
  expect_harmless();
}

// What lies at a name in one layer is another thing in the next.
TEST_F(HostileLayer, ObjectsThatCannotBeOpenedWhereFilesAreExpectedBlockNobody) {
  for (const char* name : {"fifo", "socket", "device", "loop"}) {
    ASSERT_EQ(mkdir(deeper(name).c_str(), 0755), 0);
    write_file(deeper(std::string(name) + "/below"), "below");
  }
  ASSERT_EQ(mkfifo(lower("fifo").c_str(), 0666), 0);
  make_socket(lower(""), "socket");
  ASSERT_EQ(mknod(lower("device").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  ASSERT_EQ(symlink("loop", lower("loop").c_str()), 0);
  ASSERT_EQ(symlink(secret("").c_str(), lower("out").c_str()), 0);
  serve();
  EXPECT_EQ(
      walk(),
      (Walked{{"device", "c"}, {"f", "lower"}, {"fifo", "p"}, {"loop", "loop"}, {"out", secret("")}, {"socket", "s"}}));
  EXPECT_EQ(error_of([&] { return open(at("fifo").c_str(), O_WRONLY | O_NONBLOCK); }), ENXIO);
  EXPECT_EQ(error_of([&] { return open(at("socket").c_str(), O_RDONLY); }), ENXIO);
  EXPECT_EQ(error_of([&] { return open(at("loop").c_str(), O_RDONLY); }), ELOOP);
  EXPECT_EQ(error_of([&] { return open(at("fifo/below").c_str(), O_RDONLY); }), ENOTDIR);
  EXPECT_EQ(error_of([&] { return truncate(at("fifo").c_str(), 0); }), EINVAL);
  // Copied up, each is what it was.
  for (const char* name : {"fifo", "socket", "device", "loop", "out"}) {
    EXPECT_EQ(lchown(at(name).c_str(), 1, 1), 0) << name << ": " << std::strerror(errno);
    EXPECT_EQ(link(at(name).c_str(), at(std::string(name) + "2").c_str()), 0) << name;
  }
  serve_again();
  EXPECT_EQ(walk(), (Walked{{"device", "c"},
                            {"device2", "c"},
                            {"f", "lower"},
                            {"fifo", "p"},
                            {"fifo2", "p"},
                            {"loop", "loop"},
                            {"loop2", "loop"},
                            {"out", secret("")},
                            {"out2", secret("")},
                            {"socket", "s"},
                            {"socket2", "s"}}));
  expect_harmless();
}

// In the work directory nothing but our own files is expected; anything may lie there.
TEST_F(HostileLayer, WorkDirectoriesWithOtherThingsAtOurNamesAreCleaned) {
  const std::string work = root() + "/work/";
  const auto linked = [&] { return symlink(secret("").c_str(), (work + "work").c_str()); };
  ASSERT_EQ(link(lower("f").c_str(), lower("f2").c_str()), 0);
  for (int round = 0; round < 3; ++round) {
    for (const char* name : {"work", "index", "claims"}) {
      const std::string removing = "rm -rf " + work + name;
      ASSERT_EQ(system(removing.c_str()), 0);
    }
    if (round == 0) {
      ASSERT_EQ(linked(), 0);
      ASSERT_EQ(symlink(secret("").c_str(), (work + "index").c_str()), 0);
      ASSERT_EQ(symlink(secret("file").c_str(), (work + "claims").c_str()), 0);
    } else if (round == 1) {
      for (const char* name : {"work", "index", "claims"}) ASSERT_EQ(mkfifo((work + name).c_str(), 0666), 0);
    } else {
      write_file(work + "work", "file");
      write_file(work + "index", "file");
      ASSERT_EQ(mkdir((work + "claims").c_str(), 0755), 0);
      write_file(work + "claims/inside", "file");
    }
    serve();
    EXPECT_EQ(chmod(at("f").c_str(), 0600 + round), 0) << round << ": " << std::strerror(errno);
    EXPECT_EQ(status_of_path(at("f2")).st_mode & 0777U, 0600U + static_cast<unsigned>(round));
    expect_harmless();
    kill_daemons(SIGTERM);
    EXPECT_EQ(read_file(secret("file")), kSecret);
    EXPECT_EQ(names_in(root() + "/secret"), Names{"file"});
  }
}

TEST_F(HostileLayer, LeftoversOfAnyDepthInTheWorkDirectoryGo) {
  constexpr int kDepth = 20'000;
  ASSERT_EQ(mkdir((root() + "/work/work").c_str(), 0755), 0);
  int place = open((root() + "/work/work").c_str(), O_PATH | O_CLOEXEC);
  for (int depth = 0; depth < kDepth; ++depth) {
    ASSERT_EQ(mkdirat(place, "d", 0755), 0);
    const int below = openat(place, "d", O_PATH | O_CLOEXEC);
    close(place);
    place = below;
  }
  close(place);
  serve();
  EXPECT_EQ(names_in(root() + "/work/work"), Names{});
  expect_harmless();
}

}  // namespace
}  // namespace ovlspec::fuse
