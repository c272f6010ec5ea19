#include "oracle/layer_format.h"

#include "model/vocabulary/names.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kEscape = "overlay.";

std::string_view prefix_of(DiskFormat format) {
  switch (format) {
    case DiskFormat::kOverlay:
    case DiskFormat::kFuseOverlayfs: return names::kTrustedPrefix;
    case DiskFormat::kOverlayUser: return names::kUserPrefix;
    case DiskFormat::kPlain:
    case DiskFormat::kUnionfs:
    case DiskFormat::kNoMarks: break;
  }
  return {};
}

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

// fuse-overlayfs' own attributes: records that no other reader has a meaning for, and opaqueness.
constexpr std::string_view kFuseOverlayfsPrefix = "user.fuseoverlayfs.";

constexpr std::size_t kWord = 8;

// REQUIRES: the bytes reach there.
std::uint64_t word_of(std::string_view bytes, std::size_t index) {
  std::uint64_t value = 0;
  for (std::size_t i = kWord; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[index * kWord + i - 1]);
  return value;
}

std::optional<OwnSeal> parse_seal(std::string_view bytes) {
  if (bytes.size() < 4 * kWord) return std::nullopt;
  return OwnSeal{.root = word_of(bytes, 1), .generation = word_of(bytes, 2)};
}

std::optional<OwnRecord> parse_record(std::string_view bytes) {
  if (bytes.size() != 9 * kWord) return std::nullopt;
  const auto word = [bytes](std::size_t index) { return word_of(bytes, index); };
  return OwnRecord{.upper = word(5), .generation = word(6), .origin_links = word(7)};
}

// One private attribute, `name` without the prefix.
void parse_private(std::string_view name, std::string value, ParsedInode& parsed) {
  const bool directory = parsed.inode.is(FileType::kDirectory);
  if (name == names::kOpaque && directory) {
    parsed.marks.opaque = value == "y";
    if (value == "x") parsed.of_entries = Surrounding::kXattrWhiteouts;
  } else if (name == names::kRedirect && (directory || parsed.inode.is(FileType::kRegular))) {
    parsed.marks.redirect = std::move(value);
  } else if (name == names::kOrigin) {
    parsed.origin = std::move(value);
  } else if (name == names::kIdentity) {
    parsed.record = parse_record(value);
  } else if (name == names::kSeal) {
    parsed.seal = parse_seal(value);
  } else if (name == names::kNlink) {
    parsed.counted_by_another = !names::is_own_nlink(value);
  } else if (name == names::kUpper) {
    parsed.upper = std::move(value);
  } else if (name == names::kMetacopy) {
    parsed.marks.metacopy = parsed.inode.is(FileType::kRegular);
  }
}

bool is_device_whiteout(const model::Inode& inode) {
  return inode.is(FileType::kCharDevice) && inode.device == Device{};
}

}  // namespace

std::optional<DiskFormat> disk_format_from_word(std::string_view word) {
  if (word == "overlay") return DiskFormat::kOverlay;
  if (word == "overlay-user") return DiskFormat::kOverlayUser;
  if (word == "fuse-overlayfs") return DiskFormat::kFuseOverlayfs;
  if (word == "unionfs") return DiskFormat::kUnionfs;
  if (word == "none") return DiskFormat::kNoMarks;
  return std::nullopt;
}

bool has_marks(DiskFormat format) { return !prefix_of(format).empty(); }

ParsedInode parse_inode(AccessedInode accessed, DiskFormat format, Surrounding surrounding) {
  const std::string_view prefix = prefix_of(format);
  ParsedInode parsed;
  parsed.inode = std::move(accessed.inode);
  parsed.marks.backing = accessed.backing;
  if (prefix.empty()) return parsed;
  bool whiteout_attribute = false;
  std::vector<model::Xattr> seen;
  for (model::Xattr& xattr : parsed.inode.xattrs) {
    if (format == DiskFormat::kFuseOverlayfs && begins_with(xattr.name, kFuseOverlayfsPrefix)) {
      const std::string name = xattr.name.substr(kFuseOverlayfsPrefix.size());
      // An origin is a path there, not a handle.
      if (name == names::kOpaque) parse_private(name, std::move(xattr.value), parsed);
      continue;
    }
    if (!begins_with(xattr.name, prefix)) {
      seen.push_back(std::move(xattr));
      continue;
    }
    const std::string name = xattr.name.substr(prefix.size());
    if (begins_with(name, kEscape)) {
      seen.push_back(model::Xattr{std::string(prefix) + name.substr(kEscape.size()), std::move(xattr.value)});
      continue;
    }
    whiteout_attribute = whiteout_attribute || name == names::kWhiteout;
    parse_private(name, std::move(xattr.value), parsed);
  }
  if (!parsed.inode.is(FileType::kDirectory) && !parsed.marks.metacopy) parsed.marks.redirect.reset();
  parsed.inode.xattrs.clear();
  for (model::Xattr& xattr : seen) model::set_xattr(parsed.inode, xattr.name, std::move(xattr.value));

  const bool empty_file = parsed.inode.is(FileType::kRegular) && parsed.inode.content.size() == 0;
  parsed.marks.whiteout = is_device_whiteout(parsed.inode) ||
                          (surrounding == Surrounding::kXattrWhiteouts && whiteout_attribute && empty_file);
  return parsed;
}

model::Inode inode_on_disk(const model::Inode& inode, const model::Marks& marks, DiskFormat format) {
  if (!has_marks(format)) return inode;
  if (marks.whiteout) return model::Inode{.type = FileType::kCharDevice};
  const std::string prefix(prefix_of(format));
  model::Inode written = inode;
  written.xattrs.clear();
  for (const model::Xattr& xattr : inode.xattrs) {
    const bool escaped = begins_with(xattr.name, prefix);
    const std::string name = escaped ? prefix + std::string(kEscape) + xattr.name.substr(prefix.size()) : xattr.name;
    model::set_xattr(written, name, xattr.value);
  }
  if (marks.opaque) model::set_xattr(written, prefix + std::string(names::kOpaque), "y");
  if (marks.redirect) model::set_xattr(written, prefix + std::string(names::kRedirect), *marks.redirect);
  if (marks.metacopy) model::set_xattr(written, prefix + std::string(names::kMetacopy), "");
  return written;
}

}  // namespace ovlspec::oracle
