#include "oracle/inode_stack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {
namespace {

using model::Layering;

Attempt<Done> success() { return {.value = Done{}, .failure = {}}; }
Attempt<Done> refused(const std::string& what) { return {.value = std::nullopt, .failure = system_failure(what)}; }

enum class Kind { kFile, kDirectory, kSymlink };
struct Planted {
  std::string path;
  Kind kind = Kind::kFile;
  std::string link_to = {};  // a hard link to this path of the same layer
};

const std::vector<Planted> kFar = {
    {"lower-directory", Kind::kDirectory},
    {"lower-directory/lower-file"},
    {"lower-directory/lower-symlink", Kind::kSymlink},
    {"lower-directory/lower-nested", Kind::kDirectory},
    {"lower-directory/lower-nested/lower-file"},
    {"lower-file"},
    {"lower-link"},
    {"lower-directory/lower-link", Kind::kFile, "lower-link"},
    {"broken-link"},
    {"lower-rest-of-broken-link", Kind::kFile, "broken-link"},
    {"copied-file"},
    {"copied-symlink", Kind::kSymlink},
    {"copied-directory", Kind::kDirectory},
    {"copied-to-move"},
    {"copied-to-link"},
    {"merged-lowers", Kind::kDirectory},
    {"merged-lowers/lower-file"},
    {"merged-lowers/copied-file"},
    {"merged-by-hand", Kind::kDirectory},
    {"merged-by-hand/lower-file"},
    {"merged-by-hand/lower-directory", Kind::kDirectory},
    {"merged-by-copy-up", Kind::kDirectory},
    {"merged-by-copy-up/lower-file"},
    {"merged-by-copy-up/lower-directory", Kind::kDirectory},
    {"merged-by-copy-up/copied-file"},
    {"merged-by-copy-up/copied-directory", Kind::kDirectory},
    {"merged-by-copy-up/merged-by-copy-up", Kind::kDirectory},
    {"merged-by-copy-up/merged-by-copy-up/copied-file"},
};
const std::vector<Planted> kNear = {
    {"near-directory", Kind::kDirectory},
    {"near-directory/near-file"},
    {"near-directory/near-nested", Kind::kDirectory},
    {"near-file"},
    {"copied-near-file"},
    {"merged-lowers", Kind::kDirectory},
    {"merged-lowers/near-file"},
    {"merged-lowers/near-directory", Kind::kDirectory},
};
const std::vector<Planted> kUpper = {
    {"upper-directory", Kind::kDirectory},
    {"upper-directory/upper-file"},
    {"upper-directory/upper-nested", Kind::kDirectory},
    {"upper-file"},
    {"upper-symlink", Kind::kSymlink},
    {"upper-link"},
    {"upper-directory/upper-link", Kind::kFile, "upper-link"},
    {"merged-by-hand", Kind::kDirectory},
    {"merged-by-hand/upper-file"},
};

const std::vector<std::string> kCopiedUp = {
    "broken-link",
    "copied-file",
    "copied-symlink",
    "copied-directory",
    "copied-to-move",
    "copied-to-link",
    "copied-near-file",
    "merged-lowers/copied-file",
    "merged-by-copy-up/copied-file",
    "merged-by-copy-up/copied-directory",
    "merged-by-copy-up/merged-by-copy-up/copied-file",
};

bool make_object(const std::string& layer, const Planted& planted) {
  const std::string path = layer + "/" + planted.path;
  if (!planted.link_to.empty()) return ::link((layer + "/" + planted.link_to).c_str(), path.c_str()) == 0;
  switch (planted.kind) {
    case Kind::kFile: return Descriptor(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644)).open();
    case Kind::kDirectory: return ::mkdir(path.c_str(), 0755) == 0;
    case Kind::kSymlink: return ::symlink("nowhere", path.c_str()) == 0;
  }
  return false;
}

Attempt<Done> plant(const std::string& layer, const std::vector<Planted>& objects) {
  for (const Planted& planted : objects)
    if (!make_object(layer, planted)) return refused("cannot make " + planted.path + " in a layer");
  return success();
}

bool is_overlay(LowerPlaces lowers) {
  return lowers == LowerPlaces::kOverlay || lowers == LowerPlaces::kExportedOverlay;
}

}  // namespace

// How the numbers overflow: the inner overlay's two file systems and the place that it keeps for an upper take three
// bits, of which it sets the first or the second. The outer overlay, of two file systems, wants the first two.
//
// For persistent numbers the document asks for file handles of all layers. The stack without them is in the rows that
// promise nothing.
const std::vector<InodeSetting> kInodeSettings = {
    {Layering::kSameFileSystem, "one file system", LowerPlaces::kWithUpper, "xino=off"},
    {Layering::kXinoOff, "three file systems, xino=off", LowerPlaces::kApart, "xino=off"},
    {Layering::kXinoOff, "two file systems, xino=off", LowerPlaces::kNearWithUpper, "xino=off"},
    {Layering::kXinoOff, "a lower without file handles, xino=off", LowerPlaces::kOverlay, "xino=off"},
    {Layering::kXino, "three file systems, xino=on", LowerPlaces::kApart, "xino=on"},
    {Layering::kXino, "three file systems, xino=auto", LowerPlaces::kApart, "xino=auto"},
    {Layering::kXino, "two file systems, xino=on", LowerPlaces::kNearWithUpper, "xino=on"},
    {Layering::kXinoOverflow, "overflow, a lower without file handles", LowerPlaces::kOverlay, "xino=on"},
    {Layering::kXinoOverflow, "overflow, a lower with file handles", LowerPlaces::kExportedOverlay, "xino=on"},
};

InodeStack::~InodeStack() {
  while (!mounts_.empty()) (void)unmount();
  if (!base_.empty()) ::rmdir(base_.c_str());
}

Attempt<Done> InodeStack::noted(Attempt<Done> mounted, const std::string& where) {
  if (mounted.ok()) mounts_.push_back(where);
  return mounted;
}

Attempt<Done> InodeStack::unmount() {
  const std::string newest = mounts_.back();
  mounts_.pop_back();
  return unmount_at(newest);
}

Attempt<Done> InodeStack::make_base() {
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  if (error) return {.value = std::nullopt, .failure = {Errno::kENOENT, "there is no directory for temporary files"}};
  std::string path = (temporary / "ovlspec-inodes-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return refused("cannot make the directory " + path);
  base_ = path;
  if (auto mounted = noted(mount_tmpfs(base_), base_); !mounted.ok()) return mounted;
  for (const char* name : {"upper", "work", "near", "far", "inner", "overlay"})
    if (::mkdir(at(name).c_str(), 0755) != 0) return refused("cannot make " + at(name));
  return success();
}

Attempt<Done> InodeStack::make_lowers() {
  if (setting_.lowers != LowerPlaces::kWithUpper)
    if (auto mounted = noted(mount_tmpfs(at("far")), at("far")); !mounted.ok()) return mounted;
  if (setting_.lowers != LowerPlaces::kWithUpper && setting_.lowers != LowerPlaces::kNearWithUpper)
    if (auto mounted = noted(mount_tmpfs(at("near")), at("near")); !mounted.ok()) return mounted;
  if (auto planted = plant(at("far"), kFar); !planted.ok()) return planted;
  return plant(at("near"), kNear);
}

Attempt<Done> InodeStack::make() {
  if (auto made = make_base(); !made.ok()) return made;
  if (auto made = make_lowers(); !made.ok()) return made;
  if (auto planted = plant(at("upper"), kUpper); !planted.ok()) return planted;
  paths_ = {.lowers = {at("near"), at("far")}, .upper = at("upper"), .work = at("work")};
  return is_overlay(setting_.lowers) ? mount_inner() : success();
}

Attempt<Done> InodeStack::mount_inner() {
  const StackPaths inner{.lowers = std::exchange(paths_.lowers, {at("inner")}), .upper = {}, .work = {}};
  const bool exported = setting_.lowers == LowerPlaces::kExportedOverlay;
  const std::vector<std::string> options = {"xino=on", "redirect_dir=nofollow",
                                            exported ? "nfs_export=on" : "nfs_export=off"};
  return noted(mount_overlay(inner, options, at("inner")), at("inner"));
}

Attempt<Done> InodeStack::mount() {
  // All that a kernel's configuration would decide otherwise.
  const std::vector<std::string> options = {std::string(setting_.xino), "index=off", "nfs_export=off",
                                            "redirect_dir=on", "metacopy=off"};
  return noted(mount_overlay(paths_, options, mount_point()), mount_point());
}

Attempt<Done> InodeStack::copy_up() const {
  const auto in_mount = [this](const char* path) { return mount_point() + "/" + path; };
  for (const std::string& path : kCopiedUp)  // any change of times copies up, and there is always one
    if (::utimensat(AT_FDCWD, in_mount(path.c_str()).c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0)
      return refused("cannot copy up " + path);
  if (::rename(in_mount("copied-to-move").c_str(), in_mount("upper-directory/copied-and-moved").c_str()) != 0)
    return refused("cannot move a file that was copied up");
  if (::link(in_mount("copied-to-link").c_str(), in_mount("copied-and-linked").c_str()) != 0)
    return refused("cannot link a file that was copied up");
  return success();
}

}  // namespace ovlspec::oracle
