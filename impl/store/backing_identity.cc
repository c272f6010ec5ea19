#include "impl/store/backing_identity.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "model/vocabulary/wide_digest.h"

namespace ovlspec::impl {
namespace {

using syscalls::FileSystemKind;

constexpr std::size_t kErofsSuperblock = 128;        // bytes
constexpr std::size_t kErofsSuperblockAt = 1024;     // in the image
constexpr std::size_t kSquashfsSuperblock = 96;      // bytes
constexpr std::size_t kSquashfsInodeTable = 64;      // where the superblock says where the inode table begins
constexpr std::size_t kSquashfsDirectoryTable = 72;  // where the table after it begins

// Whether statfs f_fsid survives a remount.
bool has_stable_id(FileSystemKind kind) {
  switch (kind) {
    case FileSystemKind::kBtrfs:
    case FileSystemKind::kErofs:
    case FileSystemKind::kExt4:
    case FileSystemKind::kTmpfs: return true;
    case FileSystemKind::kSquashfs:
    case FileSystemKind::kXfs:
    case FileSystemKind::kOther: break;
  }
  return false;
}

// An image made without a uuid shares its zeros with others.
bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

std::uint64_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string device_name(std::uint64_t device) {
  const auto [major, minor] = syscalls::device_numbers(device);
  return std::to_string(major) + ":" + std::to_string(minor);
}

Result<syscalls::Descriptor> open_block_device(std::uint64_t device) {
  const Result<std::string> link = syscalls::link_target_of("/sys/dev/block/" + device_name(device));
  if (!link) return link.error();
  std::string name = link->substr(link->rfind('/') + 1);
  for (char& c : name) {
    if (c == '!') c = '/';
  }
  Result<syscalls::Descriptor> opened = syscalls::open_for_reading("/dev/" + name);
  if (!opened) return opened.error();
  const Result<bool> is_it = syscalls::is_block_device(opened->get(), device);
  if (!is_it || !*is_it) return Errno::kENODEV;
  return opened;
}

Result<std::string> read_file(const std::string& path) {
  const Result<syscalls::Descriptor> file = syscalls::open_for_reading(path);
  if (!file) return file.error();
  std::string content;
  std::array<char, 16384> buffer;
  while (true) {
    const Result<std::size_t> count = syscalls::read_at(file->get(), buffer.data(), buffer.size(), content.size());
    if (!count) return count.error();
    content.append(buffer.data(), *count);
    if (*count < buffer.size()) return content;
  }
}

// The source of the first mount of a device; empty where none shows.
std::string mount_source(std::uint64_t device) {
  const Result<std::string> mounts = read_file("/proc/self/mountinfo");
  if (!mounts) return {};
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, numbers, word, type, source;
    words >> id >> parent >> numbers;
    if (numbers != device_name(device)) continue;
    while (words >> word && word != "-") {
    }
    words >> type >> source;
    return source;
  }
  return {};
}

Result<std::string> uuid_of(int inode, FileType type) {
  if (type != FileType::kDirectory) return Errno::kENOTTY;
  const Result<syscalls::Descriptor> listing = syscalls::open_listing(inode, syscalls::OpenTimes::kUpdate);
  if (!listing) return listing.error();
  return syscalls::file_system_uuid(listing->get());
}

Result<std::string> erofs_superblock(std::uint64_t device) {
  const Result<syscalls::Descriptor> image = open_block_device(device);
  if (!image) return Errno::kEOPNOTSUPP;  // mounted from a file
  std::string superblock(kErofsSuperblock, '\0');
  const Result<std::size_t> count =
      syscalls::read_at(image->get(), superblock.data(), superblock.size(), kErofsSuperblockAt);
  if (!count) return count.error();
  return superblock;
}

}  // namespace

std::string BackingIdentities::squashfs_digest(std::uint64_t device) {
  const Result<syscalls::Descriptor> image = open_block_device(device);
  if (!image) return {};
  std::string superblock(kSquashfsSuperblock, '\0');
  const Result<std::size_t> count = syscalls::read_at(image->get(), superblock.data(), superblock.size(), 0);
  if (!count || *count < superblock.size()) return {};
  const std::lock_guard lock(mutex_);
  std::string& known = squashfs_digests_[{device, superblock}];
  if (!known.empty()) return known;
  WideDigest digest;
  digest.add(superblock);
  const std::uint64_t end = little_endian(superblock, kSquashfsDirectoryTable);
  std::array<char, 65536> buffer;
  for (std::uint64_t at = little_endian(superblock, kSquashfsInodeTable); at < end;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), end - at);
    const Result<std::size_t> got = syscalls::read_at(image->get(), buffer.data(), wanted, at);
    if (!got || *got == 0) return {};
    digest.add(std::string_view(buffer.data(), *got));
    at += *got;
  }
  known = digest.value();
  return known;
}

Result<BackingFileSystem> BackingIdentities::identify(int inode, const Attributes& attributes) {
  BackingFileSystem answer{.uuid = {}, .device = attributes.file_system, .stable = true};
  const Result<std::string> uuid = uuid_of(inode, attributes.type);
  if (uuid && !is_zero(*uuid)) {
    answer.uuid = *uuid;
    return answer;
  }
  const auto facts = syscalls::file_system_facts(inode);
  if (!facts) return facts.error();
  const std::string type = std::to_string(facts->magic);
  // Where the uuid is zero, f_fsid is made of the device number.
  if (!uuid && has_stable_id(facts->kind)) {
    answer.uuid = WideDigest().field(type).field(facts->id).value();
    return answer;
  }
  if (facts->kind == FileSystemKind::kSquashfs) answer.uuid = squashfs_digest(attributes.file_system);
  if (!answer.uuid.empty()) return answer;
  answer.stable = false;
  answer.uuid = WideDigest().field(type).field(mount_source(attributes.file_system)).field(facts->id).value();
  return answer;
}

Result<std::string> BackingIdentities::content_seal(int listing) {
  const auto facts = syscalls::file_system_facts(listing);
  if (!facts) return facts.error();
  const Result<Attributes> attributes = syscalls::attributes(listing);
  if (!attributes) return attributes.error();
  switch (facts->kind) {
    case FileSystemKind::kSquashfs: {
      const std::string digest = squashfs_digest(attributes->file_system);
      return digest.empty() ? Result<std::string>(Errno::kEOPNOTSUPP) : digest;
    }
    case FileSystemKind::kErofs: {
      const Result<std::string> superblock = erofs_superblock(attributes->file_system);
      if (!superblock) return superblock.error();
      return WideDigest().field(*superblock).value();
    }
    case FileSystemKind::kBtrfs: return syscalls::btrfs_snapshot(listing);
    case FileSystemKind::kExt4:
    case FileSystemKind::kTmpfs:
    case FileSystemKind::kXfs:
    case FileSystemKind::kOther: break;
  }
  return Errno::kEOPNOTSUPP;
}

}  // namespace ovlspec::impl
