#include "impl/store/inode_numbers.h"

#include <cstdint>
#include <optional>

namespace ovlspec::impl {
namespace {

using syscalls::Descriptor;
using syscalls::FileSystemKind;

// Types of handles (linux/exportfs.h; XFS sets a bit for numbers of 64 bits).
constexpr std::int32_t kNumberAndGeneration = 1;
constexpr std::int32_t kBtrfs = 0x4d;
constexpr std::int32_t kXfsWide = 0x81;

constexpr std::size_t kShortLength = 8;     // number and generation of 32 bits
constexpr std::size_t kXfsWideLength = 12;  // number of 64 bits, generation of 32
constexpr std::size_t kBtrfsLength = 20;    // number and subvolume of 64 bits, generation of 32

// In the byte order of the machine, as the kernel writes handles.
template <typename Word>
void put(std::string& bytes, std::size_t at, Word word) {
  bytes.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
}

// The handle of the root with the number and generation of another inode; nothing where the number does not fit, or
// the root's handle is not of a known form.
std::optional<BackingHandle> handle_of(BackingHandle root, InodeNumber number, std::uint32_t generation) {
  const std::size_t length = root.bytes.size();
  if (root.type == kNumberAndGeneration && length == kShortLength) {
    if (number > UINT32_MAX) return std::nullopt;
    put(root.bytes, 0, static_cast<std::uint32_t>(number));
    put(root.bytes, 4, generation);
    return root;
  }
  if (root.type == kXfsWide && length == kXfsWideLength) {
    put(root.bytes, 0, std::uint64_t{number});
    put(root.bytes, 8, generation);
    return root;
  }
  if (root.type == kBtrfs && length == kBtrfsLength) {
    put(root.bytes, 0, std::uint64_t{number});
    put(root.bytes, 16, generation);
    return root;
  }
  return std::nullopt;
}

// What a handle without a known generation has in its place.
Result<std::uint32_t> generation_for(FileSystemKind kind, int listing, InodeNumber number) {
  switch (kind) {
    case FileSystemKind::kBtrfs:
    case FileSystemKind::kErofs:
    case FileSystemKind::kExt4:
    case FileSystemKind::kSquashfs: return std::uint32_t{0};
    case FileSystemKind::kXfs: return syscalls::xfs_generation(listing, number);
    case FileSystemKind::kTmpfs:
    case FileSystemKind::kOther: break;
  }
  return Errno::kEOPNOTSUPP;
}

}  // namespace

Result<Descriptor> open_number(int listing, InodeNumber number) {
  const Result<syscalls::FileSystemFacts> facts = syscalls::file_system_facts(listing);
  if (!facts) return facts.error();
  const Result<std::uint32_t> generation = generation_for(facts->kind, listing, number);
  if (!generation) return generation.error();
  const Result<BackingHandle> root = syscalls::handle(listing);
  if (!root) return root.error();
  const std::optional<BackingHandle> handle = handle_of(*root, number, *generation);
  if (!handle) return Errno::kEOPNOTSUPP;
  Result<Descriptor> opened = syscalls::open_handle(listing, *handle);
  if (!opened) return opened.error();
  const Result<Attributes> attributes = syscalls::attributes(opened->get());
  if (!attributes) return attributes.error();
  // Another subvolume, or a file system that takes the handle for something else.
  if (attributes->number != number) return Errno::kEOPNOTSUPP;
  return opened;
}

Result<std::vector<std::string>> names_below(std::string_view root, std::string_view path) {
  if (path.substr(0, root.size()) != root) return Errno::kENOENT;
  std::string_view rest = path.substr(root.size());
  if (root != "/" && !rest.empty()) {
    if (rest.front() != '/') return Errno::kENOENT;
    rest.remove_prefix(1);
  }
  std::vector<std::string> names;
  while (!rest.empty()) {
    const std::size_t end = rest.find('/');
    names.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return names;
}

}  // namespace ovlspec::impl
