// The program as it is run: by hand, as a mount helper, killed, and given nonsense.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

// What became of a run.
struct Ran {
  int status = -1;                  // exit status; -1 for a signal
  std::string output;
  std::string errors;
};

// Starts `arguments` with its outputs in files; the child's pid.
pid_t start(const Arguments& arguments, const std::string& output, const std::string& errors) {
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
  dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

class Program : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (!IsSkipped()) write_file(lower("f"), "lower");
  }

  void TearDown() override {
    if (!root().empty()) kill_daemons(SIGKILL);
    MountTest::TearDown();
  }

  Ran run(const Arguments& arguments) {
    const std::string output = root() + "/output";
    const std::string errors = root() + "/errors";
    int status = 0;
    EXPECT_GT(waitpid(start(arguments, output, errors), &status, 0), 0);
    return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .output = read_file(output),
            .errors = read_file(errors)};
  }

  Ran mount_with(const std::string& options) {
    return run({FUSE_OVLSPEC_PROGRAM, "none", root() + "/mount", "-o", options});
  }

  // The daemons that serve this test's mount point.
  std::vector<pid_t> daemons() const {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(entry.path() / "cmdline");
      const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      const bool ours = line.find("fuse-ovlspec") != std::string::npos;
      if (ours && line.find(root() + "/mount") != std::string::npos) found.push_back(std::stoi(name));
    }
    return found;
  }
  void kill_daemons(int signal) const {
    for (const pid_t daemon : daemons()) kill(daemon, signal);
    EXPECT_TRUE(eventually([&] { return daemons().empty(); }));
  }

  bool is_mounted() const { return is_mount_point(root() + "/mount"); }
};

// Every path below `directory` with its size, mode and content.
std::map<std::string, std::string> image(const std::string& directory) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    const struct stat status = status_of_path(path);
    found[path] = std::to_string(status.st_mode) + ":" + (S_ISREG(status.st_mode) ? read_file(path) : "");
  }
  return found;
}

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
      EXPECT_TRUE(entry.is_directory()) << entry.path();
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

TEST_F(Program, AfterAKillTheNextMountOnTheSamePlaceSucceeds) {
  ASSERT_EQ(mount_with(writable_options()).status, 0);
  write_file(at("f"), "changed");
  write_file(at("g"), "new");
  kill_daemons(SIGKILL);
  const int dead = error_of([&] { return access(at("f").c_str(), F_OK); });
  EXPECT_TRUE(dead == ENOTCONN || dead == ECONNABORTED) << dead;
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
  if (::mount(directory.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0) GTEST_SKIP() << "there is no " << place;
  const Ran ran = run({"mount", "-t", "fuse.fuse-ovlspec", "none", root() + "/mount", "-o",
                       writable_options(",noatime")});
  umount2(place.c_str(), MNT_DETACH);
  ASSERT_EQ(ran.status, 0) << ran.errors;
  const std::string mounts = read_file("/proc/self/mounts");
  EXPECT_NE(mounts.find("none " + root() + "/mount fuse.fuse-ovlspec rw,noatime"), std::string::npos) << mounts;
  EXPECT_EQ(read_file(at("f")), "lower");
}

TEST_F(Program, EscapedCharactersOfLayerNamesReachTheLayers) {
  const std::string odd = root() + R"(/a:b,c\d)";
  ASSERT_EQ(mkdir(odd.c_str(), 0755), 0);
  write_file(odd + "/x", "odd");
  const Ran ran = mount_with("lowerdir=" + root() + R"(/a\:b\,c\\d:)" + root() + "/lower");
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(read_file(at("x")) + read_file(at("f")), "oddlower");
}

TEST_F(Program, BadInputIsOneLineAndNeitherMountedNorWritten) {
  const std::string base = "lowerdir=" + lower("");
  const std::vector<std::tuple<std::string, int, std::string>> table = {
      {"lowerdir=/missing", 1, "lowerdir \"/missing\": No such file or directory"},
      {"lowerdir=" + lower("f"), 1, "lowerdir \"" + lower("f") + "\": Not a directory"},
      {base + ",upperdir=" + root() + "/upper", 2, "upperdir is given without workdir"},
      {base + ",metacopy=on", 2, "unknown option \"metacopy=on\""},
      {base + ",identity=upfront", 2, "option \"identity=upfront\" is not available yet"},
      {base + ":" + root(), 1, "lowerdir \"" + lower("") + "\" lies inside lowerdir \"" + root() + "\""},
      {base + ",upperdir=" + upper("") + ",workdir=/dev", 1,
       "workdir \"/dev\" is on another file system than upperdir \"" + upper("") + "\""},
      {base + ",upperdir=" + root() + "/upper,workdir=" + root() + "/upper", 1,
       "upperdir \"" + root() + "/upper\" and workdir \"" + root() + "/upper\" are the same directory"},
  };
  const std::map<std::string, std::string> before = image(root());
  for (const auto& [options, status, message] : table) {
    const Ran ran = mount_with(options);
    EXPECT_EQ(ran.status, status) << options;
    EXPECT_EQ(ran.errors, "fuse-ovlspec: " + message + "\n") << options;
    EXPECT_FALSE(is_mounted()) << options;
    fs::remove(root() + "/output");
    fs::remove(root() + "/errors");
    EXPECT_EQ(image(root()), before) << options;
  }
}

TEST_F(Program, AMissingMountPointIsNamed) {
  const Ran ran = run({FUSE_OVLSPEC_PROGRAM, root() + "/missing", "-o", writable_options()});
  EXPECT_EQ(ran.status, kExitFailure);
  EXPECT_EQ(ran.errors, "fuse-ovlspec: mount point \"" + root() + "/missing\": No such file or directory\n");
  EXPECT_TRUE(fs::is_empty(root() + "/work"));
}

TEST_F(Program, PrintsItsVersion) {
  const Ran ran = run({FUSE_OVLSPEC_PROGRAM, "-V"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "fuse-ovlspec 0.1.0\n");
}

class SmallDisk : public Program {
 protected:
  static constexpr std::size_t kSize = 1U << 20;

  void SetUp() override {
    Program::SetUp();
    if (IsSkipped()) return;
    write_file(lower("large"), std::string(2 * kSize, 'l'));
    ASSERT_EQ(mkdir((root() + "/small").c_str(), 0755), 0);
    ASSERT_EQ(::mount("small", (root() + "/small").c_str(), "tmpfs", 0, "size=1m"), 0);
    ASSERT_EQ(mkdir((root() + "/small/upper").c_str(), 0755), 0);
    ASSERT_EQ(mkdir((root() + "/small/work").c_str(), 0755), 0);
    const Ran ran = mount_with(read_only_options() + ",upperdir=" + root() + "/small/upper,workdir=" + root() +
                               "/small/work");
    ASSERT_EQ(ran.status, 0) << ran.errors;
  }

  void TearDown() override {
    kill_daemons(SIGTERM);
    umount2((root() + "/small").c_str(), MNT_DETACH);
    Program::TearDown();
  }
};

TEST_F(SmallDisk, ACopyUpThatDoesNotFitFailsAndLeavesNothing) {
  EXPECT_EQ(error_of([&] { return open(at("large").c_str(), O_WRONLY); }), ENOSPC);
  EXPECT_EQ(error_of([&] { return chmod(at("large").c_str(), 0600); }), ENOSPC);
  EXPECT_EQ(status_of_path(at("large")).st_mode & 07777U, 0644U);
  EXPECT_TRUE(read_file(at("large")) == std::string(2 * kSize, 'l'));
  EXPECT_TRUE(read_file(lower("large")) == std::string(2 * kSize, 'l'));
  EXPECT_TRUE(fs::is_empty(root() + "/small/upper"));
  // What fits still fits.
  write_file(at("f"), "changed");
  EXPECT_EQ(read_file(at("f")), "changed");
}

TEST_F(SmallDisk, AWriteThatDoesNotFitFailsWithoutHarmToOthers) {
  write_file(at("kept"), "kept");
  const int file = open(at("full").c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_GE(file, 0);
  const std::string block(64U << 10, 'x');
  int error = 0;
  for (int i = 0; i < 40 && error == 0; ++i) error = error_of([&] { return write(file, block.data(), block.size()); });
  EXPECT_EQ(error, ENOSPC);
  close(file);
  EXPECT_EQ(read_file(at("kept")) + read_file(at("f")), "keptlower");
  EXPECT_EQ(unlink(at("full").c_str()), 0);
  write_file(at("f"), "changed");
  EXPECT_EQ(read_file(at("f")), "changed");
  EXPECT_EQ(read_file(lower("f")), "lower");
}

// A mounter without privilege: root only in a user namespace of its own, as container engines run it.
TEST_F(Program, MountsInAUserNamespaceWithUserAttributes) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(99);
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 0 1";
    std::ofstream("/proc/self/gid_map") << "0 0 1";
    const Ran ran = mount_with(writable_options(",userxattr"));
    if (ran.status != 0) {
      fmt::print(stderr, "{}", ran.errors);
      _exit(98);
    }
    write_file(at("f"), "changed");
    const bool right = read_file(at("f")) == "changed" && read_file(upper("f")) == "changed" &&
                       read_file(lower("f")) == "lower";
    kill_daemons(SIGTERM);
    _exit(right && !HasFailure() ? 0 : 97);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 99) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ovlspec::fuse
