#include "impl/engine/access_lists.h"

#include <cstdint>
#include <vector>

namespace ovlspec::impl {
namespace {

constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kEntryBytes = 8;  // tag, permissions, id
constexpr Mode kAll = 7;

enum Tag : std::uint16_t {
  kUserObject = 0x01,
  kUser = 0x02,
  kGroupObject = 0x04,
  kGroup = 0x08,
  kMask = 0x10,
  kOther = 0x20,
};

std::uint32_t number_at(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  }
  return number;
}

// One entry of a list, in its bytes.
class Entry {
 public:
  Entry(std::string& list, std::size_t offset) : list_(list), offset_(offset) {}
  std::uint32_t tag() const { return number_at(list_, offset_, 2); }
  Mode permissions() const { return number_at(list_, offset_ + 2, 2) & kAll; }

  // Neither the entry nor the three bits of `mode` at `shift` keep what the other has not.
  void limit(Mode& mode, unsigned shift) {
    const Mode both = permissions() & (mode >> shift);
    list_[offset_ + 2] = static_cast<char>(both);
    list_[offset_ + 3] = 0;
    mode = (mode & ~(kAll << shift)) | (both << shift);
  }

 private:
  std::string& list_;
  std::size_t offset_;
};

bool is_list(std::string_view bytes) {
  return bytes.size() > kHeaderBytes && (bytes.size() - kHeaderBytes) % kEntryBytes == 0 &&
         number_at(bytes, 0, kHeaderBytes) == kVersion;
}

}  // namespace

Result<InheritedLists> inherit(std::string_view default_list, FileType type, Mode mode) {
  if (!is_list(default_list)) return Errno::kEIO;
  InheritedLists made{.mode = mode, .access = std::string(default_list), .for_objects = {}};
  if (type == FileType::kDirectory) made.for_objects = default_list;
  std::size_t owning_group = 0;
  std::size_t mask = 0;
  bool says_more = false;  // than a mode can
  for (std::size_t at = kHeaderBytes; at < made.access.size(); at += kEntryBytes) {
    Entry entry(made.access, at);
    switch (entry.tag()) {
      case kUserObject: entry.limit(made.mode, 6); break;
      case kOther: entry.limit(made.mode, 0); break;
      case kGroupObject: owning_group = at; break;
      case kMask: mask = at; [[fallthrough]];
      case kUser:
      case kGroup: says_more = true; break;
      default: return Errno::kEIO;
    }
  }
  if (owning_group == 0) return Errno::kEIO;
  // The mode's group bits are the mask's where there is one.
  Entry(made.access, mask != 0 ? mask : owning_group).limit(made.mode, 3);
  if (!says_more) made.access.clear();
  return made;
}

}  // namespace ovlspec::impl
