#include "impl/store/inode_numbers.h"

#include <cstdint>
#include <optional>

namespace ovlspec::impl {
namespace {

using syscalls::Descriptor;
using syscalls::FileSystemKind;

// The forms that handles have, told by type (linux/exportfs.h) and length. Words are in the machine's byte order.
enum class Form : std::uint8_t {
  kShort,          // number and generation, 32 bits each
  kWide,           // number of 64 bits, generation of 32: XFS
  kWideHighFirst,  // the same, the number's high word before the low one: erofs
  kSubvolume,      // number and subvolume of 64 bits, generation of 32: btrfs
};

std::optional<Form> form_of(FileSystemKind kind, const BackingHandle& handle) {
  constexpr std::int32_t kNumberAndGeneration = 1;
  constexpr std::int32_t kWideNumber = 0x81;
  constexpr std::int32_t kBtrfs = 0x4d;
  const std::size_t length = handle.bytes.size();
  if (handle.type == kNumberAndGeneration && length == 8) return Form::kShort;
  if (handle.type == kWideNumber && length == 12) {
    return kind == FileSystemKind::kErofs ? Form::kWideHighFirst : Form::kWide;
  }
  if (handle.type == kBtrfs && length == 20) return Form::kSubvolume;
  return std::nullopt;
}

template <typename Word>
void put(std::string& bytes, std::size_t at, Word word) {
  bytes.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
}

// `handle` with another number, and with another generation where one is given. REQUIRES: the number fits the form.
BackingHandle changed(BackingHandle handle, Form form, InodeNumber number, std::optional<std::uint32_t> generation) {
  std::size_t generation_at = 0;
  switch (form) {
    case Form::kShort:
      put(handle.bytes, 0, static_cast<std::uint32_t>(number));
      generation_at = 4;
      break;
    case Form::kWide:
      put(handle.bytes, 0, std::uint64_t{number});
      generation_at = 8;
      break;
    case Form::kWideHighFirst:
      put(handle.bytes, 0, static_cast<std::uint32_t>(number >> 32));
      put(handle.bytes, 4, static_cast<std::uint32_t>(number));
      generation_at = 8;
      break;
    case Form::kSubvolume:
      put(handle.bytes, 0, std::uint64_t{number});
      generation_at = 16;
      break;
  }
  if (generation) put(handle.bytes, generation_at, *generation);
  return handle;
}

// The handle of the inode with this number beside the root, whose handle tells the form; nothing where it does not.
std::optional<BackingHandle> handle_of(FileSystemKind kind, const BackingHandle& root, InodeNumber root_number,
                                       InodeNumber number, std::uint32_t generation) {
  const std::optional<Form> form = form_of(kind, root);
  if (!form || (*form == Form::kShort && number > UINT32_MAX)) return std::nullopt;
  if (changed(root, *form, root_number, std::nullopt) != root) return std::nullopt;
  return changed(root, *form, number, generation);
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

Result<Descriptor> open_number(int root, int listing, InodeNumber number) {
  const Result<syscalls::FileSystemFacts> facts = syscalls::file_system_facts(root);
  if (!facts) return facts.error();
  const Result<std::uint32_t> generation = generation_for(facts->kind, listing, number);
  if (!generation) return generation.error();
  const Result<BackingHandle> root_handle = syscalls::handle(root);
  if (!root_handle) return root_handle.error();
  const Result<Attributes> root_attributes = syscalls::attributes(root);
  if (!root_attributes) return root_attributes.error();
  const auto handle = handle_of(facts->kind, *root_handle, root_attributes->number, number, *generation);
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
