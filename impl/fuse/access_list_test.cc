// POSIX access control lists: what they permit, what new objects inherit, what a copy up keeps. The same deeds are done
// on the kernel's overlay of the same layers, and must have the same outcomes.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "impl/fuse/file_fixture.h"
#include "impl/fuse/mount_fixture.h"

namespace ovlspec::fuse {
namespace {

constexpr const char* kAccess = "system.posix_acl_access";
constexpr const char* kDefault = "system.posix_acl_default";
constexpr uid_t kFriend = 1234;    // whom lists name
constexpr uid_t kStranger = 4321;  // whom none names
constexpr uid_t kOwner = 1000;

// The bytes of a list: entries in the order of the file format.
class List {
 public:
  List() : bytes_("\2\0\0\0", 4) {}
  List& owner(int permissions) { return add(0x01, permissions, ~0U); }
  List& user(uid_t id, int permissions) { return add(0x02, permissions, id); }
  List& owning_group(int permissions) { return add(0x04, permissions, ~0U); }
  List& group(gid_t id, int permissions) { return add(0x08, permissions, id); }
  List& mask(int permissions) { return add(0x10, permissions, ~0U); }
  List& other(int permissions) { return add(0x20, permissions, ~0U); }
  const std::string& bytes() const { return bytes_; }

 private:
  List& add(unsigned tag, int permissions, unsigned id) {
    bytes_ += static_cast<char>(tag);
    bytes_ += '\0';
    bytes_ += static_cast<char>(permissions);
    bytes_ += '\0';
    for (int i = 0; i < 4; ++i) bytes_ += static_cast<char>(id >> (8 * i));
    return *this;
  }
  std::string bytes_;
};

List for_a_friend() { return List().owner(7).user(kFriend, 7).owning_group(5).mask(7).other(0); }

long set_list(const std::string& path, const char* name, const List& list) {
  return setxattr(path.c_str(), name, list.bytes().data(), list.bytes().size(), 0);
}

std::string list_of(const std::string& path, const char* name) {
  std::string bytes(4096, '\0');
  const ssize_t size = lgetxattr(path.c_str(), name, bytes.data(), bytes.size());
  if (size < 0) return "-";
  std::string text;
  for (ssize_t i = 4; i + 8 <= size; i += 8) {
    std::uint32_t id = 0;
    std::memcpy(&id, bytes.data() + i + 4, sizeof id);
    text += std::to_string(bytes[i]) + ":" + std::to_string(static_cast<int>(id)) + ":" + std::to_string(bytes[i + 2]);
    text += " ";
  }
  return text;
}

// What is done below one directory, and how it went.
class Deeds {
 public:
  explicit Deeds(std::string root) : root_(std::move(root)) {}

  std::string at(const std::string& name) const { return root_ + "/" + name; }
  void note(const std::string& what, const std::function<long()>& call) {
    const int error = error_of(call);
    text_ += what + ": " + (error == 0 ? "done" : std::strerror(error)) + "\n";
  }
  // What each of three users may do with a file or a directory.
  void note_access(const std::string& name) {
    for (const uid_t user : {kOwner, kFriend, kStranger}) {
      as_user(user, user, [&] {
        for (const int how : {R_OK, W_OK, X_OK}) {
          const std::string what = name + " access " + std::to_string(how) + " of " + std::to_string(user);
          note(what, [&] { return faccessat(AT_FDCWD, at(name).c_str(), how, AT_EACCESS); });
        }
        note(name + " opened by " + std::to_string(user), [&] { return opened(name, O_RDONLY); });
      });
    }
  }
  long opened(const std::string& name, int flags, mode_t mode = 0) const {
    const int file = open(at(name).c_str(), flags, mode);
    if (file >= 0) close(file);
    return file;
  }
  // Every object, with owner, mode and lists.
  void note_tree() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
      const struct stat status = status_of_path(path);
      char line[64];
      std::snprintf(line, sizeof line, " %o %u:%u ", status.st_mode, status.st_uid, status.st_gid);
      text_ += path.substr(root_.size()) + line + "access " + list_of(path, kAccess) + "default " +
               list_of(path, kDefault) + "\n";
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string root_;
  std::string text_;
};

class AccessLists : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    const int error = error_of([&] { return getxattr(root().c_str(), kAccess, nullptr, 0); });
    if (error == EOPNOTSUPP) GTEST_SKIP() << "this kernel's tmpfs has no access control lists";
  }
  // A directory `d` with a default list and a file `f` with a list, and one of each without.
  void make_layers() {
    for (const std::string& layer : {root() + "/lower", root() + "/upper"}) {
      const std::string prefix = layer + (layer.ends_with("lower") ? "/l" : "/u");
      ASSERT_EQ(mkdir((prefix + "d").c_str(), 0777), 0);
      ASSERT_EQ(chown((prefix + "d").c_str(), kOwner, kOwner), 0);
      ASSERT_EQ(set_list(prefix + "d", kDefault, for_a_friend()), 0);
      ASSERT_EQ(set_list(prefix + "d", kAccess, for_a_friend()), 0);
      write_file(prefix + "d/old", "x", 0640);
      write_file(prefix + "f", "x", 0640);
      ASSERT_EQ(chown((prefix + "f").c_str(), kOwner, kOwner), 0);
      ASSERT_EQ(set_list(prefix + "f", kAccess, List().owner(6).user(kFriend, 6).owning_group(4).mask(6).other(0)), 0);
      write_file(prefix + "plain", "x", 0664);
      ASSERT_EQ(chown((prefix + "plain").c_str(), kOwner, 50), 0);
    }
  }
  // `deeds` on our mount and on the kernel's, each in a process of its own, over copies of the same upper layer.
  void expect_same(const std::function<void(Deeds&)>& deeds, const std::string& more = "") {
    namespace fs = std::filesystem;
    for (const char* name : {"kernel", "kernel/work", "kernel/mount"}) {
      ASSERT_EQ(mkdir((root() + "/" + name).c_str(), 0755), 0);
    }
    const std::string copy = "cp -a '" + root() + "/upper' '" + root() + "/kernel/upper'";
    ASSERT_EQ(std::system(copy.c_str()), 0);
    copy_lists(root() + "/upper", root() + "/kernel/upper");
    const std::string options =
        read_only_options() + ",upperdir=" + root() + "/kernel/upper,workdir=" + root() + "/kernel/work";
    const std::string kernels = root() + "/kernel/mount";
    if (::mount("overlay", kernels.c_str(), "overlay", 0, options.c_str()) != 0) {
      GTEST_SKIP() << "no overlay of the kernel: " << std::strerror(errno);
    }
    mount_writable(more);
    const std::string ours = outcome(at(""), deeds);
    const std::string theirs = outcome(kernels, deeds);
    EXPECT_EQ(umount2(kernels.c_str(), MNT_DETACH), 0);
    EXPECT_EQ(ours, theirs);
    EXPECT_NE(ours, "");
  }

 private:
  // cp(1) keeps lists only where it was built to.
  static void copy_lists(const std::string& from, const std::string& to) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(from)) {
      const std::string path = entry.path();
      for (const char* name : {kAccess, kDefault}) {
        std::string bytes(4096, '\0');
        const ssize_t size = lgetxattr(path.c_str(), name, bytes.data(), bytes.size());
        if (size < 0) continue;
        const std::string copied = to + path.substr(from.size());
        EXPECT_EQ(lsetxattr(copied.c_str(), name, bytes.data(), static_cast<std::size_t>(size), 0), 0);
      }
    }
  }
  std::string outcome(std::string path, const std::function<void(Deeds&)>& deeds) {
    while (path.ends_with('/')) path.pop_back();
    const std::string file = root() + "/outcome";
    in_another_process([&] {
      Deeds done(path);
      deeds(done);
      done.note_tree();
      write_file(file, done.text());
    });
    return read_file(file);
  }
};

TEST_F(AccessLists, PermitWhatTheySayAndNoMore) {
  make_layers();
  expect_same([](Deeds& deeds) {
    for (const char* name : {"ld", "ud", "lf", "uf", "ld/old", "lplain"}) deeds.note_access(name);
    for (const char* name : {"lf", "uf"}) {
      as_user(kFriend, kFriend, [&] { deeds.note("written", [&] { return deeds.opened(name, O_WRONLY); }); });
      as_user(kStranger, kStranger, [&] { deeds.note("written", [&] { return deeds.opened(name, O_WRONLY); }); });
      deeds.note_access(name);
    }
    as_user(kFriend, kFriend,
            [&] { deeds.note("made", [&] { return deeds.opened("ld/n", O_CREAT | O_RDWR, 0666); }); });
    as_user(kStranger, kStranger,
            [&] { deeds.note("made", [&] { return deeds.opened("ld/m", O_CREAT | O_RDWR, 0666); }); });
    deeds.note_access("ld/n");
  });
}

TEST_F(AccessLists, OfADirectoryAreInheritedInTheUmasksPlace) {
  make_layers();
  expect_same([](Deeds& deeds) {
    umask(027);
    for (const std::string directory : {"ld/", "ud/", ""}) {
      const auto path = [&](const char* name) { return deeds.at(directory + name); };
      deeds.note("file", [&] { return deeds.opened(directory + "file", O_CREAT | O_EXCL | O_RDWR, 0666); });
      deeds.note("program", [&] { return deeds.opened(directory + "program", O_CREAT | O_EXCL | O_RDWR, 0755); });
      deeds.note("set-id", [&] { return deeds.opened(directory + "ids", O_CREAT | O_EXCL | O_RDWR, 06777); });
      deeds.note("directory", [&] { return mkdir(path("directory").c_str(), 01777); });
      deeds.note("below", [&] { return deeds.opened(directory + "directory/file", O_CREAT | O_EXCL | O_RDWR, 0666); });
      deeds.note("fifo", [&] { return mkfifo(path("fifo").c_str(), 0666); });
      deeds.note("device", [&] { return mknod(path("device").c_str(), S_IFCHR | 0666, makedev(1, 3)); });
      deeds.note("symlink", [&] { return symlink("file", path("symlink").c_str()); });
      deeds.note("link", [&] { return link(path("file").c_str(), path("link").c_str()); });
    }
  });
}

TEST_F(AccessLists, AreInheritedOverWhiteoutsToo) {
  make_layers();
  write_file(lower("ld/gone"), "x");
  expect_same([](Deeds& deeds) {
    umask(027);
    deeds.note("unlink", [&] { return unlink(deeds.at("ld/old").c_str()); });
    deeds.note("file", [&] { return deeds.opened("ld/old", O_CREAT | O_EXCL | O_RDWR, 0666); });
    deeds.note("unlink", [&] { return unlink(deeds.at("ld/gone").c_str()); });
    deeds.note("directory", [&] { return mkdir(deeds.at("ld/gone").c_str(), 0777); });
    deeds.note("unlink", [&] { return unlink(deeds.at("lf").c_str()); });
    deeds.note("plain", [&] { return deeds.opened("lf", O_CREAT | O_EXCL | O_RDWR, 0666); });
  });
}

TEST_F(AccessLists, OfASetGroupIdDirectoryAreInheritedWithItsGroup) {
  make_layers();
  ASSERT_EQ(chown(lower("ld").c_str(), kOwner, 77), 0);
  ASSERT_EQ(chmod(lower("ld").c_str(), 02777), 0);
  expect_same([](Deeds& deeds) {
    as_user(kFriend, kFriend, [&] {
      deeds.note("file", [&] { return deeds.opened("ld/n", O_CREAT | O_EXCL | O_RDWR, 02777); });
      deeds.note("directory", [&] { return mkdir(deeds.at("ld/m").c_str(), 0777); });
    });
  });
}

TEST_F(AccessLists, FollowChangesOfTheModeAndChangeItThemselves) {
  make_layers();
  expect_same([](Deeds& deeds) {
    for (const std::string layer : {"l", "u"}) {
      deeds.note("chmod", [&] { return chmod(deeds.at(layer + "f").c_str(), 0640); });
      deeds.note_access(layer + "f");
      deeds.note("chmod", [&] { return chmod(deeds.at(layer + "d").c_str(), 0701); });
      deeds.note_access(layer + "d");
      const List list = List().owner(7).user(kFriend, 4).owning_group(1).mask(5).other(2);
      as_user(kOwner, kOwner,
              [&] { deeds.note("set", [&] { return set_list(deeds.at(layer + "plain"), kAccess, list); }); });
      deeds.note_access(layer + "plain");
      const List minimal = List().owner(6).owning_group(0).other(0);
      deeds.note("set", [&] { return set_list(deeds.at(layer + "f"), kAccess, minimal); });
      deeds.note_access(layer + "f");
      deeds.note("remove", [&] { return removexattr(deeds.at(layer + "plain").c_str(), kAccess); });
      deeds.note("remove", [&] { return removexattr(deeds.at(layer + "plain").c_str(), kAccess); });
      deeds.note("remove", [&] { return removexattr(deeds.at(layer + "d").c_str(), kDefault); });
      deeds.note("file", [&] { return deeds.opened(layer + "d/file", O_CREAT | O_EXCL | O_RDWR, 0666); });
    }
  });
}

TEST_F(AccessLists, ThatCannotBeAreRefused) {
  make_layers();
  expect_same([](Deeds& deeds) {
    const List good = List().owner(6).owning_group(0).other(0);
    for (const std::string layer : {"l", "u"}) {
      deeds.note("default", [&] { return set_list(deeds.at(layer + "f"), kDefault, good); });
      deeds.note("malformed", [&] { return set_list(deeds.at(layer + "f"), kAccess, List().owner(6).other(0)); });
      deeds.note("unmasked", [&] {
        return set_list(deeds.at(layer + "f"), kAccess, List().owner(6).user(3, 1).owning_group(0).other(0));
      });
      as_user(kFriend, kFriend, [&] {
        deeds.note("not owned", [&] { return set_list(deeds.at(layer + "f"), kAccess, good); });
        deeds.note("not owned", [&] { return removexattr(deeds.at(layer + "f").c_str(), kAccess); });
      });
    }
  });
}

TEST_F(AccessLists, SetByOneOutsideTheGroupTakeTheSetGroupIdBitAway) {
  make_layers();
  ASSERT_EQ(chmod(lower("lplain").c_str(), 02775), 0);
  ASSERT_EQ(chmod(upper("uplain").c_str(), 02775), 0);
  expect_same([](Deeds& deeds) {
    for (const char* name : {"lplain", "uplain"}) {
      const List list = List().owner(7).user(kFriend, 4).owning_group(5).mask(7).other(5);
      deeds.note("by root", [&] { return set_list(deeds.at(name), kAccess, list); });
      deeds.note("mode " + std::to_string(status_of_path(deeds.at(name)).st_mode), [] { return 0; });
      as_user(kOwner, 50, [&] { deeds.note("in group", [&] { return set_list(deeds.at(name), kAccess, list); }); });
      deeds.note("mode " + std::to_string(status_of_path(deeds.at(name)).st_mode), [] { return 0; });
      as_user(kOwner, kOwner, [&] { deeds.note("outside", [&] { return set_list(deeds.at(name), kAccess, list); }); });
    }
  });
}

TEST_F(AccessLists, AreKeptByCopyUpsRenamesAndLinks) {
  make_layers();
  expect_same([](Deeds& deeds) {
    deeds.note("rename", [&] { return rename(deeds.at("lf").c_str(), deeds.at("moved").c_str()); });
    deeds.note("link", [&] { return link(deeds.at("moved").c_str(), deeds.at("second").c_str()); });
    deeds.note("chown", [&] { return chown(deeds.at("ld/old").c_str(), 5, 6); });
    deeds.note("into", [&] { return rename(deeds.at("uplain").c_str(), deeds.at("ld/uplain").c_str()); });
    for (const char* name : {"moved", "second", "ld"}) deeds.note_access(name);
  });
}

TEST_F(AccessLists, OfTheWorkDirectoryAreNotHandedOn) {
  ASSERT_EQ(set_list(root() + "/work", kDefault, for_a_friend()), 0);
  write_file(lower("f"), "x", 0644);
  mount_writable();
  EXPECT_EQ(chmod(at("f").c_str(), 0600), 0);
  EXPECT_EQ(list_of(at("f"), kAccess), "-");
  EXPECT_EQ(unlink(at("f").c_str()), 0);
  write_file(at("f"), "y");
  EXPECT_EQ(list_of(at("f"), kAccess), "-");
}

TEST_F(AccessLists, AreShownAndStoredButNotUsedWithNoacl) {
  make_layers();
  mount_writable(",noacl");
  as_user(kFriend, kFriend,
          [&] { EXPECT_EQ(error_of([&] { return open(at("ud/new").c_str(), O_CREAT | O_WRONLY, 0600); }), EACCES); });
  umask(027);
  const int made = open(at("ud/new").c_str(), O_CREAT | O_WRONLY, 0666);
  umask(0);
  EXPECT_GE(made, 0);
  close(made);
  EXPECT_EQ(status_of_path(at("ud/new")).st_mode & 0777U, 0640U);
  EXPECT_NE(list_of(at("lf"), kAccess), "-");
}

TEST_F(AccessLists, AreNotAskedForWhereNoLayerHasAny) {
  for (const char* name : {"lower", "deeper"}) {
    ASSERT_EQ(::mount("test", (root() + "/" + name).c_str(), "ramfs", 0, nullptr), 0);
  }
  write_file(lower("f"), "x", 0660);
  mount_read_only();
  EXPECT_EQ(error_of([&] { return getxattr(at("f").c_str(), kAccess, nullptr, 0); }), EOPNOTSUPP);
  as_user(kFriend, kFriend, [&] { EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_RDONLY); }), EACCES); });
  unmount();
  for (const char* name : {"lower", "deeper"}) umount2((root() + "/" + name).c_str(), MNT_DETACH);
}

TEST_F(AccessLists, OfOneLayerDoNotHideWhatLiesOnAnotherWithoutAny) {
  ASSERT_EQ(::mount("test", lower("").c_str(), "ramfs", 0, nullptr), 0);
  write_file(lower("f"), "x", 0664);
  mount_writable();
  as_user(kFriend, kFriend, [&] { EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_RDONLY); }), 0); });
  EXPECT_EQ(chmod(at("f").c_str(), 0640), 0);
  as_user(kFriend, kFriend, [&] { EXPECT_EQ(error_of([&] { return open(at("f").c_str(), O_RDONLY); }), EACCES); });
  unmount();
  umount2(lower("").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace ovlspec::fuse
