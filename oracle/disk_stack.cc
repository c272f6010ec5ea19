#include "oracle/disk_stack.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

#include "oracle/disk_mutate.h"
#include "oracle/materialise.h"
#include "oracle/mount_table.h"
#include "oracle/scan.h"

namespace ovlspec::oracle {
namespace {

Attempt<Done> success() { return {.value = Done{}, .failure = {}}; }

Attempt<Done> done_or(const Status& status, const std::string& what) {
  if (status.ok()) return success();
  return {.value = std::nullopt, .failure = {status.error(), what + ": " + std::string(errno_name(status.error()))}};
}

template <typename T>
Attempt<Done> failed(const Attempt<T>& attempt) {
  return {.value = std::nullopt, .failure = attempt.failure};
}

std::string given_path(const GivenPlace& given, const std::string& base, std::uint8_t place) {
  return given.directory + base.substr(base.rfind('/')) + "-" + std::to_string(place);
}

void remove_tree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// What the layers of a trace need on one place at most, several times over, and no less than 256 MiB: a subject that
// writes without end meets ENOSPC before the machine's memory is used up.
std::uint64_t room_for(const Trace& trace) {
  constexpr std::uint64_t kTimes = 4;
  std::uint64_t bytes = std::uint64_t{256} << 20;
  const auto add = [&bytes](const LayerImage& image) {
    for (const model::Inode& inode : image.layer.tree.inodes) bytes += kTimes * inode.content.size();
  };
  std::for_each(trace.lowers.begin(), trace.lowers.end(), add);
  if (trace.upper) add(*trace.upper);
  return bytes;
}

// The names of the bases of all stacks: what a stack has, in places that were given too, has its base's in its path.
class BasesInUse {
 public:
  void add(const std::string& base) {
    const std::lock_guard lock(mutex_);
    names_.insert(name_of(base));
  }
  void remove(const std::string& base) {
    const std::lock_guard lock(mutex_);
    names_.erase(name_of(base));
  }
  bool has_other(const std::string& own, const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
      return name != name_of(own) && path.find(name) != std::string::npos;
    });
  }

 private:
  static std::string name_of(const std::string& base) { return base.substr(std::min(base.rfind('/'), base.size())); }

  mutable std::mutex mutex_;
  std::set<std::string> names_;
};

BasesInUse& bases_in_use() {
  static BasesInUse bases;
  return bases;
}

}  // namespace

DiskStack::DiskStack(Places places, DiskFormat format) : given_(given_places()), format_(format), places_(places) {
  if (!given_.empty()) places_ = Places::kDirectories;
}

DiskStack::DiskStack(std::vector<GivenPlace> given)
    : given_(std::move(given)), places_(given_.empty() ? Places::kAutomatic : Places::kDirectories) {}

std::optional<ImageKind> DiskStack::image_at(std::uint8_t place) const {
  return given_.empty() ? std::nullopt : given_[place % given_.size()].image;
}

// The first from `place` on, which is left as it is where there is none.
std::uint8_t DiskStack::writable(std::uint8_t place) const {
  for (unsigned i = 0; i < kPlaces; ++i) {
    const auto next = static_cast<std::uint8_t>((place + i) % kPlaces);
    if (!image_at(next)) return next;
  }
  return place;
}

std::string DiskStack::source_of(const Directory& directory) const {
  return directory.image ? path_of(directory) + ".source" : path_of(directory);
}

std::string DiskStack::place_path(std::uint8_t place) const {
  if (given_.empty()) return base_ + "/" + std::to_string(place);
  return given_path(given_[place % given_.size()], base_, place);
}

bool DiskStack::is_anothers(const std::string& path) const { return bases_in_use().has_other(base_, path); }

DiskStack::~DiskStack() {
  if (base_.empty()) return;
  (void)drop_places();
  for (std::uint8_t place = 0; place < kPlaces; ++place) {
    const std::string path = place_path(place);
    if (!given_.empty() && detach_below(path).empty()) remove_tree(path);
  }
  // What was judged may have left anything there. Through a mount nothing is removed.
  if (detach_below(base_).empty()) remove_tree(base_);
  bases_in_use().remove(base_);
}

Attempt<Done> DiskStack::make_base() {
  if (!base_.empty()) return success();
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  if (error) return {.value = std::nullopt, .failure = {Errno::kENOENT, "there is no directory for temporary files"}};
  std::string path = (temporary / "ovlspec-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr)
    return {.value = std::nullopt, .failure = system_failure("cannot make the directory " + path)};
  base_ = path;
  // Some subjects reach the layers as the caller whom they serve.
  constexpr mode_t kForAll = 0755;
  if (::chmod(base_.c_str(), kForAll) != 0)
    return {.value = std::nullopt, .failure = system_failure("cannot open " + path + " to others")};
  bases_in_use().add(base_);
  for (std::uint8_t place = 0; place < kPlaces; ++place) ::mkdir(place_path(place).c_str(), 0755);
  ::mkdir(mount_point().c_str(), 0755);
  ::mkdir((base_ + "/view").c_str(), 0755);
  ::mkdir(state_directory().c_str(), 0755);
  return success();
}

// A place has the attributes that layers hold, or nothing could be written faithfully.
Attempt<Done> DiskStack::choose_places() {
  if (chosen_) return success();
  const std::uint8_t probe = writable(0);
  if (image_at(probe)) return done_or(Errno::kEROFS, "an upper layer cannot lie on any of $OVLSPEC_PLACES");
  const auto takes_user_attributes = [this, probe] {
    const std::string path = place_path(probe);
    const bool taken = ::setxattr(path.c_str(), "user.ovlspec", "", 0, 0) == 0;
    if (taken) ::removexattr(path.c_str(), "user.ovlspec");
    return taken;
  };
  if (places_ == Places::kAutomatic) {
    if (auto mounted = mount_tmpfs(place_path(probe), tmpfs_bytes_); !mounted.ok()) return mounted;
    const bool taken = takes_user_attributes();
    if (auto unmounted = unmount_at(place_path(probe)); !unmounted.ok()) return unmounted;
    places_ = taken ? Places::kAutomatic : Places::kDirectories;
  }
  chosen_ = places_ == Places::kAutomatic || takes_user_attributes();
  if (chosen_) return success();
  return {.value = std::nullopt,
          .failure = system_failure("neither a tmpfs nor " + base_ + " has user.* attributes; set TMPDIR")};
}

Attempt<Done> DiskStack::drop_places() {
  lowers_.clear();
  upper_.reset();
  work_.reset();
  next_name_ = 0;
  Attempt<Done> dropped = success();
  while (!mounted_images_.empty())
    if (auto unmounted = unmount_image(*mounted_images_.begin()); !unmounted.ok()) dropped = std::move(unmounted);
  for (std::uint8_t place = 0; place < kPlaces; ++place) {
    if (!std::exchange(in_use_[place], false)) continue;
    if (places_ == Places::kAutomatic) {
      if (auto unmounted = unmount_at(place_path(place)); !unmounted.ok()) dropped = std::move(unmounted);
      continue;
    }
    const auto access = PosixAccess::open(place_path(place));
    const Status cleared = access ? (*access)->clear() : Status(access.error());
    if (!cleared.ok()) dropped = done_or(cleared, "cannot empty " + place_path(place));
  }
  return dropped;
}

Attempt<Done> DiskStack::need_place(std::uint8_t place) {
  if (in_use_[place]) return success();
  if (places_ == Places::kAutomatic)
    if (auto mounted = mount_tmpfs(place_path(place), tmpfs_bytes_); !mounted.ok()) return mounted;
  in_use_[place] = true;
  return success();
}

Attempt<DiskStack::Directory> DiskStack::make_directory(std::uint8_t place) {
  place %= kPlaces;
  if (auto needed = need_place(place); !needed.ok()) return {.value = std::nullopt, .failure = needed.failure};
  Directory directory{place, "d" + std::to_string(next_name_++), image_at(place)};
  bool made = ::mkdir(path_of(directory).c_str(), 0755) == 0;
  if (made && directory.image) made = ::mkdir(source_of(directory).c_str(), 0755) == 0;
  if (!made) return {.value = std::nullopt, .failure = system_failure("cannot make a layer's directory")};
  return {.value = std::move(directory), .failure = {}};
}

Attempt<Done> DiskStack::unmount_image(std::string path) {
  return mounted_images_.erase(path) != 0 ? unmount_at(path) : success();
}

Attempt<Done> DiskStack::build(const Directory& directory) {
  if (!directory.image) return success();
  const std::string path = path_of(directory);
  const std::string image = image_of(directory);
  if (auto unmounted = unmount_image(path); !unmounted.ok()) return unmounted;
  if (::unlink(image.c_str()) != 0 && errno != ENOENT)
    return {.value = std::nullopt, .failure = system_failure("cannot replace " + image)};
  const ImageSource source{.directory = source_of(directory), .number = ++images_made_};
  auto mounted = make_image(*directory.image, source, image);
  if (mounted.ok()) {
    mounted = mount_image(*directory.image, image, path);
  } else if (may_not_fit(*directory.image, source.directory)) {
    mounted = mount_directory(source.directory, path);
  }
  if (mounted.ok()) mounted_images_.insert(path);
  return mounted;
}

Attempt<DiskStack::Directory> DiskStack::make_layer(std::uint8_t place, const model::Layer& layer) {
  auto directory = make_directory(place);
  if (!directory.ok()) return directory;
  const auto access = PosixAccess::open(source_of(*directory.value));
  if (!access) return {.value = std::nullopt, .failure = {access.error(), "cannot open a layer's directory"}};
  if (auto written = materialise(layer, **access, format_); !written.ok())
    return {.value = std::nullopt, .failure = written.failure};
  if (auto built = build(*directory.value); !built.ok()) return {.value = std::nullopt, .failure = built.failure};
  return directory;
}

Attempt<Done> DiskStack::prepare(const Trace& trace) {
  tmpfs_bytes_ = room_for(trace);
  if (auto made = make_base(); !made.ok()) return made;
  if (auto chosen = choose_places(); !chosen.ok()) return chosen;
  if (auto dropped = drop_places(); !dropped.ok()) return dropped;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(state_directory(), ignored))
    std::filesystem::remove_all(entry.path(), ignored);
  if (trace.upper) {
    const std::uint8_t place = writable(trace.upper->place);
    auto upper = make_layer(place, trace.upper->layer);
    if (!upper.ok()) return failed(upper);
    auto work = make_directory(place);
    if (!work.ok()) return failed(work);
    upper_ = std::move(upper.value);
    work_ = std::move(work.value);
  }
  std::vector<Directory> lowers;
  for (const LayerImage& image : trace.lowers) {
    auto lower = make_layer(image.place, image.layer);
    if (!lower.ok()) return failed(lower);
    lowers.push_back(std::move(*lower.value));
  }
  if (lowers.empty()) return done_or(Errno::kEINVAL, "a stack has one lower at least");
  empty_ = place_path(lowers.front().place) + "/empty";
  if (::mkdir(empty_.c_str(), 0755) != 0)
    return {.value = std::nullopt, .failure = system_failure("cannot make a directory")};
  lowers_ = std::move(lowers);
  return success();
}

StackPaths DiskStack::paths() const {
  StackPaths paths;
  for (const Directory& lower : lowers_) paths.lowers.push_back(path_of(lower));
  if (upper_) paths.upper = path_of(*upper_);
  if (work_) paths.work = path_of(*work_);
  return paths;
}

Attempt<Done> DiskStack::remove_directory(const Directory& directory) {
  if (auto unmounted = unmount_image(path_of(directory)); !unmounted.ok()) return unmounted;
  const auto access = PosixAccess::open(place_path(directory.place));
  if (!access) return done_or(access.error(), "cannot open a place");
  for (const std::string& path : {path_of(directory), source_of(directory), image_of(directory)}) {
    const Status removed = (*access)->remove(path.substr(path.rfind('/') + 1));
    if (!removed.ok() && removed.error() != Errno::kENOENT) return done_or(removed, "cannot remove a layer");
  }
  return success();
}

DiskStack::Directory* DiskStack::layer(model::LayerName name) {
  if (name.upper) return upper_ ? &*upper_ : nullptr;
  return name.lower < lowers_.size() ? &lowers_[name.lower] : nullptr;
}

// Mutations of the stack itself.
struct DiskStack::StackChange {
  DiskStack& stack;

  Attempt<Done> operator()(const model::CopyLayer& m) const {
    Directory* const layer = stack.layer(m.layer);
    if (layer == nullptr) return success();
    auto made = stack.make_directory(layer->place);
    if (!made.ok()) return failed(made);
    {
      const auto from = PosixAccess::open(stack.path_of(*layer));
      const auto to = PosixAccess::open(stack.source_of(*made.value));
      if (!from || !to) return done_or(from ? to.error() : from.error(), "cannot open a layer");
      if (auto copied = done_or(copy_tree(**from, **to, m.xattrs), "cannot copy a layer"); !copied.ok()) return copied;
    }
    if (auto built = stack.build(*made.value); !built.ok()) return built;
    const Directory before = std::exchange(*layer, std::move(*made.value));
    return stack.remove_directory(before);
  }

  Attempt<Done> operator()(const model::AddLower& m) const {
    auto made = stack.make_layer(m.place, m.layer);
    if (!made.ok()) return failed(made);
    const auto position = std::min<std::size_t>(m.position, stack.lowers_.size());
    stack.lowers_.insert(stack.lowers_.begin() + static_cast<std::ptrdiff_t>(position), std::move(*made.value));
    return success();
  }

  Attempt<Done> operator()(const model::RemoveLower& m) const {
    if (stack.lowers_.size() < 2 || m.position >= stack.lowers_.size()) return success();
    const Directory removed = stack.lowers_[m.position];
    stack.lowers_.erase(stack.lowers_.begin() + m.position);
    return stack.remove_directory(removed);
  }

  Attempt<Done> operator()(const model::SwapLowers& m) const {
    if (m.first < stack.lowers_.size() && m.second < stack.lowers_.size())
      std::swap(stack.lowers_[m.first], stack.lowers_[m.second]);
    return success();
  }

  Attempt<Done> operator()(const model::UpperBecomesLower&) const {
    if (!stack.upper_) return success();
    struct stat root;
    if (::stat(stack.path_of(*stack.upper_).c_str(), &root) != 0)
      return {.value = std::nullopt, .failure = system_failure("cannot look at the upper")};
    model::Layer empty;
    empty.tree[model::kRoot].mode = root.st_mode & kModeMask;
    auto upper = stack.make_layer(stack.upper_->place, empty);
    if (!upper.ok()) return failed(upper);
    auto work = stack.make_directory(stack.upper_->place);
    if (!work.ok()) return failed(work);
    stack.lowers_.insert(stack.lowers_.begin(), std::exchange(*stack.upper_, std::move(*upper.value)));
    const Directory before = std::exchange(*stack.work_, std::move(*work.value));
    return stack.remove_directory(before);
  }

  Attempt<Done> operator()(const model::WipeWork&) const {
    if (!stack.work_) return success();
    const auto work = PosixAccess::open(stack.path_of(*stack.work_));
    if (!work) return done_or(work.error(), "cannot open the work directory");
    return done_or((*work)->clear(), "cannot empty the work directory");
  }

  // Those change a layer from within.
  template <typename Other>
  Attempt<Done> operator()(const Other& m) const {
    Directory* const layer = stack.layer(m.layer);
    if (layer == nullptr) return success();
    const auto access = PosixAccess::open(stack.source_of(*layer));
    if (!access) return done_or(access.error(), "cannot open a layer");
    if (auto changed = done_or(mutate_layer(**access, m, stack.format_), "cannot change a layer"); !changed.ok())
      return changed;
    return stack.build(*layer);
  }
};

Attempt<Done> DiskStack::mutate(const model::Mutation& mutation) { return std::visit(StackChange{*this}, mutation); }

Attempt<Scanned> DiskStack::scan() const {
  std::vector<std::unique_ptr<PosixAccess>> opened;
  StackAccess access;
  const auto open = [&](const Directory& directory) -> LayerAccess* {
    auto layer = PosixAccess::open(path_of(directory));
    if (!layer) return nullptr;
    opened.push_back(std::move(*layer));
    return opened.back().get();
  };
  for (const Directory& lower : lowers_) access.lowers.push_back(open(lower));
  if (upper_) access.upper = open(*upper_);
  if (work_) access.work = open(*work_);
  const bool all = opened.size() == lowers_.size() + (upper_ ? 1 : 0) + (work_ ? 1 : 0);
  if (!all) return {.value = std::nullopt, .failure = {Errno::kEIO, "cannot open a layer's directory"}};
  return scan_stack(access, format_);
}

std::optional<Attempt<model::Tree>> DiskStack::kernel_view() const {
  if (format_ != DiskFormat::kOverlay) return std::nullopt;
  const std::string point = base_ + "/view";
  StackPaths stack;
  const StackPaths layers = paths();
  if (!layers.upper.empty()) stack.lowers.push_back(layers.upper);
  stack.lowers.insert(stack.lowers.end(), layers.lowers.begin(), layers.lowers.end());
  if (stack.lowers.size() == 1) stack.lowers.push_back(empty_);
  if (auto mounted = mount_overlay(stack, view_options(), point); !mounted.ok())
    return Attempt<model::Tree>{.value = std::nullopt, .failure = mounted.failure};
  Attempt<model::Tree> tree;
  {
    const auto access = PosixAccess::open(point);
    if (access) {
      tree = read_tree(**access);
    } else {
      tree.failure = {access.error(), "cannot open the kernel's mount"};
    }
  }
  if (auto unmounted = unmount_at(point); !unmounted.ok())
    return Attempt<model::Tree>{.value = std::nullopt, .failure = unmounted.failure};
  return tree;
}

void remove_stacks_in(const std::string& temporary) {
  std::error_code ignored;
  for (const auto& stack : std::filesystem::directory_iterator(temporary, ignored))
    for (const GivenPlace& given : given_places())
      for (std::uint8_t place = 0; place < kPlaces; ++place)
        remove_tree(given_path(given, stack.path().string(), place));
  remove_tree(temporary);
}

}  // namespace ovlspec::oracle
