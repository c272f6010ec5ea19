// The program of mounters without the privilege to mount.
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {
namespace {

class Unprivileged : public Program {};

// Root only in a user namespace of its own, as container engines run it.
TEST_F(Unprivileged, MountsInAUserNamespaceWithUserAttributes) {
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
    const bool right =
        read_file(at("f")) == "changed" && read_file(upper("f")) == "changed" && read_file(lower("f")) == "lower";
    kill_daemons(SIGTERM);
    _exit(right && !HasFailure() ? 0 : 97);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 99) GTEST_SKIP() << "no user namespaces for this process";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// A user who may change files' owners and modes, but not mount: fusermount3 mounts, and the mount is the user's alone.
TEST_F(Unprivileged, MountsWithFusermount) {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr || system("command -v fusermount3 >/dev/null && command -v setpriv >/dev/null") != 0) {
    GTEST_SKIP() << "fusermount3, setpriv or the user nobody is missing";
  }
  if (::access("/etc/mtab", R_OK) != 0) GTEST_SKIP() << "there is no /etc/mtab, by which fusermount3 unmounts";
  // The device may be root's alone on this machine.
  const std::string device = root() + "/device";
  ASSERT_EQ(mknod(device.c_str(), S_IFCHR, makedev(10, 229)), 0);
  ASSERT_EQ(chmod(device.c_str(), 0666), 0);
  ASSERT_EQ(::mount(device.c_str(), "/dev/fuse", nullptr, MS_BIND, nullptr), 0);
  for (const char* name : {"upper", "work", "mount"}) {
    ASSERT_EQ(chown((root() + "/" + name).c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
  const std::string capabilities = "-all,+chown,+dac_override,+fowner,+fsetid,+setuid,+setgid";
  const Ran ran =
      run({"setpriv", "--reuid=" + std::to_string(nobody->pw_uid), "--regid=" + std::to_string(nobody->pw_gid),
           "--clear-groups", "--inh-caps=" + capabilities, "--ambient-caps=" + capabilities, FUSE_OVLSPEC_PROGRAM,
           "none", root() + "/mount", "-o", writable_options(",userxattr")});
  umount2("/dev/fuse", MNT_DETACH);
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
