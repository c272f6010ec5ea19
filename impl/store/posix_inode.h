// The inodes of the POSIX store, and how many descriptors they hold.
//
// An inode holds an O_PATH descriptor. Where the descriptors of all of them become more than is wanted
// (want_descriptors), those of some are closed: of inodes that are no directories and that nobody uses at the moment,
// on file systems whose handles last, in a process that may open by handle. They are opened again when they are asked
// for. Without a descriptor nothing but its names keeps an inode alive; so who takes a name away has it opened first
// (RemovalGuard).
//
// Where names stay (HandleDoor::names_stay), an inode that is no directory has no descriptor until one is needed: what
// its name showed is remembered, then its handle. What is opened is compared with that; another inode is ESTALE. Not
// compared is what a handle is taken of under the name: where another inode has taken it, the handle is that one's, and
// opening it is ESTALE. So what invalidates an inode is a change of the layer that this store did not make.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "impl/store/posix_store.h"
#include "impl/store/syscalls.h"

namespace ovlspec::impl {

// A mount, through which its inodes are opened by handle. Threads: any.
class HandleDoor {
 public:
  explicit HandleDoor(RootMount mount) : mount_(mount) {}
  ~HandleDoor() { syscalls::Descriptor(listing_.load()); }
  HandleDoor(const HandleDoor&) = delete;
  HandleDoor& operator=(const HandleDoor&) = delete;

  // A readable descriptor of a directory of the mount, opened at the first call as `directory`.
  Result<int> listing(int directory);
  // REQUIRES: listing() succeeded.
  Result<syscalls::Descriptor> open(const BackingHandle& handle) const;
  Result<syscalls::Descriptor> open_file(const BackingHandle& handle, Access access, syscalls::OpenTimes times) const;

  // Whether handles open what they were taken of, as tried with the first one; false where listing() was not called.
  bool is_tried_and_true(int path, const BackingHandle& handle);
  bool is_untried() const { return trial_ == Trial::kNone; }
  // Whether the trial was passed.
  bool is_true() const { return trial_ == Trial::kPassed; }
  // Nothing else is mounted below it.
  bool is_private() const { return mount_ != RootMount::kShared; }
  // Nothing can be removed or renamed through it.
  bool names_stay() const { return mount_ == RootMount::kPrivateReadOnly; }

 private:
  enum class Trial : std::uint8_t { kNone, kPassed, kFailed };
  std::atomic<int> listing_{-1};
  std::atomic<Trial> trial_{Trial::kNone};
  const RootMount mount_;
};

class PosixInode final : public StoreInode {
 public:
  // Keeps the descriptor open.
  class Use {
   public:
    Use(Use&& other) noexcept : inode_(std::exchange(other.inode_, nullptr)), number_(other.number_) {}
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (inode_ != nullptr) inode_->state_.fetch_sub(1, std::memory_order_release);
    }
    int get() const { return number_; }

   private:
    friend class PosixInode;
    friend class SparedDescriptors;
    Use(PosixInode* counted, int number) : inode_(counted), number_(number) {}
    PosixInode* inode_;
    int number_;
  };

  struct Key {
    std::uint64_t file_system = 0;
    InodeNumber number = 0;
  };
  struct Name {
    std::shared_ptr<PosixInode> directory;
    std::string name;
  };

  PosixInode(syscalls::Descriptor path, FileType type, std::shared_ptr<HandleDoor> door);
  // Without a descriptor. REQUIRES: the names of the door stay, and it is true; not a directory.
  PosixInode(Name name, Key key, FileType type, std::shared_ptr<HandleDoor> door);
  ~PosixInode() override;
  PosixInode(const PosixInode&) = delete;
  PosixInode& operator=(const PosixInode&) = delete;

  FileType type() const { return type_; }
  const std::shared_ptr<HandleDoor>& door() const { return door_; }
  // ESTALE where the inode is gone from the layer.
  Result<Use> use();
  // As syscalls::reopen. REQUIRES: a regular file.
  Result<syscalls::Descriptor> open_file(Access access, syscalls::OpenTimes times);
  Result<BackingHandle> handle();
  // Whether inodes of its mount can be opened by handle, as tried with this one. REQUIRES: HandleDoor::listing().
  bool try_handles(const BackingHandle& handle);

 private:
  friend class SparedDescriptors;
  // The number of the descriptor, kNone for none, in the upper half; how many use it in the lower one.
  static constexpr std::uint64_t kNone = 0xffffffff;
  static std::uint64_t state(std::uint64_t number, std::uint64_t users) { return number << 32 | users; }
  static std::uint64_t number(std::uint64_t state) { return state >> 32; }

  bool may_be_spared() const { return type_ != FileType::kDirectory; }
  // ESTALE where it is not what was seen.
  Result<syscalls::Descriptor> checked(Result<syscalls::Descriptor> opened, const Key& seen) const;

  std::atomic<std::uint64_t> state_;
  const FileType type_;
  const std::shared_ptr<HandleDoor> door_;
  // Guarded by the lock of SparedDescriptors.
  PosixInode* before_ = nullptr;  // in the ring of those that could be spared
  PosixInode* after_ = nullptr;
  // How it is opened while there is no descriptor, and what it was.
  struct Spared {
    std::variant<Name, BackingHandle> way;
    Key key;
    const BackingHandle* handle() const { return std::get_if<BackingHandle>(&way); }
  };
  std::unique_ptr<Spared> spared_;  // while there is no descriptor
};

// To be called with the descriptor of a directory of the mount where many inodes are met.
void prepare_sparing(HandleDoor& door, int directory);

// While it lives, what lost its last name keeps its descriptor. REQUIRES: made before the name goes.
class RemovalGuard {
 public:
  RemovalGuard(int directory, const syscalls::ComponentName& name);
  ~RemovalGuard();
  RemovalGuard(const RemovalGuard&) = delete;
  RemovalGuard& operator=(const RemovalGuard&) = delete;
};

}  // namespace ovlspec::impl
