#include "impl/engine/inode_copy.h"

#include <algorithm>
#include <memory>

#include "impl/engine/rights.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

struct OpenPair {
  LayerStore& from_store;
  FileRef from;
  LayerStore& to_store;
  FileRef to;
};

Status copy_extent(const OpenPair& files, LayerStore::Extent extent, char* buffer) {
  while (extent.begin < extent.end) {
    const std::size_t wanted = std::min<FileSize>(kBufferBytes, extent.end - extent.begin);
    auto count = files.from_store.read(files.from, buffer, wanted, extent.begin);
    if (!count.ok()) return count.error();
    if (*count == 0) return {};
    std::string_view rest(buffer, *count);
    while (!rest.empty()) {
      auto written = files.to_store.write(files.to, rest, extent.begin);
      if (!written.ok()) return written.error();
      if (*written == 0) return Errno::kEIO;
      rest.remove_prefix(*written);
      extent.begin += *written;
    }
  }
  return {};
}

bool must_copy(std::string_view name) { return name.starts_with("system.posix_acl_") || name.starts_with("security."); }

}  // namespace

Result<FileRef> copy_data(const Instance& from, const Instance& to, FileSize size) {
  if (size == 0) return FileRef();
  LayerStore& from_store = *from.layer->store;
  LayerStore& to_store = *to.layer->store;
  auto source = from_store.open(from.inode, Access::kRead);
  if (!source.ok()) return source.error();
  auto target = to_store.open(to.inode, Access::kWrite);
  if (!target.ok()) return target.error();
  const OpenPair files{from_store, *source, to_store, *target};
  const auto buffer = std::make_unique<char[]>(std::min<FileSize>(kBufferBytes, size));
  FileSize reached = 0;
  while (reached < size) {
    auto extent = from_store.next_data(files.from, reached);
    if (!extent.ok()) return extent.error();
    if (!*extent || (*extent)->begin >= size) break;
    reached = std::min((*extent)->end, size);
    OVLSPEC_TRY(copy_extent(files, {(*extent)->begin, reached}, buffer.get()));
  }
  if (reached == size) return files.to;
  StoreChange grow;
  grow.size = size;
  OVLSPEC_TRY(to_store.change(to.inode, grow));
  return files.to;
}

Status copy_xattrs(const Layers& layers, const Instance& from, const Instance& to) {
  auto listed = from.layer->store->xattr_names(from.inode);
  if (!listed.ok()) return listed.error();
  for (const std::string& name : *listed) {
    if (layers.is_private(name)) continue;
    if (is_withheld(*from.layer, name)) continue;
    auto value = from.layer->store->xattr(from.inode, name);
    if (!value.ok() && value.error() == Errno::kENODATA) continue;
    if (!value.ok()) return value.error();
    const Status set = to.layer->store->set_xattr(to.inode, name, *value, XattrMode::kAny);
    if (!set.ok() && (set.error() != Errno::kEOPNOTSUPP || must_copy(name))) return set;
  }
  return {};
}

Status sync_file(const Instance& file, FileRef opened) {
  if (opened == nullptr) {
    auto open = file.layer->store->open(file.inode, Access::kRead);
    if (!open.ok()) return open.error();
    opened = std::move(*open);
  }
  return file.layer->store->sync(opened);
}

}  // namespace ovlspec::impl
