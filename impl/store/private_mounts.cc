#include "impl/store/private_mounts.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "impl/store/store_contract.h"

namespace ovlspec::impl {

void PrivateMounts::SetUp() {
  path_ = temporary_directory() + "/mounts.XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) return refuse("mkdtemp");
  if (unshare(CLONE_NEWNS) != 0) return refuse("unshare");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refuse("making / private");
  if (mount("tmpfs", path_.c_str(), "tmpfs", 0, "mode=755") != 0) return refuse("mounting tmpfs");
  mounted_ = true;
}

void PrivateMounts::TearDown() {
  if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  rmdir(path_.c_str());
}

void PrivateMounts::refuse(const std::string& what) { reason_ = what + ": " + std::strerror(errno); }

PrivateMounts& mounts() {
  static auto* const environment = new PrivateMounts;  // owned by GoogleTest
  return *environment;
}

namespace {
const auto* const kRegistered = ::testing::AddGlobalTestEnvironment(&mounts());
}  // namespace

}  // namespace ovlspec::impl
