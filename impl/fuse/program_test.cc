// The program as it is run: by hand, as a mount helper, stopped and killed.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;

TEST_F(Program, TheMountIsUsableOnceTheParentExits) {
  const Ran ran = mount_with(writable_options());
  EXPECT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(ran.output + ran.errors, "");
  EXPECT_TRUE(is_mounted());
  EXPECT_EQ(read_file(at("f")), "lower");
  write_file(at("g"), "new");
  EXPECT_EQ(read_file(upper("g")), "new");
  EXPECT_EQ(daemons().size(), 1U);
}

TEST_F(Program, SignalsUnmountAndLeaveTheWorkDirectoryClean) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ASSERT_EQ(mount_with(writable_options()).status, 0);
    write_file(at("f"), std::to_string(signal));
    kill_daemons(signal);
    EXPECT_FALSE(is_mounted()) << signal;
    EXPECT_EQ(read_file(upper("f")), std::to_string(signal));
    for (const auto& entry : fs::recursive_directory_iterator(root() + "/work")) {
      EXPECT_TRUE(entry.is_directory() || entry.path().filename() == "claims") << entry.path();
    }
  }
}

TEST_F(Program, ASignalUnmountsThoughAFileIsOpen) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  const int file = open(at("f").c_str(), O_RDONLY);
  ASSERT_GE(file, 0);
  kill_daemons(SIGTERM);
  EXPECT_FALSE(is_mounted());
  close(file);
}

TEST_F(Program, TheDaemonEndsOnceSomebodyUnmounts) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  EXPECT_EQ(umount((root() + "/mount").c_str()), 0);
  EXPECT_TRUE(eventually([&] { return daemons().empty(); }));
}

TEST_F(Program, WhoHasAnAnswerCanUnmount) {
  for (int i = 0; i < 50; ++i) {
    const std::string point = root() + "/mount";
    const pid_t server =
        start({program(), "-f", point, "-o", writable_options()}, root() + "/output", root() + "/errors");
    struct statfs status {};
    while (!is_mounted()) std::this_thread::yield();
    EXPECT_EQ(statfs(point.c_str(), &status), 0);
    ASSERT_EQ(error_of([&] { return umount2(point.c_str(), 0); }), 0) << i;
    int ended = -1;
    EXPECT_EQ(waitpid(server, &ended, 0), server);
    EXPECT_EQ(ended, 0);
  }
}

TEST_F(Program, AfterAKillTheNextMountOnTheSamePlaceSucceeds) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  write_file(at("f"), "changed");
  write_file(at("g"), "new");
  kill_daemons(SIGKILL);
  const int dead = error_of([&] { return access(at("f").c_str(), F_OK); });
  // ECANCELED: over io_uring.
  EXPECT_TRUE(dead == ENOTCONN || dead == ECONNABORTED || dead == ECANCELED) << dead;
  EXPECT_EQ(read_file(lower("f")), "lower");
  const Ran again = mount_with(writable_options());
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(read_file(at("f")) + read_file(at("g")), "changednew");
  EXPECT_EQ(names_in(at("")), (std::vector<std::string>{"f", "g"}));
}

TEST_F(Program, ASecondMountOfTheSameUpperIsRefused) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  ASSERT_EQ(mkdir((root() + "/second").c_str(), 0755), 0);
  const Ran second = run({FUSE_OVLSPEC_PROGRAM, root() + "/second", "-o", writable_options()});
  EXPECT_EQ(second.status, kExitFailure);
  EXPECT_EQ(second.errors, "fuse-ovlspec: upperdir \"" + root() + "/upper\" is in use by another mount\n");
  EXPECT_EQ(read_file(at("f")), "lower");
}

TEST_F(Program, ServesInTheForegroundUntilASignal) {
  const pid_t child =
      start({FUSE_OVLSPEC_PROGRAM, "-f", "-s", root() + "/mount", "-o", writable_options()}, "/dev/null", "/dev/null");
  ASSERT_TRUE(eventually([&] { return is_mounted() && access(at("f").c_str(), F_OK) == 0; }));
  EXPECT_EQ(read_file(at("f")), "lower");
  kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(is_mounted());
}

// mount(8) runs fuse3's mount.fuse3, which looks for the program of the subtype in the system's own directories; one of
// them is the program's here.
TEST_F(Program, MountFindsItByItsType) {
  const std::string place = "/usr/local/sbin";
  const std::string directory = fs::path(FUSE_OVLSPEC_PROGRAM).parent_path();
  if (system("command -v mount.fuse3 >/dev/null") != 0) GTEST_SKIP() << "mount.fuse3 is not installed";
  if (::mount(directory.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "there is no " << place;
  const Ran ran =
      run({"mount", "-t", "fuse.fuse-ovlspec", "none", root() + "/mount", "-o", writable_options(",noatime")});
  umount2(place.c_str(), MNT_DETACH);
  ASSERT_EQ(ran.status, 0) << ran.errors;
  const std::string mounts = read_file("/proc/self/mounts");
  EXPECT_NE(mounts.find("none " + root() + "/mount fuse.fuse-ovlspec rw,noatime"), std::string::npos) << mounts;
  EXPECT_EQ(read_file(at("f")), "lower");
}

// As container engines call it for a volume.
TEST_F(Program, APrivateMountHasNoPeers) {
  ASSERT_EQ(::mount(nullptr, root().c_str(), nullptr, MS_SHARED, nullptr), 0);
  const Ran ran = run({FUSE_OVLSPEC_PROGRAM, "-o", writable_options(",private"), root() + "/mount"});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  std::istringstream mounts(read_file("/proc/self/mountinfo"));
  std::string line;
  while (std::getline(mounts, line) && line.find(" " + root() + "/mount ") == std::string::npos) {
  }
  EXPECT_NE(line.find(root() + "/mount rw"), std::string::npos) << line;
  EXPECT_EQ(line.find("shared:"), std::string::npos) << line;
}

TEST_F(Program, EscapedCharactersOfLayerNamesReachTheLayers) {
  const std::string odd = root() + R"(/a:b,c\d)";
  ASSERT_EQ(mkdir(odd.c_str(), 0755), 0);
  write_file(odd + "/x", "odd");
  const Ran ran = mount_with("lowerdir=" + root() + R"(/a\:b\,c\\d:)" + root() + "/lower");
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(read_file(at("x")) + read_file(at("f")), "oddlower");
}

TEST_F(Program, HasNoCapabilityThatAMountDoesNotNeed) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  ASSERT_EQ(daemons().size(), 1U);
  std::istringstream status(read_file("/proc/" + std::to_string(daemons().front()) + "/status"));
  // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SETGID, SETUID, LINUX_IMMUTABLE, SYS_ADMIN, SYS_RESOURCE,
  // MKNOD, SETFCAP, MAC_ADMIN
  constexpr std::uint64_t kNeeded = 0x2892002df;
  int sets = 0;
  for (std::string word, value; status >> word;) {
    if (word != "CapEff:" && word != "CapPrm:" && word != "CapInh:" && word != "CapBnd:") continue;
    status >> value;
    EXPECT_EQ(std::stoull(value, nullptr, 16) & ~kNeeded, 0U) << word << value;
    ++sets;
  }
  EXPECT_EQ(sets, 4);
}

TEST_F(Program, PrintsItsVersion) {
  const Ran ran = run({FUSE_OVLSPEC_PROGRAM, "-V"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "fuse-ovlspec 0.1.0\n");
}

}  // namespace
}  // namespace ovlspec::fuse
