// The program of mounters without the privilege to mount.
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {
namespace {

class Unprivileged : public Program {
 protected:
  // The device may be root's alone on this machine; everybody's for the time of a test.
  void open_device_to_everybody() {
    const std::string device = root() + "/device";
    ASSERT_EQ(mknod(device.c_str(), S_IFCHR, makedev(10, 229)), 0);
    ASSERT_EQ(chmod(device.c_str(), 0666), 0);
    ASSERT_EQ(::mount(device.c_str(), "/dev/fuse", nullptr, MS_BIND, nullptr), 0);
    device_covered_ = true;
  }
  void SetUp() override {
    Program::SetUp();
    if (!IsSkipped()) copy_program();
  }
  void TearDown() override {
    if (device_covered_) umount2("/dev/fuse", MNT_DETACH);
    Program::TearDown();
  }

 private:
  bool device_covered_ = false;
};

// Runs `action` in a child that is root in a user namespace of its own, where ids from 0 on stand for `ids.size` of the
// machine's from `ids.first` on, as newuidmap gives them. Its exit status is what `action` returns; 99 where there is
// no such namespace.
struct OuterIds {
  unsigned first = 0;
  unsigned size = 1;
};
int in_user_namespace(OuterIds ids, const std::function<int()>& action) {
  std::array<int, 2> apart{};
  std::array<int, 2> mapped{};
  if (pipe(apart.data()) != 0 || pipe(mapped.data()) != 0) return 99;
  const pid_t child = fork();
  char word = 'y';
  if (child == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) word = 'n';
    if (write(apart[1], &word, 1) != 1 || word == 'n' || read(mapped[0], &word, 1) != 1) _exit(99);
    if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) _exit(99);
    _exit(action());
  }
  if (read(apart[0], &word, 1) == 1 && word == 'y') {
    const std::string process = "/proc/" + std::to_string(child);
    std::ofstream(process + "/uid_map") << fmt::format("0 {} {}", ids.first, ids.size);
    std::ofstream(process + "/gid_map") << fmt::format("0 {} {}", ids.first, ids.size);
    EXPECT_EQ(write(mapped[1], &word, 1), 1);
  }
  for (const int end : {apart[0], apart[1], mapped[0], mapped[1]}) close(end);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr int kNoNamespace = 99;

bool has_xattr(const std::string& path, const char* name) { return lgetxattr(path.c_str(), name, nullptr, 0) >= 0; }

// Root only in a user namespace of its own, as container engines run it. Nobody says userxattr: trusted attributes
// cannot be set there.
TEST_F(Unprivileged, MountsInAUserNamespaceWithUserAttributes) {
  ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
  write_file(lower("d/g"), "hidden");
  const int status = in_user_namespace({}, [&] {
    const Ran ran = mount_with(writable_options());
    if (ran.status != 0) fmt::print(stderr, "{}", ran.errors);
    if (ran.status != 0) return 98;
    write_file(at("f"), "changed");
    EXPECT_EQ(read_file(at("f")), "changed");
    EXPECT_EQ(unlink(at("d/g").c_str()), 0);
    EXPECT_EQ(rmdir(at("d").c_str()), 0);
    EXPECT_EQ(mkdir(at("d").c_str(), 0755), 0);
    EXPECT_EQ(names_in(at("d")), std::vector<std::string>{});
    EXPECT_EQ(rename(at("f").c_str(), at("g").c_str()), 0);
    kill_daemons(SIGTERM);
    return HasFailure() ? 97 : 0;
  });
  if (status == kNoNamespace) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(upper("g")) + read_file(lower("f")), "changedlower");
  EXPECT_TRUE(has_xattr(upper("d"), "user.overlay.opaque"));
  EXPECT_FALSE(has_xattr(upper("d"), "trusted.overlay.opaque"));
  const struct stat whiteout = status_of_path(upper("f"));
  EXPECT_TRUE(S_ISCHR(whiteout.st_mode) && whiteout.st_rdev == 0);
}

// A whole range of ids, as rootless container engines have it: owners are given away as by root.
TEST_F(Unprivileged, ChangesOwnersWithinTheIdsOfItsNamespace) {
  constexpr unsigned kFirst = 100'000;
  for (const std::string& path : {root(), lower(""), lower("f"), upper(""), root() + "/work", root() + "/mount"}) {
    ASSERT_EQ(chown(path.c_str(), kFirst, kFirst), 0);
  }
  open_device_to_everybody();
  const int status = in_user_namespace({.first = kFirst, .size = 65'536}, [&] {
    const Ran ran = mount_with(writable_options());
    if (ran.status != 0) fmt::print(stderr, "{}", ran.errors);
    if (ran.status != 0) return 98;
    EXPECT_EQ(chown(at("f").c_str(), 5, 6), 0);
    EXPECT_EQ(status_of_path(at("f")).st_uid, 5U);
    EXPECT_EQ(status_of_path(at("f")).st_gid, 6U);
    EXPECT_EQ(error_of([&] { return chown(at("f").c_str(), 65'536, -1); }), EINVAL);
    EXPECT_EQ(chmod(at("").c_str(), 0777), 0);
    as_user(7, 8, [&] { write_file(at("new"), "new"); });
    EXPECT_EQ(status_of_path(at("new")).st_uid, 7U);
    kill_daemons(SIGTERM);
    return HasFailure() ? 97 : 0;
  });
  if (status == kNoNamespace) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(status_of_path(upper("f")).st_uid, kFirst + 5);
  EXPECT_EQ(status_of_path(upper("new")).st_gid, kFirst + 8);
  EXPECT_EQ(status_of_path(lower("f")).st_uid, kFirst);
}

// Nobody in the namespace owns what others own outside: it is read, and not copied up.
TEST_F(Unprivileged, FilesOfOwnersBeyondTheNamespaceAreNotCopiedUp) {
  constexpr unsigned kFirst = 100'000;
  for (const std::string& path : {root(), lower(""), upper(""), root() + "/work", root() + "/mount"}) {
    ASSERT_EQ(chown(path.c_str(), kFirst, kFirst), 0);
  }
  ASSERT_EQ(chmod(lower("f").c_str(), 04755), 0);
  open_device_to_everybody();
  const int status = in_user_namespace({.first = kFirst, .size = 10}, [&] {
    const Ran ran = mount_with(writable_options());
    if (ran.status != 0) fmt::print(stderr, "{}", ran.errors);
    if (ran.status != 0) return 98;
    EXPECT_EQ(read_file(at("f")), "lower");
    EXPECT_EQ(error_of([&] { return link(at("f").c_str(), at("g").c_str()); }), EOVERFLOW);
    EXPECT_EQ(error_of([&] { return rename(at("f").c_str(), at("g").c_str()); }), EOVERFLOW);
    write_file(at("new"), "new");
    EXPECT_EQ(names_in(at("")), (std::vector<std::string>{"f", "new"}));
    kill_daemons(SIGTERM);
    return HasFailure() ? 97 : 0;
  });
  if (status == kNoNamespace) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(names_in(upper("")), std::vector<std::string>{"new"});
  EXPECT_EQ(names_in(root() + "/work/work"), std::vector<std::string>{});
}

TEST_F(Unprivileged, LowersThatMayNotBeReadAnswerWithEaccesAndTheRestServes) {
  constexpr unsigned kFirst = 100'000;
  for (const std::string& path : {root(), lower(""), lower("f"), upper(""), root() + "/work", root() + "/mount"}) {
    ASSERT_EQ(chown(path.c_str(), kFirst, kFirst), 0);
  }
  ASSERT_EQ(mkdir(lower("closed").c_str(), 0700), 0);
  write_file(lower("closed/file"), "closed");
  write_file(lower("secret"), "closed", 0600);
  open_device_to_everybody();
  const int status = in_user_namespace({.first = kFirst, .size = 65'536}, [&] {
    const Ran ran = mount_with(writable_options());
    if (ran.status != 0) fmt::print(stderr, "{}", ran.errors);
    if (ran.status != 0) return 98;
    EXPECT_EQ(names_in(at("")), (std::vector<std::string>{"closed", "f", "secret"}));
    EXPECT_EQ(error_of([&] { return open(at("closed").c_str(), O_RDONLY | O_DIRECTORY); }), EACCES);
    EXPECT_EQ(error_of([&] { return access(at("closed/file").c_str(), F_OK); }), EACCES);
    EXPECT_EQ(error_of([&] { return mkdir(at("closed/new").c_str(), 0755); }), EACCES);
    EXPECT_EQ(error_of([&] { return open(at("secret").c_str(), O_RDONLY); }), EACCES);
    EXPECT_EQ(error_of([&] { return open(at("secret").c_str(), O_WRONLY); }), EACCES);
    EXPECT_EQ(error_of([&] { return link(at("secret").c_str(), at("linked").c_str()); }), EACCES);
    write_file(at("f"), "changed");
    EXPECT_EQ(daemons().size(), 1U);
    kill_daemons(SIGTERM);
    return HasFailure() ? 97 : 0;
  });
  if (status == kNoNamespace) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(names_in(upper("")), std::vector<std::string>{"f"});
}

// A user who may change files' owners and modes, but not mount: fusermount3 mounts, and the mount is the user's alone.
TEST_F(Unprivileged, MountsWithFusermount) {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr || system("command -v fusermount3 >/dev/null && command -v setpriv >/dev/null") != 0) {
    GTEST_SKIP() << "fusermount3, setpriv or the user nobody is missing";
  }
  if (::access("/etc/mtab", R_OK) != 0) GTEST_SKIP() << "there is no /etc/mtab, by which fusermount3 unmounts";
  open_device_to_everybody();
  for (const char* name : {"upper", "work", "mount"}) {
    ASSERT_EQ(chown((root() + "/" + name).c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
  const std::string capabilities = "-all,+chown,+dac_override,+fowner,+fsetid,+setuid,+setgid";
  const Ran ran =
      run({"setpriv", "--reuid=" + std::to_string(nobody->pw_uid), "--regid=" + std::to_string(nobody->pw_gid),
           "--clear-groups", "--inh-caps=" + capabilities, "--ambient-caps=" + capabilities, program(), "none",
           root() + "/mount", "-o", writable_options(",userxattr")});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_NE(read_file("/proc/self/mounts").find("none " + root() + "/mount fuse.fuse-ovlspec rw,nosuid,nodev"),
            std::string::npos);
  EXPECT_EQ(error_of([&] { return access(at("f").c_str(), F_OK); }), EACCES) << "the mount is not for root";

  const pid_t child = fork();
  if (child == 0) {
    if (setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) != 0) _exit(99);
    if (setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0) _exit(99);
    write_file(at("g"), "made");
    _exit(!HasFailure() && read_file(at("f")) == "lower" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(read_file(upper("g")), "made");
  kill_daemons(SIGTERM);
  EXPECT_FALSE(is_mounted());
}

}  // namespace
}  // namespace ovlspec::fuse
