// How the roots of layers are opened.
#include <string_view>

#include "impl/store/posix_store.h"
#include "impl/store/syscalls.h"

namespace ovlspec::impl {
namespace {

using syscalls::Descriptor;

struct SplitPaths {
  std::string ancestor;  // of both
  std::string first;     // what leads on from there; "." where nothing does
  std::string second;
};

// The deepest directory that both absolute paths go through.
SplitPaths split(const std::string& first, const std::string& second) {
  const auto part_end = [](const std::string& path, std::size_t from) {
    const std::size_t slash = path.find('/', from);
    return slash == std::string::npos ? path.size() : slash;
  };
  const auto rest = [](const std::string& path, std::size_t from) {
    return from >= path.size() ? std::string(".") : path.substr(from + (path[from] == '/' ? 1 : 0));
  };
  std::size_t common = 0;  // length of the common part, without a slash behind it
  while (common < first.size() && common < second.size()) {
    const std::size_t end = part_end(first, common + 1);
    if (end != part_end(second, common + 1)) break;
    if (first.compare(common, end - common, second, common, end - common) != 0) break;
    common = end;
  }
  return {.ancestor = common == 0 ? "/" : first.substr(0, common),
          .first = rest(first, common),
          .second = rest(second, common)};
}

bool same_inode(int first, int second) {
  const Result<Attributes> a = syscalls::attributes(first);
  const Result<Attributes> b = syscalls::attributes(second);
  return a && b && a->number == b->number && a->file_system == b->file_system;
}

bool same_mount(int first, int second) {
  const Result<std::uint64_t> a = syscalls::mount_id(first);
  const Result<std::uint64_t> b = syscalls::mount_id(second);
  return a && b && *a == *b;
}

struct OpenPair {
  Descriptor upper;
  Descriptor work;
};

// Both directories again, in one private clone of what they have in common.
Result<OpenPair> open_in_clone(int upper, int work) {
  const Result<std::string> upper_path = syscalls::path_of(upper);
  if (!upper_path) return upper_path.error();
  const Result<std::string> work_path = syscalls::path_of(work);
  if (!work_path) return work_path.error();
  const SplitPaths paths = split(*upper_path, *work_path);
  const Result<Descriptor> ancestor = syscalls::open_directory_path(paths.ancestor);
  if (!ancestor) return ancestor.error();
  if (!same_mount(ancestor->get(), upper)) return Errno::kEXDEV;
  const Result<Descriptor> clone = syscalls::clone_mount(ancestor->get());
  if (!clone) return clone.error();
  Result<Descriptor> cloned_upper = syscalls::open_directory_beneath(clone->get(), paths.first);
  if (!cloned_upper) return cloned_upper.error();
  Result<Descriptor> cloned_work = syscalls::open_directory_beneath(clone->get(), paths.second);
  if (!cloned_work) return cloned_work.error();
  // A path of /proc may have gone stale meanwhile.
  if (!same_inode(cloned_upper->get(), upper) || !same_inode(cloned_work->get(), work)) return Errno::kESTALE;
  return OpenPair{.upper = std::move(*cloned_upper), .work = std::move(*cloned_work)};
}

}  // namespace

Result<InodeRef> PosixStore::open_plain(const std::string& path) {
  Result<Descriptor> opened = syscalls::open_directory_path(path);
  if (!opened) return opened.error();
  return adopt_directory(opened->release(), RootMount::kShared);
}

Result<OpenedLayer> PosixStore::open_lower(const std::string& path) {
  Result<Descriptor> opened = syscalls::open_directory_path(path);
  if (!opened) return opened.error();
  const Result<LayerRights> rights = syscalls::rights(opened->get());
  if (!rights) return rights.error();
  Result<Descriptor> clone = syscalls::clone_mount(opened->get());
  if (clone && syscalls::make_mount_read_only(clone->get())) {
    return OpenedLayer{.root = adopt_directory(clone->release(), RootMount::kPrivateReadOnly),
                       .view = LayerView::kPrivateClone,
                       .rights = *rights};
  }
  return OpenedLayer{
      .root = adopt_directory(opened->release(), RootMount::kShared), .view = LayerView::kPlain, .rights = *rights};
}

Result<OpenedUpper> PosixStore::open_upper(const std::string& upper, const std::string& work) {
  Result<Descriptor> opened_upper = syscalls::open_directory_path(upper);
  if (!opened_upper) return opened_upper.error();
  Result<Descriptor> opened_work = syscalls::open_directory_path(work);
  if (!opened_work) return opened_work.error();
  if (!same_mount(opened_upper->get(), opened_work->get())) return Errno::kEXDEV;
  const Result<LayerRights> rights = syscalls::rights(opened_upper->get());
  if (!rights) return rights.error();
  if (Result<OpenPair> clones = open_in_clone(opened_upper->get(), opened_work->get()); clones) {
    return OpenedUpper{.upper = adopt_directory(clones->upper.release(), RootMount::kPrivate),
                       .work = adopt_directory(clones->work.release(), RootMount::kPrivate),
                       .view = LayerView::kPrivateClone,
                       .rights = *rights};
  }
  return OpenedUpper{.upper = adopt_directory(opened_upper->release(), RootMount::kShared),
                     .work = adopt_directory(opened_work->release(), RootMount::kShared),
                     .view = LayerView::kPlain,
                     .rights = *rights};
}

}  // namespace ovlspec::impl
