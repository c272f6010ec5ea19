#include "impl/store/posix_inode.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ovlspec::impl {

using syscalls::Descriptor;
using syscalls::OpenTimes;

namespace {

// What lies under the name that was seen.
Result<Descriptor> open_name(const PosixInode::Name& seen) {
  const Result<PosixInode::Use> directory = seen.directory->use();
  if (!directory) return directory.error();
  Result<Descriptor> opened = syscalls::open_child(directory->get(), syscalls::ComponentName(seen.name));
  const bool is_gone = opened.error() == Errno::kENOENT || opened.error() == Errno::kENOTDIR;
  return is_gone ? Errno::kESTALE : std::move(opened);
}

}  // namespace

// The inodes that could do without a descriptor, in a ring, and those that do.
class SparedDescriptors {
 public:
  static SparedDescriptors& instance() {
    static SparedDescriptors all;
    return all;
  }

  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> wanted{SIZE_MAX};

  void enter(PosixInode& inode) {
    const std::lock_guard lock(mutex_);
    link(inode);
  }

  void leave(PosixInode& inode) {
    const std::lock_guard lock(mutex_);
    if (inode.after_ != nullptr) unlink(inode);
    if (inode.spared_) forget(inode);
  }

  // How the inode is opened; nothing where it has a descriptor.
  std::optional<PosixInode::Spared> way_to(const PosixInode& inode) {
    const std::lock_guard lock(mutex_);
    if (!inode.spared_) return std::nullopt;
    return *inode.spared_;
  }

  void learn_handle(PosixInode& inode, const BackingHandle& handle) {
    const std::lock_guard lock(mutex_);
    if (inode.spared_) inode.spared_->way = handle;
  }

  // Closes some descriptors, where there are too many.
  void spare() {
    const std::unique_lock no_removal(removals_, std::try_to_lock);
    if (!no_removal) return;
    const std::lock_guard lock(mutex_);
    for (int looked_at = 0; looked_at < kBatch && next_ != nullptr && held > wanted; ++looked_at) {
      PosixInode& inode = *next_;
      next_ = inode.after_;
      switch (close(inode)) {
        case Outcome::kSpared:
        case Outcome::kNever: unlink(inode); break;
        case Outcome::kInUse: break;
      }
    }
  }

  Result<PosixInode::Use> open(PosixInode& inode) {
    std::unique_lock lock(mutex_);
    if (!inode.spared_) return use_open(inode);  // somebody else was faster
    const PosixInode::Spared way = *inode.spared_;
    lock.unlock();
    Result<Descriptor> opened = open_by(way, inode);
    lock.lock();
    if (!inode.spared_) return use_open(inode);
    if (!opened) return opened.error();
    return install(inode, std::move(*opened));
  }

  void begin_removal(int directory, const syscalls::ComponentName& name) {
    removals_.lock_shared();
    if (spared_count_ == 0) return;
    const Result<syscalls::ChildStatus> status = syscalls::child_status(directory, name);
    if (!status) return;
    const Attributes& removed = status->attributes;
    const std::lock_guard lock(mutex_);
    std::vector<PosixInode*> inodes;
    const auto [first, last] = spared_.equal_range(removed.number);
    for (auto at = first; at != last; ++at) {
      if (at->second->spared_->key.file_system == removed.file_system) inodes.push_back(at->second);
    }
    for (PosixInode* inode : inodes) {
      if (Result<Descriptor> opened = open_by(*inode->spared_, *inode)) install(*inode, std::move(*opened));
    }
  }
  void end_removal() { removals_.unlock_shared(); }

 private:
  static constexpr int kBatch = 128;
  enum class Outcome { kSpared, kInUse, kNever };

  void link(PosixInode& inode) {
    if (next_ == nullptr) next_ = inode.before_ = inode.after_ = &inode;
    inode.after_ = next_;
    inode.before_ = next_->before_;
    inode.before_->after_ = inode.after_->before_ = &inode;
  }

  void unlink(PosixInode& inode) {
    inode.before_->after_ = inode.after_;
    inode.after_->before_ = inode.before_;
    if (next_ == &inode) next_ = inode.after_ == &inode ? nullptr : inode.after_;
    inode.before_ = inode.after_ = nullptr;
  }

  Outcome close(PosixInode& inode) {
    std::uint64_t state = inode.state_.load(std::memory_order_acquire);
    if (state != PosixInode::state(PosixInode::number(state), 0)) return Outcome::kInUse;
    const int path = static_cast<int>(PosixInode::number(state));
    const Result<Attributes> attributes = syscalls::attributes(path);
    if (!attributes || attributes->links == 0) return Outcome::kNever;
    Result<BackingHandle> handle = syscalls::handle(path);
    if (!handle || !inode.door_->is_tried_and_true(path, *handle)) return Outcome::kNever;
    inode.spared_ = std::make_unique<PosixInode::Spared>(PosixInode::Spared{
        .way = std::move(*handle), .key = {.file_system = attributes->file_system, .number = attributes->number}});
    if (!inode.state_.compare_exchange_strong(state, PosixInode::state(PosixInode::kNone, 0))) {
      inode.spared_.reset();
      return Outcome::kInUse;
    }
    if (!inode.door_->names_stay()) {
      spared_.emplace(attributes->number, &inode);
      ++spared_count_;
    }
    --held;
    Descriptor closed(path);
    return Outcome::kSpared;
  }

  static Result<Descriptor> open_by(const PosixInode::Spared& way, const PosixInode& inode) {
    const BackingHandle* handle = way.handle();
    return inode.checked(
        handle != nullptr ? inode.door_->open(*handle) : open_name(std::get<PosixInode::Name>(way.way)), way.key);
  }

  // REQUIRES: it has a descriptor.
  static PosixInode::Use use_open(PosixInode& inode) {
    const std::uint64_t state = inode.state_.fetch_add(1, std::memory_order_acquire);
    return PosixInode::Use(&inode, static_cast<int>(PosixInode::number(state)));
  }

  PosixInode::Use install(PosixInode& inode, Descriptor opened) {
    const int path = opened.release();
    forget(inode);
    link(inode);
    ++held;
    inode.state_.store(PosixInode::state(static_cast<std::uint64_t>(path), 1), std::memory_order_release);
    return PosixInode::Use(&inode, path);
  }

  void forget(PosixInode& inode) {
    if (!inode.door_->names_stay()) {
      const auto [first, last] = spared_.equal_range(inode.spared_->key.number);
      for (auto at = first; at != last; ++at) {
        if (at->second != &inode) continue;
        spared_.erase(at);
        break;
      }
      --spared_count_;
    }
    inode.spared_.reset();
  }

  std::shared_mutex removals_;  // shared by who removes; comes before mutex_
  std::mutex mutex_;
  PosixInode* next_ = nullptr;  // in the ring, where to look next
  std::unordered_multimap<InodeNumber, PosixInode*> spared_;
  std::atomic<std::size_t> spared_count_{0};
};

Result<int> HandleDoor::listing(int directory) {
  if (const int known = listing_.load(); known >= 0) return known;
  Result<Descriptor> opened = syscalls::open_listing(directory, OpenTimes::kUpdate);
  if (!opened) return opened.error();
  int expected = -1;
  if (listing_.compare_exchange_strong(expected, opened->get())) return opened->release();
  return expected;
}

Result<Descriptor> HandleDoor::open(const BackingHandle& handle) const {
  return syscalls::open_handle(listing_.load(), handle);
}

Result<Descriptor> HandleDoor::open_file(const BackingHandle& handle, Access access, OpenTimes times) const {
  return syscalls::open_file_handle(listing_.load(), handle, access, times);
}

bool HandleDoor::is_tried_and_true(int path, const BackingHandle& handle) {
  if (trial_ == Trial::kNone) {
    const bool is_open = listing_.load() >= 0 && syscalls::has_lasting_handles(path);
    const Result<Descriptor> opened = is_open ? open(handle) : Result<Descriptor>(Errno::kESTALE);
    const Result<Attributes> found = opened ? syscalls::attributes(opened->get()) : Result<Attributes>(opened.error());
    const Result<Attributes> meant = syscalls::attributes(path);
    const bool same = found && meant && found->number == meant->number && found->file_system == meant->file_system;
    trial_ = same ? Trial::kPassed : Trial::kFailed;
  }
  return trial_ == Trial::kPassed;
}

PosixInode::PosixInode(Descriptor path, FileType type, std::shared_ptr<HandleDoor> door)
    : state_(state(static_cast<std::uint64_t>(path.release()), 0)), type_(type), door_(std::move(door)) {
  SparedDescriptors& all = SparedDescriptors::instance();
  ++all.held;
  if (may_be_spared()) all.enter(*this);
  if (all.held > all.wanted) all.spare();
}

PosixInode::PosixInode(Name name, Key key, FileType type, std::shared_ptr<HandleDoor> door)
    : state_(state(kNone, 0)),
      type_(type),
      door_(std::move(door)),
      spared_(std::make_unique<Spared>(Spared{.way = std::move(name), .key = key})) {}

PosixInode::~PosixInode() {
  SparedDescriptors& all = SparedDescriptors::instance();
  if (may_be_spared()) all.leave(*this);
  if (number(state_) == kNone) return;
  Descriptor closed(static_cast<int>(number(state_)));
  --all.held;
}

Result<PosixInode::Use> PosixInode::use() {
  std::uint64_t seen = state_.load(std::memory_order_acquire);
  if (!may_be_spared()) return Use(nullptr, static_cast<int>(number(seen)));
  while (number(seen) != kNone) {
    if (state_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire)) {
      return Use(this, static_cast<int>(number(seen)));
    }
  }
  SparedDescriptors& all = SparedDescriptors::instance();
  Result<Use> opened = all.open(*this);
  if (all.held > all.wanted) all.spare();
  return opened;
}

Result<Descriptor> PosixInode::checked(Result<Descriptor> opened, const Key& seen) const {
  if (!opened) return opened;
  const Result<Attributes> is = syscalls::attributes(opened->get());
  if (!is) return is.error();
  const bool same = is->number == seen.number && is->file_system == seen.file_system && is->type == type_;
  return same ? std::move(opened) : Errno::kESTALE;
}

Result<Descriptor> PosixInode::open_file(Access access, OpenTimes times) {
  const auto way = number(state_) == kNone ? SparedDescriptors::instance().way_to(*this) : std::nullopt;
  if (way && way->handle() != nullptr) {
    Result<Descriptor> opened = checked(door_->open_file(*way->handle(), access, times), way->key);
    // Somebody has a lease on it, which is to be waited for.
    if (opened.error() != Errno::kEAGAIN) return opened;
  }
  const Result<Use> path = use();
  if (!path) return path.error();
  return syscalls::reopen(path->get(), access, times);
}

bool PosixInode::try_handles(const BackingHandle& handle) {
  const Result<Use> path = use();
  return path && door_->is_tried_and_true(path->get(), handle);
}

Result<BackingHandle> PosixInode::handle() {
  SparedDescriptors& all = SparedDescriptors::instance();
  const auto way = number(state_) == kNone ? all.way_to(*this) : std::nullopt;
  if (way && way->handle() != nullptr) return *way->handle();
  if (way) {
    const Name& seen = std::get<Name>(way->way);
    const Result<Use> directory = seen.directory->use();
    if (!directory) return directory.error();
    Result<BackingHandle> handle = syscalls::child_handle(directory->get(), syscalls::ComponentName(seen.name));
    if (handle) all.learn_handle(*this, *handle);
    return handle.error() == Errno::kENOENT ? Errno::kESTALE : std::move(handle);
  }
  const Result<Use> path = use();
  if (!path) return path.error();
  return syscalls::handle(path->get());
}

std::size_t held_descriptors() { return SparedDescriptors::instance().held.load(std::memory_order_relaxed); }

void want_descriptors(std::size_t most) { SparedDescriptors::instance().wanted = most; }

// Where few are held, nothing is opened for what may never come.
void prepare_sparing(HandleDoor& door, int directory) {
  const SparedDescriptors& all = SparedDescriptors::instance();
  if (all.held > all.wanted / 2) static_cast<void>(door.listing(directory));
}

RemovalGuard::RemovalGuard(int directory, const syscalls::ComponentName& name) {
  SparedDescriptors::instance().begin_removal(directory, name);
}

RemovalGuard::~RemovalGuard() { SparedDescriptors::instance().end_removal(); }

}  // namespace ovlspec::impl
