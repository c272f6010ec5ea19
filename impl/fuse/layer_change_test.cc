// Layers that are changed under the mount: what shows then is nobody's promise, but the mount serves on, answers with
// an errno or with what is there, and leads out of no layer.
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "impl/fuse/hostile_fixture.h"

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;

class LayerChange : public HostileLayer {
 protected:
  void SetUp() override {
    HostileLayer::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(mkdir(lower("d").c_str(), 0755), 0);
    write_file(lower("d/a"), "a");
    write_file(lower("d/file"), "inside");
    ASSERT_EQ(mkdir(deeper("d").c_str(), 0755), 0);
    write_file(deeper("d/b"), "b");
  }
  // Everything that a user may try below `path`; errors may come. No answer may be the secret.
  void try_everything(const std::string& path);
};

// As a process would open it that follows no symlink of the mount by itself; -1 and errno where that fails.
int open_without_links(const std::string& directory, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_NONBLOCK | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const int place = open(directory.c_str(), O_PATH | O_CLOEXEC);
  const long opened = syscall(SYS_openat2, place, path.c_str(), &how, sizeof how);
  close(place);
  return static_cast<int>(opened);
}

void LayerChange::try_everything(const std::string& path) {
  std::array<char, 256> bytes{};
  for (const std::uint64_t flags : {O_RDONLY, O_RDWR}) {
    const int file = open_without_links(at(""), path, flags);
    if (file < 0) continue;
    const ssize_t count = read(file, bytes.data(), bytes.size());
    const std::string seen(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    EXPECT_EQ(seen.find(kSecret), std::string::npos) << path;
    fchmod(file, 0755);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd/" + std::to_string(file), ignored)) {
      EXPECT_NE(entry.path().filename(), "only-in-secret") << path;
    }
    const int made = openat(file, "made", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (made >= 0) close(made);
    unlinkat(file, "made", 0);
    close(file);
  }
  struct stat status {};
  lstat(at(path).c_str(), &status);
  // By the kernel's walk of a path this process would follow symlinks of the mount itself, out of it.
  const fs::path below(path);
  const std::string name = below.filename();
  const std::string parent = below.has_parent_path() ? below.parent_path().string() : ".";
  const int directory = open_without_links(at(""), parent, O_RDONLY | O_DIRECTORY);
  renameat2(directory, name.c_str(), directory, (name + "-moved").c_str(), RENAME_NOREPLACE);
  renameat2(directory, (name + "-moved").c_str(), directory, name.c_str(), RENAME_NOREPLACE);
  close(directory);
}

// Each type becomes each other one between two looks at the name, held and not.
TEST_F(LayerChange, NamesWhoseTypeChangesAnswer) {
  const auto make = [&](int type, const std::string& path) {
    if (type == 0) write_file(path, "file");
    if (type == 1) {
      EXPECT_EQ(mkdir(path.c_str(), 0755), 0);
    }
    if (type == 2) {
      EXPECT_EQ(symlink(secret("").c_str(), path.c_str()), 0);
    }
    if (type == 3) {
      EXPECT_EQ(mkfifo(path.c_str(), 0666), 0);
    }
    if (type == 4) {
      EXPECT_EQ(mknod(path.c_str(), S_IFCHR, 0), 0);
    }
  };
  serve();
  for (int from = 0; from < 5; ++from) {
    for (int to = 0; to < 5; ++to) {
      for (const std::string& layer : {lower(""), upper("")}) {
        const std::string name = "t" + std::to_string(from) + std::to_string(to) + (layer == lower("") ? "l" : "u");
        make(from, layer + name);
        struct stat status {};
        lstat(at(name).c_str(), &status);
        const int held = open(at(name).c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        fs::remove(layer + name);
        make(to, layer + name);
        std::array<char, 64> bytes{};
        const bool has_read = held >= 0 && read(held, bytes.data(), bytes.size()) > 0;
        EXPECT_EQ(bytes.front(), has_read && from == 0 ? 'f' : 0);
        close(held);
        for (const std::string& path : {name, name + "/file", name + "/new"}) try_everything(path);
        fs::remove_all(layer + name);
        fs::remove_all(upper(name));
      }
    }
  }
  expect_usable();
  serve_again();
  expect_usable();
}

TEST_F(LayerChange, ALowerLayerThatIsRemovedShowsAsEmptyAndTheRestServesOn) {
  write_file(deeper("z"), "deeper");
  serve();
  walk();
  const int held = open(at("d/file").c_str(), O_RDONLY | O_CLOEXEC);
  const int place = open(at("d").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fs::remove_all(deeper(""));
  fs::remove_all(lower("d"));
  std::array<char, 16> bytes{};
  EXPECT_EQ(read(held, bytes.data(), bytes.size()), 6) << "it is still open";
  for (const char* path : {"d", "d/a", "d/b", "d/file", "d/new", "z"}) try_everything(path);
  EXPECT_GE(place, 0);
  close(place);
  close(held);
  expect_usable();
  // The whole of it, with its root.
  fs::remove_all(lower("f"));
  fs::remove(root() + "/lower");
  EXPECT_EQ(mkdir(at("made").c_str(), 0755), 0) << std::strerror(errno);
  write_file(at("made/x"), "x");
  EXPECT_EQ(read_file(at("made/x")), "x");
  for (const char* path : {"f", "d", "z", "made"}) try_everything(path);
  EXPECT_EQ(daemons().size(), 1U);
}

TEST_F(LayerChange, AnUpperLayerThatIsRemovedAnswersWithAnErrno) {
  serve();
  write_file(at("u"), "upper");
  EXPECT_EQ(chmod(at("d/a").c_str(), 0600), 0);
  fs::remove_all(upper(""));
  fs::remove_all(root() + "/work");
  for (const char* path : {"f", "u", "d", "d/a", "d/b", "new"}) try_everything(path);
  EXPECT_EQ(error_of([&] { return mkdir(at("made").c_str(), 0755); }), ENOENT);
  EXPECT_EQ(error_of([&] { return open(at("d/file").c_str(), O_WRONLY); }), ENOENT);
  EXPECT_EQ(read_file(at("f")), "lower");
  EXPECT_EQ(daemons().size(), 1U);
}

// A directory of the layer is exchanged with a symlink to the secret, and with the secret's directory itself, while
// everything below it is used.
TEST_F(LayerChange, RacingRenamesOfLayerDirectoriesLeadNowhereElse) {
  write_file(secret("only-in-secret"), std::string(kSecret));
  ASSERT_EQ(symlink(secret("").c_str(), lower("link").c_str()), 0);
  ASSERT_EQ(mkdir(lower("other").c_str(), 0755), 0);
  write_file(lower("other/file"), "other");
  serve();
  std::atomic<bool> enough{false};
  const auto exchange = [](const std::string& a, const std::string& b) {
    return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
  };
  std::atomic<int> exchanged{0};
  std::thread attacker([&] {
    for (int i = 0; !enough; ++i) exchanged += exchange(lower("d"), lower(i % 2 == 0 ? "link" : "other")) ? 1 : 0;
  });
  std::vector<std::thread> users;
  for (const char* path : {"d", "d/file", "d/a", "link/file", "other/file"}) {
    users.emplace_back([&, path] {
      while (!enough) try_everything(path);
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  enough = true;
  attacker.join();
  for (std::thread& user : users) user.join();
  EXPECT_GT(exchanged, 10);
  EXPECT_EQ(read_file(secret("file")), kSecret);
  EXPECT_EQ(status_of_path(secret("file")).st_mode & 0777U, 0644U);
  EXPECT_EQ(names_in(root() + "/secret"), (std::vector<std::string>{"file", "only-in-secret"}));
  expect_usable();
}

// Trees deeper than any path; the mount and its end use no stack for them.
TEST_F(LayerChange, TreesOfAnyDepthAreWalkedCopiedUpAndRemoved) {
  constexpr int kDepth = 1000;
  const auto descend = [](const std::string& start, int depth, const std::function<bool(int)>& make) {
    int place = open(start.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < depth && place >= 0; ++i) {
      const bool made = make(place);
      const int below = made ? openat(place, "d", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
      close(place);
      place = below;
    }
    return place;
  };
  int place = descend(lower("d"), kDepth, [](int at) { return mkdirat(at, "d", 0755) == 0; });
  ASSERT_GE(place, 0);
  close(place);
  serve();
  place = descend(at("d"), kDepth, [](int) { return true; });
  ASSERT_GE(place, 0) << std::strerror(errno);
  // Each directory above comes to the upper layer with it.
  const int file = openat(place, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  EXPECT_GE(file, 0) << std::strerror(errno);
  close(file);
  close(place);
  EXPECT_EQ(rename(at("d").c_str(), at("e").c_str()), 0);
  place = descend(at("e"), kDepth, [](int) { return true; });
  EXPECT_EQ(faccessat(place, "new", F_OK, 0), 0);
  close(place);
  serve_again();
  place = descend(at("e"), kDepth, [](int) { return true; });
  EXPECT_EQ(faccessat(place, "new", F_OK, 0), 0);
  close(place);
  expect_usable();
  ASSERT_EQ(run({"rm", "-r", at("e")}).status, 0);
  expect_harmless();
}

}  // namespace
}  // namespace ovlspec::fuse
