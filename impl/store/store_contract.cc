#include "impl/store/store_contract.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "impl/store/posix_store.h"
#include "model/vocabulary/caller.h"

namespace ovlspec::impl {
namespace {

// CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_SYS_ADMIN, CAP_MKNOD and CAP_SETFCAP.
bool has_privileges() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("CapEff:")) continue;
    return Capabilities(std::stoull(line.substr(7), nullptr, 16)) == Capabilities::all();
  }
  return false;
}

class PosixPlace final : public Place {
 public:
  explicit PosixPlace(std::string path) : path_(std::move(path)) {}
  ~PosixPlace() override {
    root_.reset();
    std::error_code ignored;  // what a test left unreadable stays; nothing depends on it
    std::filesystem::remove_all(path_, ignored);
  }
  LayerStore& store() override { return store_; }
  InodeRef root() override { return root_; }
  // A kernel tick is 10 ms at most.
  void tick() override { std::this_thread::sleep_for(std::chrono::milliseconds(12)); }

  bool is_privileged() const override { return is_privileged_in(path_); }

  bool open_plainly() {
    const Result<InodeRef> opened = store_.open_plain(path_);
    if (opened) root_ = *opened;
    return opened.ok();
  }
  bool open_cloned() {
    std::filesystem::create_directory(path_ + "/upper");
    std::filesystem::create_directory(path_ + "/work");
    const Result<OpenedUpper> opened = store_.open_upper(path_ + "/upper", path_ + "/work");
    if (!opened || opened->view != LayerView::kPrivateClone) return false;
    root_ = opened->upper;
    return true;
  }

 private:
  const std::string path_;
  PosixStore store_;
  InodeRef root_;
};

std::unique_ptr<PosixPlace> fresh_place(const std::string& parent, std::string& reason) {
  std::string path = parent + "/store.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    reason = "no directory can be made in " + parent;
    return nullptr;
  }
  auto place = std::make_unique<PosixPlace>(path);
  struct statfs facts;
  if (statfs(path.c_str(), &facts) != 0 || facts.f_type == OVERLAYFS_SUPER_MAGIC) {
    reason = parent + " lies on an overlay";
    return nullptr;
  }
  if (setxattr(path.c_str(), "user.probe", "", 0, 0) != 0 || removexattr(path.c_str(), "user.probe") != 0) {
    reason = parent + " takes no user attributes";
    return nullptr;
  }
  return place;
}

}  // namespace

std::unique_ptr<Place> posix_place(const std::string& parent, std::string& reason) {
  std::unique_ptr<PosixPlace> place = fresh_place(parent, reason);
  if (place == nullptr || place->open_plainly()) return place;
  reason = "no layer can be opened in " + parent;
  return nullptr;
}

std::unique_ptr<Place> cloned_place(const std::string& parent, std::string& reason) {
  std::unique_ptr<PosixPlace> place = fresh_place(parent, reason);
  if (place == nullptr || place->open_cloned()) return place;
  reason = "private clones are not permitted";
  return nullptr;
}

bool is_privileged_in(const std::string& directory) {
  // Trusted attributes tell root from the root of a user namespace.
  return has_privileges() && setxattr(directory.c_str(), "trusted.probe", "", 0, 0) == 0 &&
         removexattr(directory.c_str(), "trusted.probe") == 0;
}

std::string temporary_directory() {
  const char* path = std::getenv("TMPDIR");
  return path == nullptr ? "/tmp" : path;
}

void StoreContract::SetUp() {
  std::string reason;
  place_ = GetParam().make(reason);
  if (place_ == nullptr) GTEST_SKIP() << reason;
}

NewInode StoreContract::wanted(FileType type, Mode mode) {
  return NewInode{.type = type, .mode = mode, .uid = geteuid(), .gid = getegid(), .device = {}, .symlink_target = {}};
}

InodeRef StoreContract::make(const InodeRef& directory, std::string_view name, FileType type, Mode mode) {
  const Result<FoundInode> made = store().create(directory, name, wanted(type, mode));
  EXPECT_EQ(made.error(), Errno::kOk) << name;
  return made ? made->inode : nullptr;
}

InodeRef StoreContract::make_directory(const InodeRef& directory, std::string_view name, Mode mode) {
  return make(directory, name, FileType::kDirectory, mode);
}

InodeRef StoreContract::make_file(const InodeRef& directory, std::string_view name, std::string_view content) {
  InodeRef file = make(directory, name, FileType::kRegular);
  EXPECT_TRUE(content.empty() || write(file, content, 0));
  return file;
}

InodeRef StoreContract::make_symlink(const InodeRef& directory, std::string_view name, std::string target) {
  NewInode inode = wanted(FileType::kSymlink, 0777);
  inode.symlink_target = std::move(target);
  const Result<FoundInode> made = store().create(directory, name, inode);
  EXPECT_EQ(made.error(), Errno::kOk) << name;
  return made ? made->inode : nullptr;
}

Errno StoreContract::lookup_error(const InodeRef& directory, std::string_view name) {
  return store().lookup(directory, name).error();
}

InodeNumber StoreContract::number_at(const InodeRef& directory, std::string_view name) {
  const Result<FoundInode> found = store().lookup(directory, name);
  return found ? found->attributes.number : 0;
}

Attributes StoreContract::attributes(const InodeRef& inode) {
  const Result<Attributes> attributes = store().attributes(inode);
  EXPECT_EQ(attributes.error(), Errno::kOk);
  return attributes ? *attributes : Attributes();
}

std::string StoreContract::content(const InodeRef& inode) {
  const Result<FileRef> file = store().open(inode, Access::kRead);
  EXPECT_EQ(file.error(), Errno::kOk);
  if (!file) return {};
  std::string bytes(attributes(inode).size + 1, '?');
  const Result<std::size_t> count = store().read(*file, bytes.data(), bytes.size(), 0);
  EXPECT_EQ(count.error(), Errno::kOk);
  bytes.resize(count ? *count : 0);
  return bytes;
}

Status StoreContract::write(const InodeRef& inode, std::string_view data, FileSize offset) {
  const Result<FileRef> file = store().open(inode, Access::kWrite);
  if (!file) return file.error();
  const Result<std::size_t> count = store().write(*file, data, offset);
  if (!count) return count.error();
  return *count == data.size() ? Status() : Errno::kENOSPC;
}

std::vector<std::string> StoreContract::names(const InodeRef& directory) {
  const Result<std::vector<StoredEntry>> entries = store().entries(directory);
  EXPECT_EQ(entries.error(), Errno::kOk);
  std::vector<std::string> list;
  if (entries) {
    for (const StoredEntry& entry : *entries) list.push_back(entry.name);
  }
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace ovlspec::impl
