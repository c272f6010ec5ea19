// What the tests of the virtual file system share: an engine over one memory store, a Vfs before it, and callers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "impl/store/memory_store.h"
#include "oracle/vfs/memory_access.h"
#include "oracle/vfs/vfs.h"

namespace ovlspec::oracle {

inline Caller user(Uid uid, std::vector<Gid> groups = {}) {
  return Caller{.uid = uid, .gid = uid, .groups = std::move(groups), .umask = 0, .capabilities = {}};
}
inline Caller user_with(Uid uid, Capability capability) {
  Caller caller = user(uid);
  caller.capabilities = caller.capabilities.with(capability);
  return caller;
}
inline constexpr Uid kAlice = 1000;
inline constexpr Uid kBob = 1001;

inline model::Inode an_inode(FileType type, Mode mode, Uid owner) {
  model::Inode inode;
  inode.type = type;
  inode.mode = mode;
  inode.uid = owner;
  inode.gid = owner;
  return inode;
}
inline model::Inode directory(Mode mode = 0755, Uid owner = 0) { return an_inode(FileType::kDirectory, mode, owner); }
inline model::Inode file(std::string content = {}, Mode mode = 0644, Uid owner = 0) {
  model::Inode inode = an_inode(FileType::kRegular, mode, owner);
  inode.content = model::Content(std::move(content));
  return inode;
}
inline model::Inode symlink(std::string target) {
  model::Inode inode = an_inode(FileType::kSymlink, 0777, 0);
  inode.content = model::Content(std::move(target));
  return inode;
}

// One writable overlay (or one without an upper layer) whose lower layer the test fills before the first operation.
class VfsFixture : public ::testing::Test {
 protected:
  enum class Upper { kPresent, kAbsent };

  VfsFixture() : lower_(make_layer("lower")), upper_(make_layer("upper")), work_(make_layer("work")) {}
  ~VfsFixture() override {
    if (vfs_ == nullptr) return;
    vfs_->release();
    EXPECT_LE(engine_->nodes(), 1U) << "nodes are still held after the last forget";
  }

  void mount(Upper upper = Upper::kPresent, VfsOptions options = {}) {
    impl::Stack stack;
    stack.lowers.push_back({.store = &store_, .root = lower_});
    if (upper == Upper::kPresent) {
      stack.upper = impl::LayerRoot{.store = &store_, .root = upper_};
      stack.work = impl::LayerRoot{.store = &store_, .root = work_};
    }
    auto engine = impl::Engine::mount(std::move(stack), impl::EngineOptions{.xattrs = impl::XattrNamespace::kTrusted,
                                                                            .durability = impl::Durability::kSynced,
                                                                            .mount_device = 99});
    ASSERT_TRUE(engine.ok()) << errno_name(engine.error());
    engine_ = std::move(*engine);
    vfs_ = std::make_unique<Vfs>(*engine_, options);
  }

  // Before the mount: an object of the lower layer.
  void lower(std::string_view path, const model::Inode& inode) {
    MemoryAccess access(store_, lower_);
    ASSERT_TRUE(access.make(path, inode).ok()) << path;
  }

  Outcome as(const Caller& caller, Operation operation) {
    if (vfs_ == nullptr) mount();
    return vfs_->apply(caller, operation);
  }
  Outcome root(Operation operation) { return as(superuser(), std::move(operation)); }
  Errno error_as(const Caller& caller, Operation operation) { return as(caller, std::move(operation)).error; }
  Errno error(Operation operation) { return root(std::move(operation)).error; }

  Attributes stat(std::string path) {
    const Outcome outcome = root(Stat{Target::at(path, Follow::kNoFollow)});
    EXPECT_EQ(outcome.error, Errno::kOk) << path;
    return outcome.ok() ? std::get<Attributes>(outcome.payload) : Attributes{};
  }
  Mode mode_of(std::string path) { return stat(std::move(path)).mode; }
  std::string content(const std::string& path) {
    EXPECT_EQ(error(Open{path, {}, 0, kSlots - 1}), Errno::kOk) << path;
    const Outcome outcome = root(Read{kSlots - 1, 0, 4096});
    EXPECT_EQ(error(Close{kSlots - 1}), Errno::kOk);
    return outcome.ok() ? std::get<std::string>(outcome.payload) : std::string();
  }
  std::vector<std::string> names_of(const Outcome& listing) {
    std::vector<std::string> names;
    if (!listing.ok()) return names;
    for (const DirectoryEntry& entry : std::get<std::vector<DirectoryEntry>>(listing.payload))
      names.push_back(entry.name);
    return names;
  }

  impl::Engine& engine() { return *engine_; }
  Vfs& vfs() { return *vfs_; }

 private:
  impl::MemoryInodeRef make_layer(std::string_view name) {
    auto made = store_.create(
        store_.root(), name,
        impl::NewInode{
            .type = FileType::kDirectory, .mode = 0755, .uid = 0, .gid = 0, .device = {}, .symlink_target = {}});
    return impl::MemoryStore::inode_of(made->inode);
  }

  impl::MemoryStore store_;
  impl::MemoryInodeRef lower_;
  impl::MemoryInodeRef upper_;
  impl::MemoryInodeRef work_;
  std::unique_ptr<impl::Engine> engine_;
  std::unique_ptr<Vfs> vfs_;
};

// Flags of open, as a test spells them.
inline OpenFlags read_only() { return {}; }
inline OpenFlags write_only() { return {.access = Access::kWrite}; }
inline OpenFlags read_write() { return {.access = Access::kReadWrite}; }
inline OpenFlags creating(Access access = Access::kWrite) { return {.access = access, .create = true}; }
inline OpenFlags exclusively() { return {.access = Access::kWrite, .create = true, .exclusive = true}; }

}  // namespace ovlspec::oracle
